"""The search for neighbours on the processor: ``docs/engine.md``."""

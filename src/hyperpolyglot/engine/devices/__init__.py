"""Where the engine runs: on the processor or on GPUs, which changes no result."""

from hyperpolyglot.engine.devices.choice import chosen_gpus, device_in_use, use_device

__all__ = ["chosen_gpus", "device_in_use", "use_device"]

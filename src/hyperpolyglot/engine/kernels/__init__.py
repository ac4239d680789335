"""Products in registers: LLVM code emitted through numba, and what packs rows for it."""

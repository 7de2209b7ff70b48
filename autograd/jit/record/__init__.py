"""Recording: the function is run once, and what it does to recorded arrays becomes a program.

Reading order: `operators.py`, `array_methods.py`, `array.py`, `frames.py`, `recorder.py`,
`ufuncs.py`, `numpy_functions.py`, `sizes.py`, `lowering.py`, `generators.py`, `capture.py`,
`facts.py`, `sources.py`, `descriptors.py`, `clipping.py`. Next: `../optimize/`.
"""

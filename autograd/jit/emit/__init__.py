"""Emitting: a program as Python source that calls NumPy, which a person can read.

Reading order: `python_code.py`, `places.py`, `together.py`, `extrema.py`, `numpy.py`,
`regions.py`. Next: `../c/`.
"""

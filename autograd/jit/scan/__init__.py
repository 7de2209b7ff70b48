"""Loops: one step of a `scan` is recorded, and runs over the rows of arrays.

Reading order: `loop_in_numpy.py`, `loop.py`, `parts.py`, `graph.py`, `sums.py`, `pull.py`,
`again.py`, `recorded.py`, `loop_in_c.py`. Next: `../tape/`.
"""

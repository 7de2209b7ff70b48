"""Transforms: from a function to its gradient, Jacobian or Hessian, and functions of whole nests.

Reading order: `trees.py`, `runs.py`, `gradients.py`, `recompute.py`, `scanning.py`, `stand_in.py`,
`batching.py`, `diagonals.py`, `rows.py`, `jacobians.py`. Next: `../custom.py`.
"""

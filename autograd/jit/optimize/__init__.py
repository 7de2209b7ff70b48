"""Optimization: the same results from fewer steps, and the order and lifetime of values.

Reading order: `rewriter.py`, `passes.py`, `nan_checks.py`, `numpy_form.py`, `flat.py`,
`liveness.py`, `batches.py`, `affine.py`. Next: `../emit/`.
"""

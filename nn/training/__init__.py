"""Training: evaluation, the loop over batches, its history, and when it ends.

Reading order: `early_stopping.py`, `history.py`, `curves.py`, `evaluation.py`, `gradients.py`,
`steps.py`, `checks.py`, `loop.py`, `fitting.py`, `progress.py`. Next: `../saving/`.
"""

"""Checks: of gradients by differences, of gradients made by hand, of numbers that are not finite.

Reading order: `suspects.py`, `gradients.py`, `operations.py`, `mistakes.py`, `by_hand.py`,
`nonfinite.py`. Next: `../memory.py`.
"""

"""Losses: the formulas and checks behind `functional.py`, and the losses as modules.

Reading order: `binary.py`, `targets.py`, `class_targets.py`, `modules.py`.
"""

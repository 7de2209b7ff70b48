"""Diagnosis: what is wrong with a network, and which learning rate and settings suit it.

Reading order: `measures.py`, `verdicts.py`, `health.py`, `report.py`, `learning_rates.py`,
`sweeping.py`. Next: `../drawing/`.
"""

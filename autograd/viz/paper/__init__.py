"""Formulas on paper, for `derive` and the exports: read `labels.py` and `symbols.py` first."""

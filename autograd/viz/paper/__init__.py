"""Formulas on paper, for `derive` and the exports: read `labels.py` and `symbols.py` first."""

from . import identities as _identities  # noqa: F401 - fills the table of simplifications

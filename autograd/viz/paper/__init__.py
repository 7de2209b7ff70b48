"""Formulas on paper, for `derive` and the exports.

Reading order: `labels.py`, `symbols.py`, `identities.py`, `formula.py`, `text.py`, `markup.py`,
`indices.py`, `entries.py`, `reading.py`, `cross_entropy.py`, `page.py`. Exports: `spelling.py`,
`code.py`, `loop.py`.
"""

from . import identities as _identities  # noqa: F401 - fills the table of simplifications

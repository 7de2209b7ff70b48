"""Derivatives on paper: the chain rule line by line, and the paths that a gradient takes.

Reading order:

* Expressions: `labels.py`, `symbols.py`, `identities.py`
* Written down: `formula.py`, `text.py`, `markup.py`, `indices.py`, `entries.py`
* A graph read as formulas: `reading.py`, `cross_entropy.py`, `page.py`, `derive.py`, `why.py`

Next: `../export/`.
"""

from . import identities as _identities  # noqa: F401 - fills the table of simplifications

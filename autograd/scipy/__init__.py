"""SciPy with functions that take nodes: for programs written for HIPS autograd; needs SciPy.

Every module has the names of SciPy's module, some of which have a derivative here; the others are
SciPy's own and refuse nodes, or in `linalg` ask for a gradient by `defvjp`. Reading order:
`special.py`, `linalg.py`, `signal.py`, `integrate.py`, `misc.py`, `stats/`.

Examples
--------
>>> from autograd.scipy.stats import norm
>>> grad(norm.logpdf)(2.0)
-2.0
>>> from autograd.scipy.special import expit
>>> grad(expit)(0.0)
0.25
"""

from ..on_demand import names_on_demand

_HOMES = dict.fromkeys(("integrate", "linalg", "misc", "signal", "special", "stats"), "")
__getattr__, __dir__ = names_on_demand(__name__, _HOMES)

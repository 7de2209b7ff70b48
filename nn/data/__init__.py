"""Data to learn from.

Reading order: `checks.py`, `arrays.py`, `scaling.py`, `toys.py`, `sets.py`, `files.py`.
"""

import typing as _typing

from autograd.on_demand import names_on_demand

from .arrays import (
    Dataset,
    batches,
    class_indices,
    one_hot,
    train_test_split,
)
from .scaling import Standardise, standardise

if _typing.TYPE_CHECKING:
    from .files import load_csv, load_npz
    from .sets import (
        breast_cancer,
        chein,
        digits,
        iris,
        jay,
        mazur,
        mnist,
        neuralthreads,
        trask,
        wine,
    )
    from .toys import circles, moons, spirals, xor
else:
    _HOMES = {
        "files": "load_csv load_npz",
        "sets": "breast_cancer chein digits iris jay mazur mnist neuralthreads trask wine",
        "toys": "circles moons spirals xor",
    }
    __getattr__, __dir__ = names_on_demand(__name__, _HOMES)

__all__ = [
    "Dataset",
    "Standardise",
    "batches",
    "breast_cancer",
    "chein",
    "circles",
    "class_indices",
    "digits",
    "iris",
    "jay",
    "load_csv",
    "load_npz",
    "mazur",
    "mnist",
    "moons",
    "neuralthreads",
    "one_hot",
    "spirals",
    "standardise",
    "train_test_split",
    "trask",
    "wine",
    "xor",
]

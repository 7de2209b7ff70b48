"""Data to learn from. Reading order: `arrays.py`, `scaling.py`, `sets.py`, `files.py`."""

from .arrays import (
    Dataset,
    batches,
    class_indices,
    one_hot,
    train_test_split,
)
from .files import load_csv, load_npz
from .scaling import Standardise, standardise
from .sets import (
    breast_cancer,
    chein,
    circles,
    digits,
    iris,
    jay,
    mazur,
    mnist,
    moons,
    neuralthreads,
    spirals,
    trask,
    wine,
    xor,
)

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

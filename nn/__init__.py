"""Neural networks on `autograd`: modules, layers, losses, initialisers and optimizers.

Reading order: `module.py`, `layers.py`, `activations.py`, `functional.py`, `targets.py`,
`losses.py`, `init.py`, `optim.py`; `scalar.py` is micrograd's network of single numbers.
"""

import autograd as _autograd

if not hasattr(_autograd, "Value"):
    raise ImportError(
        f"nn belongs to the distribution glassgrad, but the autograd found at {_autograd.__file__} "
        "is another package: HIPS autograd (PyPI name 'autograd') has the same import name and "
        "lies over glassgrad's. The two cannot share an environment. Either make a fresh one "
        "(python -m venv) with glassgrad only, or run: pip uninstall autograd glassgrad, then pip "
        "install glassgrad"
    )

from . import functional, init, optim, scalar
from .activations import (
    Identity,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from .layers import MLP, Flatten, Linear, Sequential
from .losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HalfSquaredError,
    HingeLoss,
    MSELoss,
)
from .module import Module, Parameter
from .optim import SGD, Adam, AdamW

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "Flatten",
    "HalfSquaredError",
    "HingeLoss",
    "Identity",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "functional",
    "init",
    "optim",
    "scalar",
]

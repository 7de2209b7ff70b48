"""Optimizers: SGD, Adam, AdamW and RMSProp, and Optimizer, to write another.

Reading order: `optimizer.py`, `sgd.py`, `adam.py`, `rmsprop.py`, `slots.py`, `checks.py`.
"""

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rmsprop import RMSProp
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSProp"]

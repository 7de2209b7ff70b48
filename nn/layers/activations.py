"""The activations as modules, to stand in chains and pictures. Next: `chains.py`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from autograd import Tensor, Value
from autograd.settings import checked_number, checked_size, described, shown

from .. import functional
from ..modules.module import Module

Activation = str | Module | type[Module] | Callable[[Any], Any]


class ReLU(Module):
    """max(x, 0); the derivative at 0 is 0.

    Examples
    --------
    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        """Return max(x, 0)."""
        return functional.relu(x)


class LeakyReLU(Module):
    """x where positive, ``leak`` times x elsewhere; the derivative at 0 is ``leak``.

    Parameters
    ----------
    leak : float
        The slope for negative inputs.

    Examples
    --------
    >>> LeakyReLU(0.1)(np.array([-1.0, 2.0]))
    array([-0.1,  2. ])
    """

    def __init__(self, leak: float = 0.01) -> None:
        if not isinstance(leak, Tensor | Value):
            checked_number("LeakyReLU: leak", leak)
        self.leak = leak

    def forward(self, x: Any) -> Any:
        """Return x where positive, ``leak`` times x elsewhere."""
        return functional.leaky_relu(x, self.leak)

    def title(self) -> str:
        """Return the class and the leak."""
        return f"{type(self).__name__}({self.leak})"


class Sigmoid(Module):
    """1 / (1 + e^-x).

    Examples
    --------
    >>> Sigmoid()(np.array([0.0]))
    array([0.5])
    """

    def forward(self, x: Any) -> Any:
        """Return 1 / (1 + e^-x)."""
        return functional.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent.

    Examples
    --------
    >>> Tanh()(np.array([0.0]))
    array([0.])
    """

    def forward(self, x: Any) -> Any:
        """Return tanh x."""
        return functional.tanh(x)


class Softplus(Module):
    """log(1 + e^x), without overflow.

    Examples
    --------
    >>> Softplus()(np.array([1000.0]))
    array([1000.])
    """

    def forward(self, x: Any) -> Any:
        """Return log(1 + e^x)."""
        return functional.softplus(x)


class Softmax(Module):
    """e^x / Σ e^x over an axis, the last by default.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> Softmax()(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = checked_size("Softmax: axis", axis, None)

    def forward(self, x: Any) -> Any:
        """Return e^x / Σ e^x."""
        return functional.softmax(x, axis=self.axis)


class LogSoftmax(Module):
    """x - log Σ e^x over an axis, the last by default.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> LogSoftmax()(np.array([0.0, 0.0])).round(4)
    array([-0.6931, -0.6931])
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = checked_size("LogSoftmax: axis", axis, None)

    def forward(self, x: Any) -> Any:
        """Return x - log Σ e^x."""
        return functional.log_softmax(x, axis=self.axis)


class Identity(Module):
    """x as it is.

    Examples
    --------
    >>> Identity()(3.0)
    3.0
    """

    def forward(self, x: Any) -> Any:
        """Return x."""
        return x


ACTIVATIONS: dict[str, type[Module]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softplus": Softplus,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
    "identity": Identity,
    "linear": Identity,
}
_RECTIFIERS = (functional.relu, functional.leaky_relu, functional.softplus)


def is_rectifier(activation: Any) -> bool:
    """Return whether this is ReLU or a variant of it, for which He's initialisation is right.

    Examples
    --------
    >>> is_rectifier(ReLU()), is_rectifier(np.tanh), is_rectifier(None)
    (True, False, False)
    """
    known = isinstance(activation, ReLU | LeakyReLU | Softplus)
    return known or any(activation is f for f in _RECTIFIERS)


def activation_of(activation: Activation) -> Callable[[Any], Any]:
    """Return a new activation of a name or class, a copy of a module, or the function given.

    Raises
    ------
    ValueError
        If there is none of that name.
    TypeError
        If it is not a name and cannot be called.

    Examples
    --------
    >>> activation_of("tanh")
    Tanh, 0 parameters
    """
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"no activation {shown(activation)}; there are {', '.join(ACTIVATIONS)}, and any "
                "function, such as lambda x: x * autograd.sigmoid(x)"
            )
        return ACTIVATIONS[activation]()
    if isinstance(activation, Module):
        return copy.deepcopy(activation)
    if not callable(activation):
        raise TypeError(
            f"an activation is a name, a module or a function, got "
            f"{described(activation)}; of several, give nn.Sequential layers and activations in "
            "turn"
        )
    if not isinstance(activation, type):
        return activation
    try:
        made: Callable[[Any], Any] = activation()
    except TypeError as error:
        raise TypeError(
            f"the activation {activation.__name__} cannot be made without arguments ({error}); "
            "give one that is made"
        ) from error
    return made

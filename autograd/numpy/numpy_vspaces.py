"""`ArrayVSpace`, the space of one array by the name of HIPS autograd. Next: `../xp/`."""

from typing import Any, NoReturn

from ..vector_space import VSpace


class ArrayVSpace(VSpace):
    """The space of arrays like a given one.

    `vspace` makes a plain `VSpace`, so that programs that patch this class of HIPS autograd have no
    effect here.

    Parameters
    ----------
    value : number, array or node

    Examples
    --------
    >>> from autograd.numpy.numpy_vspaces import ArrayVSpace
    >>> ArrayVSpace(np.ones((2, 3))).zeros().shape
    (2, 3)
    """


class ComplexArrayVSpace(ArrayVSpace):
    """The name of the space of complex arrays, for programs that import it: there is none."""

    def __init__(self, value: Any) -> NoReturn:
        raise TypeError("ComplexArrayVSpace: complex numbers are not supported; use real numbers")

"""Handle, the base class of Tensor: data, gradient, graph; no operators. Next: `operands.py`."""

from __future__ import annotations

from typing import Any, Never, Self

import numpy as np
import numpy.typing as npt

from ..absent import refuse_options
from ..arithmetic import ONE
from ..backward import gradients
from ..mode import tick
from ..node import LEAF
from ..settings import array_of, checked_dtype, checked_flag
from ..sweep.storing import release as release_graph
from ..sweep.storing import store
from ..value import Value
from .facts import Facts
from .node import make_leaf, tensor_on
from .operands import real_array, refuse_masked
from .views import show


class Handle(Facts):
    """The data of a tensor, and the graph node that computed them.

    ``_node`` is None for a tensor without gradient; ``_constant``, unset at first, is the node that
    represents such a tensor in graphs that use it. ``_view`` tells what the tensor is a view
    of, or that it has views; None if neither.
    """

    __slots__ = ("__weakref__", "_constant", "_data", "_node", "_shape", "_view")

    _view: Any

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        dtype: npt.DTypeLike | None = None,
        label: str = "",
        **options: Never,
    ) -> None:
        if options:
            refuse_options(type(self).__name__, options)
        array = as_array(data, dtype)
        self._data = array if array.ndim else array[()]
        self._shape = array.shape
        self._node = self._view = None
        if requires_grad is not False:
            self.requires_grad = requires_grad
        if type(label) is not str or label:
            self.label = label

    @property
    def _value(self) -> Any:
        """The numbers, as in HIPS autograd."""
        return self.data

    @property
    def data(self) -> np.ndarray[Any, Any]:
        """The numbers as an ndarray, without a graph.

        Assigning to it, as in ``w.data -= step``, marks a leaf as changed: `backward` of a graph
        made before then raises. Writing to single entries, ``w.data[0] = 1``, happens inside NumPy
        and goes unnoticed: do it before the forward pass.
        """
        d: Any = self._data
        if type(d) is not np.ndarray:
            d = np.array(d)
            node = self._node
            if node is None or node._a is None:
                # the leaf keeps the array, so that it sees later writes to it
                self._data = d
                if node is not None:
                    node._value = d
            else:
                d.flags.writeable = False
        found: np.ndarray[Any, Any] = d
        return found

    @data.setter
    def data(self, data: Any) -> None:
        # ``w.data -= step`` assigns the array that it has just written to: no copy
        same = data is self._data and type(data) is np.ndarray
        array = data if same else as_array(data, None)
        node = self._node
        if node is not None:
            if node._a is not None:
                raise RuntimeError(
                    "the data of a computed tensor cannot be assigned; change a leaf, or "
                    "use .detach() for a new one"
                )
            if array.shape != self._shape:
                raise ValueError(
                    f"data of shape {array.shape} cannot replace those of {self._name()} with "
                    f"shape {self._shape}"
                )
            if array.dtype is not self._data.dtype:
                array = array.astype(self._data.dtype, copy=False)
        if array.shape != self._shape:
            self._view = None
        self._take(array if array.ndim or same else array[()])
        show(self)

    def _take(self, array: Any) -> None:
        """Set the data without a copy, and mark a leaf as changed."""
        node = self._node
        if node is not None:
            node._value = array
            node._mark = LEAF + tick()
        if hasattr(self, "_constant"):
            del self._constant
        self._data = array
        self._shape = array.shape

    def _write(self, number: Any) -> None:
        d = self._data
        if type(d) is np.ndarray:
            d[()] = number
        self.data = d if type(d) is np.ndarray else number

    # set by programs of `jit`: a new number for a 0-d tensor, written to its array if it has one
    _number = property(None, _write)

    @property
    def grad(self) -> Any:
        """The gradient after `backward`: an ndarray of the data's shape, None before.

        A Tensor after ``backward(create_graph=True)``, of which a leaf's can be differentiated.
        Assign None, an array of that shape, or one number for all entries, such as 0.
        """
        g = None if self._node is None else self._node.grad
        return np.asarray(g) if isinstance(g, np.generic) else g

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if self._node is None:
            if gradient is None:  # as it is
                return
            raise TypeError("a tensor without requires_grad has no gradient to set")
        if gradient is not None:
            if not isinstance(gradient, Handle):
                gradient = real_array(gradient).astype(self._data.dtype, copy=False)
                gradient = gradient if gradient.shape else np.full(self._shape, gradient)
            if gradient.shape != self._shape:
                raise ValueError(
                    f"a gradient of shape {gradient.shape} does not fit {self._name()} of shape "
                    f"{self._shape}"
                )
        self._node.grad = gradient

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor; can be set on leaves."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        wanted = checked_flag("requires_grad", wanted)
        if wanted == (self._node is not None):
            return
        if not wanted:
            if self._node._a is not None:
                raise RuntimeError("requires_grad can only be changed on leaves; use .detach()")
            label = self.label
            self._node = None
            if label:
                self.label = label
            return
        if self._data.dtype.kind != "f":
            raise TypeError(
                f"only floating tensors have gradients, this one is {self._data.dtype}; make it "
                "of floats: Tensor(data, dtype=float, requires_grad=True)"
            )
        self._node = make_leaf(self._data)
        known = getattr(self, "_constant", None)
        if known is not None and known.label:
            self._node.label = known.label

    def detach(self) -> Self:
        """Return a tensor on the same data that is cut off from the graph.

        What an optimizer writes into the data of a leaf shows in this one too; ``.detach().copy()``
        keeps the numbers as they are.
        """
        t = object.__new__(type(self))
        t._data, t._shape, t._node, t._view = self._data, self._shape, None, None
        return t

    def backward(
        self,
        gradient: Any = None,
        *,
        create_graph: bool = False,
        release: bool = False,
        **options: Never,
    ) -> None:
        """Compute the gradient of this tensor with respect to everything it was computed from.

        Gradients of leaves add up over calls; those of computed tensors are set afresh and kept.

        Parameters
        ----------
        gradient : array_like, optional
            The upstream gradient, of this tensor's shape; 1 if left out, for a single entry.
        create_graph : bool
            Make the gradients of leaves tensors that can be differentiated again. Such a gradient
            refers to its leaf: set ``x.grad`` to None when it is no longer needed, and all is freed
            at once. Of a computed tensor, the numbers of the gradient are kept; ``grad(function)``
            of it gives what can be differentiated.
        release : bool
            Keep only the gradients of leaves and free the graph; training loops use it.

        Raises
        ------
        RuntimeError
            If this tensor needs no gradient; if it has several entries and no ``gradient`` is
            given; if a leaf was changed since the forward pass, or the graph was released. No
            gradient has changed then.

        Examples
        --------
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * x
        >>> y.backward(gradient=[1.0, 10.0])
        >>> x.grad
        array([ 2., 40.])
        """
        if options:
            refuse_options("backward", options)
        if create_graph is not False or not (release is False or release is True):
            create_graph = checked_flag("backward: create_graph", create_graph)
            release = checked_flag("backward: release", release)
        node = self._node
        if node is None:
            raise RuntimeError(
                "backward() needs a tensor computed from leaves with requires_grad=True; this one "
                "has no graph. no_grad(), .data, .detach(), comparisons, argmax, round, sign and "
                "integers end one; of what grad(f)(x) returns for a leaf x, x * 1.0 keeps one, and "
                "so does f(x).backward(create_graph=True)"
            )
        seed = self._seed(gradient)
        if create_graph:
            seed = seed if isinstance(seed, Handle) else tensor_on(seed, None)
        elif gradient is not None and isinstance(seed, Handle):
            seed = np.array(seed._data, self._data.dtype)[()]
        found, order = gradients(node, seed, create_graph=create_graph, drop=release)
        store(found, leaves_only=release)
        if release:
            release_graph(order)

    def _seed(self, gradient: Any) -> Any:
        dtype = self._data.dtype
        if gradient is None:
            if not self._shape:
                return ONE[dtype][()]
            if self._data.size != 1:
                raise RuntimeError(
                    f"backward() starts from a scalar, {self._name()} has shape {self._shape}: "
                    "reduce it first, as with .sum(), pass gradient= of that shape, or use "
                    "jacobian for all the derivatives"
                )
            return np.ones(self._shape, dtype)
        if not isinstance(gradient, Handle):
            gradient = gradient._data if isinstance(gradient, Value) else gradient
            gradient = np.array(real_array(gradient), dtype)
        if np.shape(gradient) != self._shape:
            raise ValueError(
                f"gradient has shape {np.shape(gradient)}, {self._name()} has shape {self._shape}; "
                "they must be equal"
            )
        return gradient if isinstance(gradient, Handle) else gradient[()]

    def __reduce__(self) -> tuple[Any, ...]:
        if self._node is not None and self._node._a is not None:
            raise TypeError(
                "a computed tensor cannot be pickled or copied deeply, since its whole graph would "
                "come along; use .detach() for the data alone"
            )
        # of a gradient that is a node the numbers, as that of a value
        grad = self.grad._data if isinstance(self.grad, Handle) else self.grad
        found = type(self), np.array(self._data), self.requires_grad, self.label, grad
        return _rebuild, found, getattr(self, "__dict__", None)


def as_array(data: Any, dtype: npt.DTypeLike | None) -> np.ndarray[Any, Any]:
    """Return a copy of data as an array of real numbers; nodes with a gradient are refused."""
    if isinstance(data, Handle):
        if data._node is not None:
            raise TypeError(
                "Tensor(node) would lose the gradient of the node; use it as it is, or .detach() it"
            )
        data = data._data
    elif isinstance(data, Value) or (isinstance(data, list | tuple) and _holds_nodes(data)):
        raise TypeError(
            "Tensor of nodes would lose their gradients; join them with np.stack, or take .data"
        )
    refuse_masked("Tensor", data)
    try:
        array = np.array(data) if dtype is None else _converted(data, dtype)
    except ValueError:
        array_of("Tensor", data)  # raises an error that says what is wrong
        raise
    if array.dtype.kind not in "fiub":
        what = "complex numbers are" if array.dtype.kind == "c" else f"dtype {array.dtype} is"
        raise TypeError(f"{what} not supported by Tensor; use real numbers")
    return array


def _converted(data: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """Return a copy of data in a dtype; anything but numbers is left alone, to be refused."""
    wanted, array = checked_dtype("Tensor: dtype", dtype), array_of("Tensor", data)
    large = array.dtype == object and all(isinstance(x, int | float) for x in array.flat)
    return array.astype(wanted) if large or array.dtype.kind in "fiub" else array


def _holds_nodes(data: Any) -> bool:
    stack, seen = [data], {id(data)}
    while stack:
        for x in stack.pop():
            if isinstance(x, list | tuple):
                if id(x) not in seen:  # a list may hold itself
                    seen.add(id(x))
                    stack.append(x)
            elif isinstance(x, Value) or (isinstance(x, Handle) and x._node is not None):
                return True
    return False


def _rebuild(cls: Any, data: Any, requires_grad: bool, label: str, grad: Any) -> Any:
    found = cls.__new__(cls)  # a subclass may have a constructor of its own
    Handle.__init__(found, data, requires_grad, label=label)
    if grad is not None:
        found.grad = grad
    return found

"""Tensor, the array node: NumPy's arrays, PyTorch's gradients. Next: `interop.py`.

A Tensor is a light handle: the data, and the graph node it was computed by. Zero-dimensional data
are kept as NumPy scalars, whose arithmetic is ten times cheaper than an array's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import MethodType
from typing import Any

import numpy as np
import numpy.typing as npt

from . import dispatch
from .array_node import KEPT, PARENT, ArrayNode, bind, make_leaf, make_node
from .array_operators import Operators
from .assignment import Assignment, check_not_stored
from .mode import STATE, is_grad_enabled, note, tick
from .node import LEAF, gradients, store
from .node import release as release_graph
from .op import Op, register_kind
from .ops import elementwise as ops
from .ops.elementwise import pull_multiply_same
from .value import Value

_new = object.__new__
_state = STATE
_ADD, _MUL = ops.add, ops.multiply
_pull_add = _ADD.fast[True, True]
_pull_multiply = _MUL.fast[True, True]
_pull_multiply_constant = _MUL.plan((True, False)).pull


def _pass_twice(g: Any) -> Any:
    return g, g


def _pass(saved: Any, g: Any) -> Any:
    return g


class Tensor(Assignment, Operators):
    """An array node of a computation graph.

    Parameters
    ----------
    data : array_like
        Numbers of any shape; floats keep their dtype. The data are copied.
    requires_grad : bool
        Whether gradients with respect to this tensor are wanted; needs a floating dtype.
    dtype : dtype, optional
        As for `numpy.array`.
    label : str
        The name shown in pictures, derivations and errors.

    Raises
    ------
    TypeError
        For complex numbers, strings and objects; for nodes, which would lose their gradient; for
        ``requires_grad`` on integers.

    Examples
    --------
    >>> x = Tensor([[1.0, 2.0]])
    >>> w = Tensor([[3.0], [4.0]], requires_grad=True)
    >>> loss = ((x @ w) ** 2).sum()
    >>> loss.backward()
    >>> w.grad
    array([[22.],
           [44.]])
    """

    __slots__ = ("__weakref__", "_constant", "_data", "_node", "_shape")

    __autograd_rank__ = 2

    _data: Any
    _node: Any
    _shape: tuple[int, ...]
    _constant: Any

    def __init__(
        self,
        data: Any,
        requires_grad: bool = False,
        dtype: npt.DTypeLike | None = None,
        label: str = "",
    ) -> None:
        array = _array(data, dtype)
        self._data = array if array.ndim else array[()]
        self._shape = array.shape
        self._node = None
        if requires_grad:
            self.requires_grad = True
        if label:
            self.label = label

    # ---------------------------------------------------------------------------------------------
    # The two hottest operators; all others go through `apply`

    def __mul__(self, other: Any) -> Any:
        if type(other) is not Tensor:
            if type(other) is float and self._node is not None:
                return _scaled(self, other)
            return _apply_binary(_MUL, self, other)
        p, q = self._node, other._node
        if p is None or q is None:
            return _apply(_MUL, (self, other), {})
        x, y = self._data, other._data
        try:
            z = x * y
        except ValueError:
            return _apply(_MUL, (self, other), {})  # which says what does not fit
        shape, other_shape = self._shape, other._shape
        if shape is other_shape or shape == other_shape:
            closure = MethodType(pull_multiply_same, (x, y))
        else:
            closure = MethodType(_pull_multiply, (x, y, shape, other_shape))
            shape = z.shape
        return _result(_MUL, p, q, z, shape, closure)

    def __add__(self, other: Any) -> Any:
        if type(other) is not Tensor:
            return _apply_binary(_ADD, self, other)
        p, q = self._node, other._node
        if p is None or q is None:
            return _apply(_ADD, (self, other), {})
        try:
            z = self._data + other._data
        except ValueError:
            return _apply(_ADD, (self, other), {})
        shape, other_shape = self._shape, other._shape
        if shape is other_shape or shape == other_shape:
            closure: Any = _pass_twice
        else:
            closure = MethodType(_pull_add, (shape, other_shape))
            shape = z.shape
        return _result(_ADD, p, q, z, shape, closure)

    def _unary(self, op: Op) -> Tensor:
        t: Tensor = _apply_unary(op, self)
        return t

    def _binary(self, op: Op, x: Any, y: Any) -> Any:
        return _apply_binary(op, x, y)

    def _run(self, op: Op, /, **parameters: Any) -> Tensor:
        t: Tensor = _apply(op, (self,), parameters)
        return t

    def _become(self, other: Any, name: str) -> None:
        data = other._data
        if data.dtype != self._data.dtype:
            other = other.astype(self._data.dtype)
            data = other._data
        node = self._node
        if node is not None and node._a is None:
            self.data = data
            return
        if hasattr(self, "_constant"):
            del self._constant
        self._data, self._shape, self._node = data, other._shape, other._node
        if node is not None and node.label and self._node is not None:
            self._node.label = node.label

    def __float__(self) -> float:
        check_not_stored(self._name())
        return float(self.item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self._shape:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self._shape[0]))

    # ---------------------------------------------------------------------------------------------
    # Data and graph

    @property
    def data(self) -> np.ndarray[Any, Any]:
        """The numbers as an ndarray, without a graph.

        Assigning to it, ``w.data -= step`` included, stamps a leaf as changed, and a graph made before
        refuses `backward`. Writing into single entries, ``w.data[0] = 1``, is NumPy's own affair and not
        seen: do it before the forward pass.
        """
        d: Any = self._data
        if type(d) is not np.ndarray:
            d = np.array(d)
            node = self._node
            if node is None or node._a is None:
                # from now on the leaf keeps an array, so that writing into it is seen
                self._data = d
                if node is not None:
                    node._value = d
            else:
                d.flags.writeable = False
        found: np.ndarray[Any, Any] = d
        return found

    @data.setter
    def data(self, data: Any) -> None:
        array = _array(data, None)
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
            array = array.astype(self._data.dtype, copy=False)
            node._value = array if array.ndim else array[()]
            node._mark = LEAF + tick()
        if hasattr(self, "_constant"):
            del self._constant
        self._data = array if array.ndim else array[()]
        self._shape = array.shape

    @property
    def grad(self) -> Any:
        """The gradient after `backward`: an ndarray of the data's shape, None before.

        A Tensor after ``backward(create_graph=True)``.
        """
        g = None if self._node is None else self._node.grad
        return np.asarray(g) if isinstance(g, np.generic) else g

    @grad.setter
    def grad(self, gradient: Any) -> None:
        if self._node is None:
            raise TypeError("a tensor without requires_grad has no gradient to set")
        if gradient is not None:
            gradient = gradient if isinstance(gradient, Tensor) else np.asarray(gradient)
            if gradient.shape != self._shape:
                raise ValueError(
                    f"a gradient of shape {gradient.shape} does not fit {self._name()} of shape "
                    f"{self._shape}"
                )
        self._node.grad = gradient

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor; settable on leaves."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if bool(wanted) == (self._node is not None):
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
        self._node = make_leaf(_Node, self._data)
        known = getattr(self, "_constant", None)
        if known is not None and known.label:
            self._node.label = known.label

    @property
    def node(self) -> ArrayNode:
        """The graph node of this tensor."""
        node: ArrayNode = self._node if self._node is not None else constant_of(self)
        return node

    @property
    def parents(self) -> tuple[Any, ...]:
        """The nodes this tensor was computed from."""
        return self.node.parents

    @property
    def op(self) -> Op | None:
        """The operation that made this tensor; None for a leaf."""
        return self.node.op

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was made by the user and not computed."""
        return self.node.is_leaf

    @property
    def label(self) -> str:
        """The name shown in pictures, derivations and errors."""
        known = self._node if self._node is not None else getattr(self, "_constant", None)
        return "" if known is None else known.label

    @label.setter
    def label(self, text: str) -> None:
        self.node.label = text

    @property
    def scope(self) -> str:
        """The path of the module or `scope` block in which this tensor was made."""
        return self.node.scope

    @property
    def origin(self) -> str | None:
        """File and line that made this tensor, where `record_origins` was on."""
        return self.node.origin

    @property
    def local_derivative(self) -> Callable[[Any], tuple[Any, ...]]:
        """The closure: upstream gradient in, one contribution per parent out."""
        return self.node.local_derivative

    def detach(self) -> Tensor:
        """Return a tensor on the same data that is cut off from the graph."""
        t: Tensor = _new(Tensor)
        t._data, t._shape, t._node = self._data, self._shape, None
        return t

    def backward(
        self, gradient: Any = None, *, create_graph: bool = False, release: bool = False
    ) -> None:
        """Compute the gradient of this tensor with respect to everything it was computed from.

        Gradients of leaves add up over calls; those of computed tensors are set afresh and kept.

        Parameters
        ----------
        gradient : array_like, optional
            The upstream gradient, of this tensor's shape; may be left out for a scalar.
        create_graph : bool
            Make the gradients tensors, so that they can be differentiated again.
        release : bool
            Keep only the gradients of leaves and free the graph; training loops use it.

        Raises
        ------
        RuntimeError
            If this tensor needs no gradient, is not a scalar and has no ``gradient``, if a leaf was
            changed since the forward pass, or the graph was released. No gradient has changed then.
        """
        node = self._node
        if node is None:
            raise RuntimeError(
                "backward() needs a tensor computed from leaves with requires_grad=True"
            )
        seed = self._seed(gradient)
        if create_graph and not isinstance(seed, Tensor):
            seed = Tensor(seed)
        found, order = gradients(node, seed, create_graph=create_graph, drop=release)
        store(found)
        if release:
            release_graph(order)

    def _seed(self, gradient: Any) -> Any:
        dtype = self._data.dtype
        if gradient is None:
            if self._shape != ():
                raise RuntimeError(
                    f"backward() starts from a scalar, {self._name()} has shape {self._shape}: "
                    "reduce it first, as with .sum(), pass gradient= of that shape, or use "
                    "jacobian for all the derivatives"
                )
            return dtype.type(1)
        if isinstance(gradient, Tensor | Value):
            gradient = gradient if isinstance(gradient, Tensor) else gradient.data
        else:
            gradient = np.array(gradient, dtype)
        if np.shape(gradient) != self._shape:
            raise ValueError(
                f"gradient has shape {np.shape(gradient)}, {self._name()} has shape {self._shape}; "
                "they must be equal"
            )
        return gradient if isinstance(gradient, Tensor) else gradient[()]

    def __repr__(self) -> str:
        body = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        extras = "" if self._data.dtype == np.float64 else f", dtype={self._data.dtype}"
        if self._node is not None:
            op = self._node.op
            extras += ", requires_grad=True" if op is None else f", op={op.name}"
        if self.label:
            extras += f", label={self.label!r}"
        return f"Tensor({body}{extras})"

    def _name(self) -> str:
        return f"tensor {self.label!r}" if self.label else "the tensor"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._node is not None and self._node._a is not None:
            raise TypeError(
                "a computed tensor cannot be pickled or copied, since its whole graph would come "
                "along; use .detach() for the data alone"
            )
        return _rebuild, (
            type(self),
            np.array(self._data),
            self.requires_grad,
            self.label,
            self.grad,
        )

    # ---------------------------------------------------------------------------------------------
    # NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return dispatch.array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        return dispatch.array_function(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if self._node is not None:
            raise TypeError(
                f"turning {self._name()} into a plain array would lose its gradient; use .data or "
                ".detach() if that is meant"
            )
        return np.array(self._data, dtype=dtype)

    @staticmethod
    def __autograd_apply__(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        return _apply(op, inputs, parameters)


register_kind(Tensor)


class _Node(ArrayNode):
    """The node class of tensors; it knows how to make the handle."""

    __slots__ = ()

    def _handle(self, data: Any) -> Tensor:
        t: Tensor = _new(Tensor)
        t._data, t._shape, t._node = data, data.shape, self
        return t


class _Constant(_Node):
    """The node that stands for a tensor without gradient in a graph."""

    __slots__ = ()

    requires_grad = False


# --------------------------------------------------------------------------------------------------
# Running operations


def _result(op: Op, p: Any, q: Any, z: Any, shape: tuple[int, ...], closure: Any) -> Tensor:
    """Return the tensor of a result with one (``q`` None) or two parents, no constant."""
    node = _Node()
    node._a = p
    node._b = q
    node._operation = op
    node._f = closure
    node._mark = _state.clock
    node._shape = shape
    # small arrays stay with their node, for people to look at
    if z.size <= KEPT:
        node._value = z
    t: Tensor = _new(Tensor)
    t._data = z
    t._shape = shape
    t._node = node
    return _noted(t) if _state.special else t


def _noted(t: Tensor) -> Tensor:
    """Write scope and origin on a new node, or cut it off where nothing is recorded."""
    notes = note()
    if notes is None:
        t._node = None
    else:
        t._node._notes = notes
    return t


def _scaled(x: Tensor, c: float) -> Tensor:
    t = _result(
        _MUL,
        x._node,
        None,
        x._data * c,
        x._shape,
        MethodType(_pull_multiply_constant, (c, x._shape)),
    )
    if t._node is not None:
        t._node._rest = (PARENT, c)
    return t


def _apply_unary(op: Op, x: Tensor) -> Any:
    """Run an elementwise function of one tensor."""
    p = x._node
    if p is None:
        return _apply(op, (x,), {})
    data = x._data
    z = op.forward(data)
    plan = op.plan((True,))
    names = plan.names
    if names == ("z",):
        saved: tuple[Any, ...] = (z,)
    elif names == ("x",):
        saved = (data,)
    else:
        saved = tuple(z if n == "z" else data for n in names)
    return _result(op, p, None, z, x._shape, MethodType(plan.pull, saved))


def _apply_binary(op: Op, x: Any, y: Any) -> Any:
    """Run an operator on operands of which one is a tensor; NotImplemented for strangers."""
    if _is_operand(x) and _is_operand(y):
        return _apply(op, (x, y), {})
    for other in (x, y):
        _refuse_complex(op.name, other)
    return NotImplemented


def _is_operand(x: Any) -> bool:
    if isinstance(x, Tensor | Value | int | float):
        return True
    if isinstance(x, np.ndarray | np.generic):
        return x.dtype.kind in "fiub"
    if isinstance(x, list):
        return np.asarray(x).dtype.kind in "fiub" if x else True
    return False


def _refuse_complex(name: str, x: Any) -> None:
    if isinstance(x, complex) or getattr(getattr(x, "dtype", None), "kind", "") == "c":
        raise TypeError(f"{name}: complex numbers are not supported, got {type(x).__name__}")


def _apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Run any operation on tensors, values, arrays and numbers, and record it."""
    arrays: list[Any] = []
    parents: list[Any] = []
    tracked: list[bool] = []
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor):
            arrays.append(x._data)
            parent = x._node
        elif isinstance(x, Value):
            arrays.append(x._data)
            parent = x
        else:
            arrays.append(_operand(op, x))
            parent = None
        use = parent is not None and op.differentiable(i)
        tracked.append(use)
        if use:
            parents.append(parent)
    if not op.elementwise:
        arrays = [np.asarray(a) if type(a) is float else a for a in arrays]
    z = _forward(op, arrays, parameters, inputs)
    t: Tensor = _new(Tensor)
    if not isinstance(z, np.ndarray | np.generic):
        z = np.asarray(z)
    t._data = z = z if z.ndim else z[()]
    t._shape = z.shape
    t._node = None
    if not parents or z.dtype.kind != "f":
        return t
    if _state.special and not is_grad_enabled():
        return t
    plan = op.plan(tuple(tracked))
    closure = bind(op, plan, arrays, z, parameters)
    rest = None if len(parents) == len(inputs) else _rest(inputs, tracked)
    t._node = make_node(_Node, op, parents, z, closure, rest, parameters or None)
    return _noted(t) if _state.special else t


def _operand(op: Op, x: Any) -> Any:
    if isinstance(x, int | float | np.ndarray | np.generic | list | tuple):
        kind = "f" if isinstance(x, int | float) else np.asarray(x).dtype.kind
        if kind in "fiub":
            return np.asarray(x) if isinstance(x, list | tuple) else x
    _refuse_complex(op.name, x)
    if isinstance(x, list | tuple) and any(hasattr(type(e), "__autograd_rank__") for e in x):
        raise TypeError(
            f"{op.name}: a list of nodes is not an array; join them with np.stack to keep gradients"
        )
    raise TypeError(f"{op.name}: expected numbers, arrays or nodes, got {type(x).__name__} {x!r}")


def _forward(op: Op, arrays: list[Any], parameters: dict[str, Any], inputs: Sequence[Any]) -> Any:
    try:
        return op.forward(*arrays, **parameters)
    except (ValueError, IndexError, TypeError) as error:
        shapes = ", ".join(
            f"{np.shape(a)}" + (f" ({x.label})" if getattr(x, "label", "") else "")
            for a, x in zip(arrays, inputs, strict=True)
        )
        extra = "".join(f", {k}={v!r}" for k, v in parameters.items())
        raise type(error)(f"{op.name} of shapes {shapes}{extra}: {error}") from error


def _rest(inputs: Sequence[Any], tracked: list[bool]) -> tuple[Any, ...]:
    return tuple(
        PARENT if use else constant_of(x) if isinstance(x, Tensor) else x
        for x, use in zip(inputs, tracked, strict=True)
    )


def constant_of(x: Tensor) -> ArrayNode:
    """Return the node that stands for a tensor without gradient, made on first use."""
    if x._node is not None:
        node: ArrayNode = x._node
        return node
    if not hasattr(x, "_constant"):
        x._constant = make_leaf(_Constant, x._data)
    found: ArrayNode = x._constant
    return found


def _array(data: Any, dtype: npt.DTypeLike | None) -> np.ndarray[Any, Any]:
    if isinstance(data, Tensor):
        if data._node is not None:
            raise TypeError(
                "Tensor(node) would lose the gradient of the node; use it as it is, or .detach() it"
            )
        data = data._data
    elif isinstance(data, Value) or (isinstance(data, list | tuple) and _holds_nodes(data)):
        raise TypeError(
            "Tensor of nodes would lose their gradients; join them with np.stack, or take .data"
        )
    array = np.array(data, dtype=dtype)
    if array.dtype.kind not in "fiub":
        what = "complex numbers are" if array.dtype.kind == "c" else f"dtype {array.dtype} is"
        raise TypeError(f"{what} not supported by Tensor; use real numbers")
    return array


def _holds_nodes(data: Any) -> bool:
    stack = [data]
    while stack:
        for x in stack.pop():
            if isinstance(x, list | tuple):
                stack.append(x)
            elif isinstance(x, Value) or (isinstance(x, Tensor) and x._node is not None):
                return True
    return False


def _rebuild(cls: type[Tensor], data: Any, requires_grad: bool, label: str, grad: Any) -> Tensor:
    found: Tensor = _new(cls)
    Tensor.__init__(found, data, requires_grad, label=label)
    if grad is not None:
        found.grad = grad
    return found

"""Recording a function of Values: it is run once, and every number it makes becomes a line.

Next: `tape_levels.py`. The Values of the run are real ones; `autograd.mode.record_values` hands each
node over as it is made. While a recording runs, ``.data`` and ``.grad`` give recorded numbers, and
changing them writes on the tape alone, so a recording that fails has changed nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..mode import current_recorder, is_grad_enabled, record_values, tick
from ..node import LEAF, MANY, release, strict_product, topological_order
from ..op import Op
from ..ops import elementwise as ops
from ..scalar_node import ScalarNode, is_number, plain, to_float
from ..value import Value
from .tape import Tape
from .tape_number import Number, place, refuse, user_line

# The product of the sweeps that run on nodes, as one operation: 0 times anything is 0
_STRICT = Op(
    "strict_multiply",
    strict_product,
    {"x": lambda y: y, "y": lambda x: x},
    elementwise=True,
    symbol="*",
    notation="{x} * {y}",
)


class Recorder:
    """The tape being written, and the line of every Value and gradient at this point of the run."""

    def __init__(self) -> None:
        self.tape = Tape()
        self.line_of: dict[int, int] = {}
        self.grad_of: dict[int, Any] = {}
        self.seen: dict[int, Any] = {}  # keeps every id taken
        self.own: set[int] = set()  # leaves made in the run
        self.outside: dict[int, Any] = {}  # values that were there before
        self.swept: dict[int, int] = {}
        self.written: dict[tuple[int, str], Any] = {}
        self.paused = False

    # ---------------------------------------------------------------------------------------------
    # Lines

    def made(self, z: Any) -> None:
        """Write the line of a node that was just made."""
        if not self.paused:
            self._write(z, z._operation, z.inputs, z.parameters)

    def detached(self, z: Any) -> Any:
        """Return a leaf in place of a node made under no_grad."""
        return z if self.paused else self._leaf(z._data, self._line(z))

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Let Values be themselves for a moment."""
        before, self.paused = self.paused, True
        try:
            yield
        finally:
            self.paused = before

    def _write(self, z: Any, op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> None:
        operands = tuple([self._operand(x) for x in inputs])
        tracked = tuple([isinstance(x, ScalarNode) and op.differentiable(k)
                         for k, x in enumerate(inputs)])
        self.line_of[id(z)] = self.tape.line(op, operands, parameters, tracked, where=user_line())
        self.seen[id(z)] = z

    def _operand(self, x: Any) -> int:
        if isinstance(x, ScalarNode):
            line = self.line_of.get(id(x))
            return self._line(x) if line is None else line
        if isinstance(x, Number):
            return x.line
        return self.tape.number(x.item() if isinstance(x, np.ndarray | np.generic) else x)

    def _line(self, x: Any) -> int:
        line = self.line_of.get(id(x))
        if line is None:
            line = self.tape.line("read", extra=(x, "data"), where=user_line())
            self.line_of[id(x)] = line
            self.seen[id(x)] = self.outside[id(x)] = x
        return line

    def number(self, line: int, value: Any) -> Number:
        """Return a recorded number for a line."""
        return Number(self, line, value)

    def argument(self, position: int, value: float) -> Number:
        """Return the recorded number of a float argument."""
        return self.number(self.tape.line("argument", extra=position), value)

    def apply(self, op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Record an operation on values, recorded numbers and plain ones."""
        if any(isinstance(x, np.ndarray) and x.ndim for x in inputs):
            if any(isinstance(x, ScalarNode) for x in inputs):
                raise _mixed(op.name)
            found = np.frompyfunc(lambda *xs: self.apply(op, xs, parameters), len(inputs), 1)
            return _call(found, inputs)
        rank = max(getattr(type(x), "__autograd_rank__", 0) for x in inputs)
        if rank > Number.__autograd_rank__:
            raise _mixed(op.name)
        if not op.elementwise:
            raise TypeError(f"jit: {op.name} at {place()} takes arrays; a Value is one number")
        if not all(is_number(plain(x)) or hasattr(type(x), "__autograd_rank__") for x in inputs):
            return NotImplemented
        numbers = [x.value if isinstance(x, Number) else x for x in inputs]
        if any(isinstance(x, ScalarNode) for x in inputs):
            with self.pause():
                z = _ORIGINAL["__autograd_apply__"](op, numbers, parameters)
            if isinstance(z, ScalarNode):
                self._write(z, op, inputs, parameters)
                return z if is_grad_enabled() else self._leaf(z._data, self.line_of[id(z)])
        else:
            with np.errstate(all="ignore"):
                z = op.forward(*numbers, **parameters)
            z = z.item() if hasattr(z, "item") else z
        operands = tuple([self._operand(x) for x in inputs])
        line = self.tape.line(
            op, operands, parameters, (False,) * len(inputs), isinstance(z, bool), user_line()
        )
        return self.number(line, z)

    # ---------------------------------------------------------------------------------------------
    # Leaves

    def _leaf(self, data: float, source: int) -> Value:
        """Return a new leaf whose number stands on a line."""
        with self.pause():
            leaf = Value(data)
        self.adopt(leaf, source)
        return leaf

    def adopt(self, leaf: Any, source: int) -> None:
        """Take a leaf made in the run: its number is that of a line."""
        line = self.tape.line("copy", (self.tape.as_line(source),), where=user_line())
        self.line_of[id(leaf)] = line
        self.seen[id(leaf)] = leaf
        self.own.add(id(leaf))
        self.grad_of[id(leaf)] = 0.0

    def read(self, x: Any) -> Number:
        """Return the number of a value."""
        return self.number(self._line(x), x._data)

    def write(self, x: Any, data: Any) -> None:
        """Change the number of a value on the tape."""
        self._line(x)
        if isinstance(data, Number):
            source = data.line
        else:
            source = self.tape.number(to_float(data))
        line = self.tape.line("copy", (self.tape.as_line(source),), where=user_line())
        self.line_of[id(x)] = line
        if x._a is None:
            x._mark = LEAF + tick()
        if id(x) in self.outside:
            self.written[id(x), "data"] = x

    def read_grad(self, x: Any) -> Any:
        """Return the gradient of a value: a recorded number, a plain one or a Value."""
        found = self.grad_of.get(id(x))
        if found is not None:
            return found
        sweep = self.swept.get(id(x))
        if sweep is not None:
            found = self._gradient(sweep, x)
        elif id(x) in self.line_of and id(x) not in self.outside:
            found = 0.0
        else:
            self._line(x)
            grad = ScalarNode.grad.__get__(x)  # type: ignore[attr-defined]
            if isinstance(grad, ScalarNode):
                raise TypeError(
                    f"jit: the gradient read at {place()} is a Value, of backward(create_graph="
                    "True) outside; set it to 0.0 before, or make it inside the function"
                )
            line = self.tape.line("read", extra=(x, "grad"), where=user_line())
            found = self.number(line, grad)
        self.grad_of[id(x)] = found
        return found

    def _gradient(self, sweep: int, x: Any) -> Number:
        line = self.tape.line("gradient", (self.line_of[id(x)],), sweep, (False,), where=user_line())
        return self.number(line, 1.0)

    def write_grad(self, x: Any, grad: Any) -> None:
        """Change the gradient of a value on the tape."""
        self._line(x)
        self.grad_of[id(x)] = grad
        if id(x) in self.outside:
            self.written[id(x), "grad"] = x

    def call(self, function: Callable[[], Any]) -> None:
        """Record a call that changes leaves by their numbers."""
        self.store()
        self.tape.calls.append(function)
        self.tape.writes.append([])
        for x in self.outside.values():
            self.line_of.pop(id(x), None)
            self.grad_of.pop(id(x), None)
            self.swept.pop(id(x), None)
            if x._a is None:
                x._mark = LEAF + tick()

    def store(self) -> None:
        """Put on the tape what is to be stored in values at this point."""
        writes = self.tape.writes[-1]
        for (key, what), x in self.written.items():
            if what == "data":
                writes.append((x, what, self.line_of[key]))
                continue
            grad = self.read_grad(x)
            if isinstance(grad, ScalarNode):
                grad = self.number(self._line(grad), 0.0)
            line = grad.line if isinstance(grad, Number) else self.tape.number(float(grad))
            writes.append((x, what, self.tape.as_line(line)))
        self.written.clear()

    # ---------------------------------------------------------------------------------------------
    # Backward

    def backward(self, root: Any, gradient: Any, create_graph: bool, free: bool) -> None:
        """Record a backward pass."""
        order = topological_order(root)
        for z in order:
            if id(z) in self.outside or id(z) not in self.line_of:
                raise RuntimeError(
                    f"jit: backward at {place()} goes through a value computed before the call "
                    f"({z._operation.name}); compute it inside the function, or pass .detach()"
                )
        seed = self._seed(gradient, create_graph)
        by_hand = any(z._b is MANY and z._da is None for z in order)
        if by_hand or create_graph:
            self._sweep_nodes(order, root, seed, create_graph)
        else:
            self._sweep(order, root, seed)
        if free:
            release(order)

    def _seed(self, gradient: Any, create_graph: bool) -> Any:
        if create_graph:
            if isinstance(gradient, ScalarNode):
                return gradient
            return Value(1.0 if gradient is None else gradient)
        if isinstance(gradient, ScalarNode):
            return self.read(gradient)
        if isinstance(gradient, Number):
            return gradient
        return 1.0 if gradient is None else to_float(gradient)

    def _sweep(self, order: list[Any], root: Any, seed: Any) -> None:
        line = self.tape.as_line(self._operand(seed))
        sweep = len(self.tape.sweeps)
        self.tape.sweeps.append((self._line(root), line))
        leaves = {id(x): x for z in order for x in z.parents if x._a is None}
        for z in order:
            self.swept[id(z)] = sweep
            self.grad_of.pop(id(z), None)
        if not order:
            self._add(root, seed)
        for x in leaves.values():
            self._add(x, self._gradient(sweep, x))

    def _add(self, leaf: Any, g: Any) -> None:
        """Add to the gradient of a leaf."""
        before = self.read_grad(leaf)
        plain = isinstance(before, float | int) and before == 0
        self.write_grad(leaf, g if plain else before + g)

    def _sweep_nodes(self, order: list[Any], root: Any, seed: Any, as_nodes: bool) -> None:
        """Run the rules one by one on what is recorded: on nodes, or through hand-made ones."""
        found: dict[Any, Any] = {id(root): seed}
        nodes = {id(root): root}
        see: Callable[[Any], Any] = (lambda x: x) if as_nodes else self._plain
        for z in reversed(order):
            g = found.get(id(z))
            if g is None:
                continue
            if z._b is MANY and z._da is None:
                if as_nodes:
                    z._contributions(g, as_nodes=True, strict=True)  # says what to do
                contributions = z._pull_by_hand(g)
                parents = z.parents
            else:
                parents, contributions = z.parents, self._pull(z, g, see)
            for x, c in zip(parents, contributions, strict=True):
                if c is not None:
                    before = found.get(id(x))
                    found[id(x)] = c if before is None else before + c
                    nodes[id(x)] = x
        for key, x in nodes.items():
            if x._a is None:
                self._add(x, found[key])
            else:
                self.swept.pop(key, None)
                self.write_grad(x, found[key])

    def _plain(self, x: Any) -> Any:
        return self.read(x) if isinstance(x, ScalarNode) else x

    def _pull(self, z: Any, g: Any, see: Callable[[Any], Any]) -> list[Any]:
        op, line = z._operation, self.line_of[id(z)]
        inputs = [self._seen(j, x) for j, x in zip(self.tape.operands[line], z.inputs, strict=True)]
        values: dict[str, Any] = {op.inputs[0]: tuple(map(see, inputs))}
        if not op.variadic:
            values = dict(zip(op.inputs, map(see, inputs), strict=True))
        values |= {"z": see(z)} | z.parameters
        tracked = [k for k, x in enumerate(inputs) if isinstance(x, ScalarNode)]
        return [op.rule_of(k).run(g, values | {"i": k}, _STRICT) for k in tracked]

    def _seen(self, operand: int, x: Any) -> Any:
        """Return an operand of a line: where a node holds a plain number, the recorded one."""
        if isinstance(x, ScalarNode) or operand < 0 or self.tape.kinds[operand] == "constant":
            return x
        return self.number(operand, x)


def _call(function: Any, inputs: Sequence[Any]) -> Any:
    # objects, so that NumPy hands over recorded numbers as they are
    boxed = []
    for x in inputs:
        if isinstance(x, np.ndarray):
            boxed.append(x.astype(object))
        else:
            box = np.empty((), object)
            box[()] = x
            boxed.append(box)
    return function(*boxed)


def _mixed(name: str) -> TypeError:
    return TypeError(
        f"jit: {name} at {place()} mixes Values and Tensors in one recorded function; use Tensors "
        "throughout, or leave the function without jit"
    )


# --------------------------------------------------------------------------------------------------
# What Value's attributes are while a recording runs

_ORIGINAL: dict[str, Any] = {
    name: getattr(Value, name)
    for name in (
        "__init__",
        "__autograd_apply__",
        "__array_function__",
        "backward",
        "detach",
        "_store",
        "item",
        "__bool__",
        "__float__",
        "__int__",
        "__round__",
        "__format__",
        "__eq__",
        "__ne__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
    )
}
_COMPARISONS = {
    "__eq__": ops.equal,
    "__ne__": ops.not_equal,
    "__lt__": ops.less,
    "__le__": ops.less_equal,
    "__gt__": ops.greater,
    "__ge__": ops.greater_equal,
}
_REFUSED = {
    "item": ".item()",
    "__bool__": "a branch (if, while, and, or, not, max, min)",
    "__float__": "float()",
    "__int__": "int()",
    "__round__": "round()",
    "__format__": "a formatted text",
}
_ABOUT_SHAPE = (np.shape, np.ndim, np.size)


def _active() -> Recorder | None:
    recorder = current_recorder()
    return None if recorder is None or recorder.paused else recorder


def _compare(name: str) -> Any:
    original, op = _ORIGINAL[name], _COMPARISONS[name]

    def compare(self: Any, other: Any) -> Any:
        recorder = _active()
        if recorder is None:
            return original(self, other)
        if isinstance(other, ScalarNode | Number) or is_number(other):
            return recorder.apply(op, (self, other), {})
        return NotImplemented

    return compare


def _refuse(name: str) -> Any:
    original = _ORIGINAL[name]

    def asked(self: Any, *arguments: Any) -> Any:
        if _active() is None:
            return original(self, *arguments)
        raise refuse(_REFUSED[name])

    return asked


def _init(self: Any, data: Any, _children: Any = (), _op: str = "", label: str = "") -> None:
    recorder = _active()
    if recorder is None:
        _ORIGINAL["__init__"](self, data, _children, _op, label)
        return
    if isinstance(data, np.ndarray) and data.dtype == object and data.ndim == 0:
        data = data[()]
    number = data.value if isinstance(data, Number) else data
    with recorder.pause():
        _ORIGINAL["__init__"](self, number, _children, _op, label)
    recorder.adopt(self, recorder._operand(data if isinstance(data, Number) else self._data))


def _get_data(self: Any) -> Any:
    recorder = _active()
    return self._data if recorder is None else recorder.read(self)


def _set_data(self: Any, data: Any) -> None:
    recorder = _active()
    if recorder is None:
        self._set_data(data)
    else:
        recorder.write(self, data)


def _get_grad(self: Any) -> Any:
    recorder = _active()
    slot: Any = ScalarNode.grad
    return slot.__get__(self) if recorder is None else recorder.read_grad(self)


def _set_grad(self: Any, grad: Any) -> None:
    recorder = _active()
    slot: Any = ScalarNode.grad
    try:
        new = recorder is None or slot.__get__(self) is None
    except AttributeError:
        new = True  # a node that is just being made
    if recorder is None or new:
        slot.__set__(self, grad)
    else:
        recorder.write_grad(self, grad)


def _backward(
    self: Any, gradient: Any = None, *, create_graph: bool = False, release: bool = False
) -> None:
    recorder = _active()
    if recorder is None:
        _ORIGINAL["backward"](self, gradient, create_graph=create_graph, release=release)
    else:
        recorder.backward(self, gradient, create_graph, release)


def _detach(self: Any) -> Value:
    recorder = _active()
    if recorder is None:
        return _ORIGINAL["detach"](self)  # type: ignore[no-any-return]
    return recorder._leaf(self._data, recorder._line(self))


def _store(self: Any, g: Any, shared: set[int]) -> None:
    if _active() is not None:
        raise _mixed("backward")
    _ORIGINAL["_store"](self, g, shared)


def _apply(op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
    recorder = _active()
    if recorder is None:
        return _ORIGINAL["__autograd_apply__"](op, inputs, parameters)
    return recorder.apply(op, tuple(inputs), parameters)


def _array_function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    found = _ORIGINAL["__array_function__"](self, function, types, args, kwargs)
    if _active() is None or function in _ABOUT_SHAPE:
        return found
    if is_number(found) or isinstance(found, bool | np.ndarray) and np.asarray(found).dtype != object:
        raise refuse(f"np.{function.__name__}")
    return found


_PATCHES: dict[str, Any] = {
    "__init__": _init,
    "__autograd_apply__": staticmethod(_apply),
    "__array_function__": _array_function,
    "backward": _backward,
    "detach": _detach,
    "_store": _store,
    "data": property(_get_data, _set_data),
    "grad": property(_get_grad, _set_grad),
    **{name: _compare(name) for name in _COMPARISONS},
    **{name: _refuse(name) for name in _REFUSED},
    "__hash__": object.__hash__,
}
_LOCK = threading.Lock()
_depth = 0
_kept: dict[str, Any] = {}


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Record what is done with Values in this context; other threads go on as before."""
    global _depth
    with _LOCK:
        _depth += 1
        if _depth == 1:
            _kept.update({k: v for k, v in vars(Value).items() if k in _PATCHES})
            for name, attribute in _PATCHES.items():
                setattr(Value, name, attribute)
    try:
        with record_values(recorder):
            yield
    finally:
        with _LOCK:
            _depth -= 1
            if _depth == 0:
                for name in _PATCHES:
                    if name in _kept:
                        setattr(Value, name, _kept[name])
                    else:
                        delattr(Value, name)
                _kept.clear()

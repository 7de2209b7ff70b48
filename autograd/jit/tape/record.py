"""Recording a function of Values: it is run once, and every number it makes becomes a line.

Next: `backward.py`. The Values of the run are real ones; `autograd.mode.record_values` hands
each node over as it is made. While a recording runs, ``.data`` and ``.grad`` give recorded numbers,
and changing them writes on the tape alone, so a recording that fails has changed nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from ...arithmetic import quietly
from ...mode import is_grad_enabled, tick
from ...node import LEAF, MANY
from ...op import Op
from ...scalar_nodes.node import ScalarNode, is_number, plain, to_float
from ...value import Value
from .backward import record_backward, record_gradients
from .number import OURS, Number, Outcome, place, user_frame
from .tape import ARITHMETIC, OF_TRUTHS, Tape

_NUMBERS = frozenset({Number, float, int})


class Recorder:
    """The tape being written, and the current line of every Value and gradient."""

    def __init__(self) -> None:
        tick()  # to tell nodes made from now on from others
        self.tape = Tape()
        self.line_of: dict[Any, int] = {}
        self.grad_of: dict[Any, Any] = {}
        self._sorts: dict[Any, int] = {}  # by operation, and tracked inputs or the number of inputs
        self.outside: dict[Any, None] = {}  # values from before the run
        self.passes: list[tuple[int, list[Any]]] = []  # sweeps, with the nodes that they visited
        self._swept: dict[Any, int] = {}
        self.written: dict[tuple[Any, str], None] = {}
        self.paused = False
        self.refused: TypeError | None = None
        # bound once, as a line is written for every number
        tape = self.tape
        self._writers = (
            tape.sorts.append,
            tape.flat.append,
            tape.ends.append,
            tape.codes.append,
            tape.instructions.append,
        )

    # ---------------------------------------------------------------------------------------------
    # Lines

    def made(self, z: Any) -> None:
        """Write the line of a node that was just made."""
        if self.paused:
            return
        op, a, b = z._operation, z._a, z._b
        line_of, flat = self.line_of, self.tape.flat
        write_sort, write_operand, write_end, write_code, write_instruction = self._writers
        if b is MANY:
            self._made_of_many(z, op)
        else:
            x, y = line_of.get(a), line_of.get(b)
            x = self._line(a) if x is None else x
            if b is None and z._db is not None:
                self._made_with(z._db, op, x)
            else:
                y = self._line(b) if y is None and b is not None else y
                write_operand(x)
                if y is not None:
                    write_operand(y)
                sort = self._sorts.get(op)
                if sort is None:
                    n = len(op.inputs)
                    sort = self._sorts[op] = self.tape.sort(op, (0,) * n, {}, (True,) * n)
                write_sort(sort)
        line_of[z] = len(self.tape.ends)
        write_end(len(flat))
        # the three frames above are this library's
        frame: Any = sys._getframe(3)
        while frame is not None and OURS[(code := frame.f_code).co_filename]:
            frame = frame.f_back
        write_code(frame and code)
        write_instruction(frame.f_lasti if frame else 0)

    def _made_with(self, c: Any, op: Op, x: int) -> None:
        """Write sort and operands of a node with one parent, and a constant or parameters."""
        tape = self.tape
        operands: Sequence[int] = (x,)
        tracked: tuple[bool, ...] = (True,)
        parameters: dict[str, Any] = {}
        if len(op.inputs) == 2:
            if type(c) is tuple:
                operands, tracked = (tape.number(c[0]), x), (False, True)
            else:
                operands, tracked = (x, tape.number(c)), (True, False)
        elif type(c) is dict:
            parameters = c
        name = op, tracked
        if parameters or (min(operands) < 0 and op not in ARITHMETIC):
            sort = tape.sort(op, operands, parameters, tracked)
        else:
            sort = self._sorts.get(name, -1)
            if sort < 0:
                sort = self._sorts[name] = tape.sort(op, operands, {}, tracked)
        tape.sorts.append(sort)
        tape.flat.extend(operands)

    def _made_of_many(self, z: Any, op: Op) -> None:
        """Write sort and operands of a node with any number of parents."""
        tape = self.tape
        if z._db is None and op.variadic:
            try:
                operands = list(map(self.line_of.__getitem__, z._a))
            except KeyError:  # a leaf met for the first time
                operands = list(map(self._operand, z._a))
            name = op, len(operands)
            sort = self._sorts.get(name, -1)
            if sort < 0:
                tracked = (True,) * len(operands)
                sort = self._sorts[name] = tape.sort(op, operands, z.parameters, tracked)
        else:
            operands = list(map(self._operand, z.inputs))
            sort = tape.sort(op, operands, z.parameters, self._tracked(op, z.inputs))
        tape.sorts.append(sort)
        tape.flat.fromlist(operands)

    def _tracked(self, op: Op, inputs: Sequence[Any]) -> tuple[bool, ...]:
        return tuple(
            [isinstance(x, ScalarNode) and op.differentiable(k) for k, x in enumerate(inputs)]
        )

    def mixed(self, name: str) -> TypeError:
        """Return the error for a Tensor that meets a Value."""
        return mixed(name)

    def detached(self, z: Any) -> Any:
        """Return a leaf in place of a node made under no_grad."""
        return z if self.paused else self._leaf(z._data, self._line(z))

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Suspend the recording for a block."""
        before, self.paused = self.paused, True
        try:
            yield
        finally:
            self.paused = before

    def _write(self, z: Any, op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> None:
        operands, tracked = list(map(self._operand, inputs)), self._tracked(op, inputs)
        self.line_of[z] = self.tape.line(op, operands, parameters, tracked, frame=user_frame())

    def _operand(self, x: Any) -> int:
        if isinstance(x, Number):
            return x.line
        if isinstance(x, ScalarNode):
            line = self.line_of.get(x)
            return self._line(x) if line is None else line
        return self.tape.number(x.item() if isinstance(x, np.ndarray | np.generic) else x)

    def _line(self, x: Any) -> int:
        line = self.line_of.get(x)
        if line is None:
            line = self.tape.line("read", extra=(x, "data"), frame=user_frame())
            self.line_of[x] = line
            self.outside[x] = None
        return line

    def number(self, line: int, value: Any) -> Number:
        """Return a recorded number for a line."""
        return Number(self, line, value)

    def argument(self, position: int, value: float) -> Number:
        """Return the recorded number of a float argument."""
        return self.number(self.tape.line("argument", extra=position), value)

    def apply(self, op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Record an operation on Values, recorded numbers and plain numbers."""
        if op.elementwise and _NUMBERS.issuperset(map(type, inputs)):
            return self._apply_to_numbers(op, inputs, parameters)
        if any(isinstance(x, np.ndarray) and x.ndim for x in inputs):
            if any(isinstance(x, ScalarNode) for x in inputs):
                raise mixed(op.name)
            found = np.frompyfunc(lambda *xs: self.apply(op, xs, parameters), len(inputs), 1)
            return _call(found, inputs)
        rank = max(getattr(type(x), "__autograd_rank__", 0) for x in inputs)
        if rank > Number.__autograd_rank__:
            raise mixed(op.name)
        if not op.elementwise:
            raise TypeError(f"jit: {op.name} at {place()} takes arrays; a Value is one number")
        if not all(is_number(plain(x)) or hasattr(type(x), "__autograd_rank__") for x in inputs):
            return NotImplemented
        if not any(isinstance(x, ScalarNode) for x in inputs):
            return self._apply_to_numbers(op, inputs, parameters)
        with self.pause():
            z = Value.__autograd_apply__(op, list(map(_number_behind, inputs)), parameters)
        if not isinstance(z, ScalarNode):
            return self._computed(op, inputs, parameters, z)
        self._write(z, op, inputs, parameters)
        return z if is_grad_enabled() else self._leaf(z._data, self.line_of[z])

    def _apply_to_numbers(self, op: Op, inputs: Sequence[Any], parameters: dict[str, Any]) -> Any:
        forward = partial(op.forward, **parameters) if parameters else op.forward
        values = list(map(_number_behind, inputs))
        if op not in OF_TRUTHS:
            values = [float(x) if type(x) is bool else x for x in values]
        z = quietly(forward, *values)
        return self._computed(op, inputs, parameters, z.item() if hasattr(z, "item") else z)

    def _computed(
        self, op: Op, inputs: Sequence[Any], parameters: dict[str, Any], value: Any
    ) -> Number:
        """Write a line through which no gradient flows, and return its number."""
        operands = list(map(self._operand, inputs))
        tracked = (False,) * len(operands)
        truth = isinstance(value, bool)
        line = self.tape.line(op, operands, parameters, tracked, truth, user_frame())
        return Number(self, line, value)

    # ---------------------------------------------------------------------------------------------
    # Leaves

    def _leaf(self, data: float, source: int) -> Value:
        """Return a new leaf with the number of a line."""
        with self.pause():
            leaf = Value(data)
        self.adopt(leaf, source)
        return leaf

    def adopt(self, leaf: Any, source: int) -> None:
        """Record a leaf made in the run, with the number of a line."""
        line = self.tape.line("copy", (self.tape.as_line(source),), frame=user_frame())
        self.line_of[leaf] = line
        self.grad_of[leaf] = 0.0

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
        line = self.tape.line("copy", (self.tape.as_line(source),), frame=user_frame())
        self.line_of[x] = line
        if x._a is None:
            x._mark = LEAF + tick()
        if x in self.outside:
            self.written[x, "data"] = None

    def read_grad(self, x: Any) -> Any:
        """Return the gradient of a value: a recorded number, a plain one or a Value."""
        found = self.grad_of.get(x)
        if found is not None:
            return found
        sweep = self.sweep_of(x)
        if sweep is not None:
            found = self._gradient(sweep, x)
        elif x in self.line_of and x not in self.outside:
            found = 0.0
        else:
            self._line(x)
            grad = vars(ScalarNode)["grad"].__get__(x)
            if isinstance(grad, ScalarNode):
                raise TypeError(
                    f"jit: the gradient read at {place()} is a Value, of backward(create_graph="
                    "True) outside; set it to 0.0 before, or make it inside the function"
                )
            line = self.tape.line("read", extra=(x, "grad"), frame=user_frame())
            found = self.number(line, grad)
        self.grad_of[x] = found
        return found

    def sweep_of(self, x: Any) -> int | None:
        """Return the last sweep that visited a computed value; None if there was none."""
        if self.passes:
            sweep, order = self.passes[-1]
            if order and order[-1] is x:  # the root is the most common case
                return sweep
        return self.sweeps_of_nodes().get(x)

    def sweeps_of_nodes(self) -> dict[Any, int]:
        """Return the last sweep of each computed value."""
        for sweep, met in self.passes:
            self._swept.update(dict.fromkeys(met, sweep))
        self.passes.clear()
        return self._swept

    def _gradient(self, sweep: int, x: Any) -> Number:
        line = self.tape.line("gradient", (self.line_of[x],), sweep, (False,), frame=user_frame())
        return self.number(line, 1.0)

    def write_grad(self, x: Any, grad: Any) -> None:
        """Change the gradient of a value on the tape."""
        self._line(x)
        self.grad_of[x] = grad
        if x in self.outside:
            self.written[x, "grad"] = None

    def call(self, function: Callable[[], Any]) -> None:
        """Record a call that changes the data of leaves."""
        self.store()
        self.tape.call(function)
        for x in self.outside:
            self.line_of.pop(x, None)
            self.grad_of.pop(x, None)
            if x._a is None:
                x._mark = LEAF + tick()

    def outcome(self, function: Callable[..., Any], leaves: Sequence[Any], *numbers: Any) -> Number:
        """Record a call that takes leaves, and may change their gradients; return its result.

        Parameters
        ----------
        function : callable
            ``function(leaves, *numbers)``, which returns a float or None.
        """
        for x in leaves:
            if not isinstance(x, Value):
                raise mixed(function.__name__)
            self._line(x)
            self.written[x, "grad"] = None
        self.store()
        with self.pause():
            call = Outcome(function, numbers)
        for cell, x in zip(call.given, numbers, strict=True):
            if isinstance(x, Number):
                self.tape.writes[-1].append((cell, "data", x.line))
        self.tape.call(call, leaves, alone=True)
        for x in leaves:
            self.grad_of[x] = self._given(x, "grad")
        return self._given(call.found, "data")

    def _given(self, x: Any, what: str) -> Number:
        """Return the number that a value has after a call."""
        return self.number(self.tape.line("read", extra=(x, what), frame=user_frame()), 0.0)

    def store(self) -> None:
        """Write the assignments to values at this point to the tape."""
        writes = self.tape.writes[-1]
        for x, what in self.written:
            if what == "data":
                writes.append((x, what, self.line_of[x]))
                continue
            grad = self.read_grad(x)
            if isinstance(grad, ScalarNode):
                grad = self.number(self._line(grad), 0.0)
            line = grad.line if isinstance(grad, Number) else self.tape.number(float(grad))
            writes.append((x, what, self.tape.as_line(line)))
        self.written.clear()

    def close(self) -> None:
        """Drop all nodes and numbers: they refer back to this, and only a collection would."""
        for known in (self.line_of, self.grad_of, self.outside, self.passes, self._swept):
            known.clear()

    def backward(self, root: Any, gradient: Any, create_graph: bool, free: bool) -> None:
        """Record a backward pass."""
        record_backward(self, root, gradient, create_graph, free)

    def gradients(self, root: Any, seed: Any, wanted: Sequence[Any]) -> dict[Any, Any]:
        """Record the gradients of nodes, as nodes, for a transform."""
        return record_gradients(self, root, seed, wanted)


def _number_behind(x: Any) -> Any:
    return x.value if isinstance(x, Number) else x


def _call(function: Any, inputs: Sequence[Any]) -> Any:
    # dtype object, so that NumPy passes recorded numbers unchanged
    boxed = []
    for x in inputs:
        if isinstance(x, np.ndarray):
            boxed.append(x.astype(object))
        else:
            box = np.empty((), object)
            box[()] = x
            boxed.append(box)
    return function(*boxed)


def mixed(name: str) -> TypeError:
    """Return the error for Values and Tensors in one function."""
    return TypeError(
        f"jit: {name} at {place()} mixes Values and Tensors in one recorded function; use Tensors "
        "throughout, or leave the function without jit. np.sum, np.stack and other functions of "
        "arrays make Tensors of Values"
    )

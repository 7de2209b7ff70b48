"""The recorded program: steps in single assignment form, inputs, outputs, checks.

Next: `step_functions.py`.

A `Step` is one value. Its ``kind`` is one of a closed set, which every pass and every back end
switches on:

===========  =======================================================================================
kind         what it computes from its arguments (other steps)
===========  =======================================================================================
input        given at each call; `Program.inputs` lists these in the order of the call
constant     ``value``, known when recorded
elementwise  a universal function named by NumPy's name, or ``where`` or ``astype``; arguments
             broadcast. A ``weak`` step is a Python number computed by a Python operator
reduce       ``add``, ``multiply``, ``maximum``, ``minimum``, ``logical_and`` or ``logical_or`` over
             ``axis``, a sorted tuple of axes, with ``keepdims``
product      ``matmul`` (NumPy's), ``inner`` (Σ xy over all entries of two equal shapes), ``vecdot``
             (Σ xy over the last axis)
view         ``reshape`` (to ``shape``), ``transpose`` (``axes``, a full permutation),
             ``broadcast_to`` (``shape``), ``getitem`` (a basic ``index``)
call         any other pure function of arrays, ``function(*arguments, **parameters)``
item         entry ``part`` of a call that returns a tuple
random       a call that draws random numbers: never merged, moved or left out
===========  =======================================================================================

``function(*values, **parameters)`` computes every kind but inputs and constants on plain arrays, so
a back end may run through it whatever it does not know. Shapes and dtypes are exact: they are those
of the recorded run.

A program runs in this order: all inputs are read, all steps computed, all `checks` compared, and
only then anything is written. If a check fails nothing may have changed: another recording is made
for this call. ``updates`` are pairs of an input and a step: the step's value is to be written into
the array given as that input, which the step may do itself once nothing needs the old one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_ARRAYS = (np.ndarray, np.generic)
_DTYPES = {kind: np.dtype(kind) for kind in (bool, int, float, object)}

KINDS = (
    "input",
    "constant",
    "elementwise",
    "reduce",
    "product",
    "view",
    "call",
    "item",
    "random",
)


class Step:
    """One value of a program.

    Attributes
    ----------
    kind, name : str
        As the table of `program` says.
    arguments : tuple of Step
    parameters : dict
        Constants of the recording: axis, shape, index.
    function : callable or None
        Computes the value from plain arrays; None for inputs and constants.
    shape : tuple of int
    dtype : numpy.dtype
    weak : bool
        Whether the value is a Python number, which takes the dtype of other operands (NEP 50).
    value : object
        The value of a constant; of other steps, while recording, the value of the recorded run.
    where : str
        The user's file and line, such as ``train.py:12``.
    """

    __slots__ = (
        "arguments",
        "dtype",
        "function",
        "kind",
        "label",
        "name",
        "parameters",
        "shape",
        "value",
        "weak",
        "where",
    )

    def __init__(
        self,
        kind: str,
        name: str,
        function: Callable[..., Any] | None,
        arguments: Sequence[Step],
        parameters: Mapping[str, Any],
        value: Any,
        where: str = "",
        label: str = "",
    ) -> None:
        self.kind = kind
        self.name = name
        self.function = function
        self.arguments = tuple(arguments)
        self.parameters = dict(parameters)
        self.weak = type(value) in (bool, int, float)
        self.value = value
        self.shape: tuple[int, ...] = ()
        if isinstance(value, _ARRAYS):
            self.shape, self.dtype = value.shape, value.dtype
        else:  # a Python number, or what a call returns in several parts
            self.dtype = _DTYPES[type(value) if self.weak else object]
        self.where = where
        self.label = label

    def like(
        self,
        kind: str,
        name: str,
        function: Callable[..., Any] | None,
        arguments: tuple[Step, ...],
        parameters: dict[str, Any] | None = None,
    ) -> Step:
        """Return another step, with the shape and dtype of this one."""
        found = object.__new__(Step)
        found.kind, found.name, found.function = kind, name, function
        found.arguments = arguments
        found.parameters = {} if parameters is None else parameters
        found.shape, found.dtype, found.weak = self.shape, self.dtype, self.weak
        found.value, found.where, found.label = None, self.where, ""
        return found

    @property
    def combined(self) -> list[np.dtype[Any]]:
        """The dtypes of the arrays that are combined; the condition of ``where`` is not."""
        return [a.dtype for a in self.arguments[self.name == "where" :] if a.shape]

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    def compute(self, values: Iterable[Any]) -> Any:
        """Return the value of this step, given those of its arguments."""
        assert self.function is not None
        return self.function(*values, **self.parameters)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} {self.shape}>"


class Program:
    """A recorded function: inputs, the steps in order, and results.

    Attributes
    ----------
    inputs : list of Step
        In the order of the arguments of an emitted function.
    steps : list of Step
        All others, arguments before their users.
    outputs : list of Step
        In the order in which an emitted function returns them. An entry may be an input or a
        constant, and may occur twice.
    updates : list of (Step, Step)
        Pairs of an input and the step whose value replaces its contents at the end.
    checks : list of (Step, bool)
        Truth values that the library's own code has branched on in the recorded run.
    """

    def __init__(
        self,
        inputs: Sequence[Step],
        steps: Sequence[Step],
        outputs: Sequence[Step],
        updates: Sequence[tuple[Step, Step]] = (),
        checks: Sequence[tuple[Step, bool]] = (),
    ) -> None:
        self.inputs = list(inputs)
        self.steps = list(steps)
        self.outputs = list(outputs)
        self.updates = list(updates)
        self.checks = list(checks)

    def roots(self) -> list[Step]:
        """Return the steps that are needed outside of the program."""
        written = [step for _, step in self.updates]
        drawn = [step for step in self.steps if step.kind == "random"]
        return [*self.outputs, *written, *(step for step, _ in self.checks), *drawn]

    def run(self, values: Sequence[Any]) -> list[Any] | None:
        """Interpret the program step by step: the meaning that every back end must reproduce.

        Parameters
        ----------
        values : sequence
            One array or number for every input.

        Returns
        -------
        list or None
            The outputs and after them the new contents of the updated inputs, which are not
            written; None if a check failed.
        """
        known: dict[Step, Any] = dict(zip(self.inputs, values, strict=True))
        with np.errstate(all="ignore"):
            for step in self.steps:
                if step.kind == "constant":
                    known[step] = step.value
                else:
                    known[step] = step.compute([known[a] for a in step.arguments])
        if any(bool(known[step]) is not wanted for step, wanted in self.checks):
            return None
        return [known[step] for step in (*self.outputs, *(new for _, new in self.updates))]

    def forget(self) -> None:
        """Drop the values of the recorded run."""
        for step in self.steps:
            if step.kind != "constant":
                step.value = None
        for step in self.inputs:
            step.value = None

    def names(self) -> dict[Step, str]:
        """Return the names of steps in the text of the program."""
        return {step: f"%{i}" for i, step in enumerate([*self.inputs, *self.steps])}

    def show(self) -> str:
        """Return the program as text: one line per step, with name, shape and source line.

        The program of a loop's step follows the line of the loop, indented.
        """
        names = self.names()
        rows = [
            (f"{names[step]} = {_formula(step, names)}", _kind_of(step), step.where)
            for step in (*self.inputs, *self.steps)
        ]
        widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
        lines = []
        for step, (a, b, c) in zip((*self.inputs, *self.steps), rows, strict=True):
            lines.append(f"{a:{widths[0]}}  {b:{widths[1]}}  {c}".rstrip())
            inside = getattr(step.function, "program", None)
            if inside is not None:
                lines += [f"    {line}" for line in inside.show().splitlines()]
        lines += [f"check {names[step]} is {wanted}" for step, wanted in self.checks]
        lines += [f"update {names[old]} <- {names[new]}" for old, new in self.updates]
        lines.append(("return " + ", ".join(names[step] for step in self.outputs)).rstrip())
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<program of {len(self.steps)} steps>"


def needed(steps: Sequence[Step], roots: Iterable[Step]) -> set[Step]:
    """Return some steps, and all those of a program that they are computed from."""
    found = set(roots)
    for step in reversed(steps):
        if step in found:
            found.update(step.arguments)
    return found


def _formula(step: Step, names: Mapping[Step, str]) -> str:
    if step.kind == "input":
        return f"input {step.label}".rstrip()
    if step.kind == "constant":
        text = repr(step.value) if step.size == 1 and step.weak else str(np.asarray(step.value))
        return f"constant {text}" if step.size == 1 else "constant"
    arguments = [names[a] for a in step.arguments]
    arguments += [f"{k}={_short(v)}" for k, v in step.parameters.items()]
    name = f"{step.name}.reduce" if step.kind == "reduce" else step.name
    return f"{name}({', '.join(arguments)})"


def _short(parameter: Any) -> str:
    text = f"array{np.shape(parameter)}" if isinstance(parameter, np.ndarray) else repr(parameter)
    return text if len(text) <= 40 else text[:37] + "..."


def _kind_of(step: Step) -> str:
    if step.weak:
        return step.dtype.name.rstrip("0123456789")
    return f"{step.dtype.name} {step.shape}"

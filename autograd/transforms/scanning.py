"""scan: a loop that passes a carry from step to step and stacks the outputs. Next: `stand_in.py`.

Here it is a Python loop; `jit` replaces `run_steps` by one that records a step and replays it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..array_nodes.applying import apply, untracked
from ..ops import shaping
from ..settings import checked_flag, checked_size, shown
from ..tensor import Tensor
from ..value import Value
from .trees import flatten, flatten_like, names_of

Step = Callable[[Any, Any], tuple[Any, Any]]
# rows are read from blocks of this many rows, which are read from larger blocks, and so on: the
# gradient of a row is as large as the block that it is read from
BLOCK = 8


def scan(
    step: Step, carry: Any, xs: Any = None, *, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """Run a step for every row of some arrays, each with the carry that the one before returned.

    ``carry, y = step(carry, x)`` for every row x of ``xs``, as in a recurrent network. Gradients of
    any order flow to the first carry, to ``xs`` and to the nodes that the step closes over. Under
    `jit` a single step is recorded, whatever the number of rows, and replayed as a loop.

    Parameters
    ----------
    step : callable
        Takes (carry, x), returns (carry, y). The carry it returns has the structure, shapes and
        dtypes of the one it gets; Python numbers may become arrays at the first step.
    carry : nested lists, tuples and dicts
        The input of the first step: arrays, tensors, values and numbers. None is passed through.
    xs : nested lists, tuples and dicts, optional
        Arrays and tensors (n, ...) with a row for every step. Without it every x is None.
    length : int, optional
        The number of steps, needed without ``xs``.
    reverse : bool
        Begin with the last row; each y is still stacked at the index of its row.

    Returns
    -------
    carry, ys
        The last carry, and the y of all steps, each leaf stacked to (n, ...).

    Raises
    ------
    TypeError
        If ``step`` is not a function or does not return a pair.
    ValueError
        If the number of steps is not given or is 0, or a step changes the structure, shape or dtype
        of the carry, or the structure of y.

    Examples
    --------
    >>> w = Tensor(0.5, requires_grad=True)
    >>> last, states = scan(lambda h, x: (w * h + x, h), Tensor(0.0), np.array([1.0, 2.0, 4.0]))
    >>> last.item(), states.data
    (5.25, array([0. , 1. , 2.5]))
    >>> last.backward()
    >>> w.grad  # of 4 + 2 w + w²
    array(3.)
    """
    if not callable(step):
        raise TypeError(f"scan: step is a function (carry, x) -> (carry, y), got {shown(step)}")
    reverse = checked_flag("scan: reverse", reverse)
    leaves, rebuild = flatten(xs)
    return run_steps(step, carry, leaves, rebuild, _count(xs, leaves, length), reverse)


def run_steps(
    step: Step,
    carry: Any,
    leaves: Sequence[Any],
    rebuild: Callable[[Any], Any],
    n: int,
    reverse: bool,
) -> tuple[Any, Any]:
    """Run the steps one after another; ``leaves`` are those of xs, which ``rebuild`` nests."""
    order = range(n - 1, -1, -1) if reverse else range(n)
    rows = [rows_of(x, n, reverse) for x in leaves]
    inputs = zip(*rows, strict=True) if rows else itertools.repeat((), n)
    pattern: Any = None
    nested = False
    found: list[Any] = []
    forms = [form_of(c) for c in flatten(carry)[0]]
    for k, row in zip(order, inputs, strict=True):
        before = carry
        carry, y = pair(step(carry, rebuild(row)))
        forms = check_carry(before, carry, forms, k)
        if not found:
            pattern, nested = y, isinstance(y, (list, tuple, dict))
        if nested:
            found.append([*map(_kept, _leaves_like(y, pattern, _Y, k))])
        else:
            found.append(y if type(y) is Tensor else _kept(y))
    if reverse:
        found.reverse()
    _, nest = flatten(pattern)
    columns = zip(*found, strict=True) if nested else [found]
    names = names_of(pattern, "y")
    return carry, nest([stacked(c, name) for c, name in zip(columns, names, strict=True)])


_Y = "scan: what step {} gives as y"


def _kept(y: Any) -> Any:
    # the next step may write to the array that this one returned
    return y.copy() if type(y) is np.ndarray else y


def _leaves_like(tree: Any, pattern: Any, what: str, k: int) -> list[Any]:
    """Return the leaves of what step k returned; the text is only written for nests."""
    nest = isinstance(pattern, (list, tuple, dict))
    return flatten_like(tree, pattern, what.format(k)) if nest else [tree]


def pair(result: Any) -> Any:
    """Return the carry and y that a step returned, if they are a pair."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise TypeError(
            f"scan: step returns a pair (carry, y), got {_described(result)}; y may be None"
        )
    return result


def _described(x: Any) -> str:
    if isinstance(x, tuple | list | dict):
        return f"{type(x).__name__} of {len(x)}"
    numbers = isinstance(x, Tensor | np.ndarray | np.generic | int | float | None)
    return _form_text(form_of(x)) if numbers else type(x).__name__


# --------------------------------------------------------------------------------------------------
# The carry


def form_of(x: Any) -> Any:
    """Return (shape, dtype) of a leaf of the carry; a Python number has the dtype ''."""
    if isinstance(x, Tensor):
        return x._shape, x._data.dtype
    if isinstance(x, np.ndarray | np.generic):
        return x.shape, x.dtype
    # not None, which NumPy takes for the dtype of floats
    return None if x is None else (np.shape(x), "")


def check_carry(before: Any, after: Any, forms: list[Any], k: int) -> list[Any]:
    """Return the forms of the carry after step k; ValueError if it has changed."""
    both = type(before) is type(after) is Tensor
    if both and forms == [(after._shape, after._data.dtype)]:
        return forms
    leaves = _leaves_like(after, before, "scan: the carry that step {} returns", k)
    found = [form_of(c) for c in leaves]
    if found == forms:
        return forms
    if len(found) != len(forms):
        raise ValueError(
            f"scan: step {k} changes the structure of the carry that it gets, from {len(forms)} "
            f"entries to {len(found)}; return a new one"
        )
    for i, (old, new) in enumerate(zip(forms, found, strict=True)):
        if old != new and not _becomes(old, new):
            raise ValueError(
                f"scan: step {k} changes {names_of(before, 'carry')[i]} from {_form_text(old)} to "
                f"{_form_text(new)}; step must return it as it got it: start with what it returns, "
                "or cast, as with .astype"
            )
    return found


def _becomes(old: Any, new: Any) -> bool:
    """Whether a Python number became one with a dtype, or the other way round."""
    return None not in (old, new) and old[0] == new[0] and "" in (old[1], new[1])


def _form_text(form: Any) -> str:
    if form is None:
        return "None"
    shape, dtype = form
    return f"{dtype or 'a number'} of shape {shape}"


# --------------------------------------------------------------------------------------------------
# Rows


def _count(xs: Any, leaves: Sequence[Any], length: int | None) -> int:
    """Return the number of steps."""
    counts = {}
    for name, x in zip(names_of(xs, "xs"), leaves, strict=True):
        if x is None:
            continue
        shape = () if isinstance(x, Value) else np.shape(x)
        if not shape:
            raise ValueError(
                f"scan: {name} has no rows; the rows of an array are the steps, such as "
                "np.array([1.0, 2.0])"
            )
        counts[name] = shape[0]
    if length is not None:
        counts["length"] = checked_size("scan: length", length, 0)
    if not counts:
        raise ValueError("scan: give xs, arrays with a row for every step, or length=")
    n: int = next(iter(counts.values()))
    if any(count != n for count in counts.values()):
        told = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise ValueError(f"scan: the numbers of steps differ ({told}); all must be equal")
    if n < 1:
        raise ValueError(f"scan: at least one step is needed, got {n}")
    return n


def rows_of(x: Any, n: int, reverse: bool) -> Iterable[Any]:
    """Return the rows of one leaf of xs, in the order of the steps."""
    if x is None:
        return itertools.repeat(None, n)
    plain = isinstance(x, Tensor) and x._node is None
    if plain:
        rows = [*x._data]
    else:
        rows = _rows_of_node(x, n) if isinstance(x, Tensor) else [*x]
    if reverse:
        rows.reverse()
    # a generator, so that the tensor of a row is freed after its step
    return map(untracked, rows) if plain else rows


def _rows_of_node(x: Tensor, n: int) -> list[Any]:
    """Return the rows of a tensor with a gradient, read from nested blocks of it."""
    blocks, size = [x], n
    while size > 1:
        size = -(-size // BLOCK)
        blocks = [b[i : i + size] for b in blocks for i in range(0, len(b), size)]
    return [b[0] for b in blocks]


def stacked(column: Sequence[Any], name: str) -> Any:
    """Return one leaf of y, stacked over all steps; ValueError if its shape or dtype changes."""
    if all([type(y) is Tensor for y in column]) and len({y._shape for y in column}) == 1:
        return apply(shaping.stack, column, {"axis": 0})
    if all(y is None for y in column):
        return None
    shapes = [None if y is None else form_of(y)[0] for y in column]
    for k, shape in enumerate(shapes):
        if shape is None or shape != shapes[0]:
            raise ValueError(
                f"scan: {name} changes from {_shape_text(shapes[0])} in row 0 to "
                f"{_shape_text(shape)} in row {k}; every step must give the same shape"
            )
    return np.stack(column)


def _shape_text(shape: Any) -> str:
    return "None" if shape is None else f"shape {shape}"

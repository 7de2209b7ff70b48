"""The check of a user-defined operation. Next: `mistakes.py`.

First and second derivatives by its rules are compared with central differences. `check_grads` does
that for any function; here the operation is not registered yet, and errors name its rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..op import Op
from ..settings import array_of
from ..tensor import Tensor
from .gradients import central_differences


def check_operation(op: Op, samples: Sequence[Any]) -> None:
    """Compare an operation's first and second derivatives with central differences.

    Parameters
    ----------
    op : Op
    samples : sequence
        One sample for each argument.

    Raises
    ------
    TypeError
        If there are not as many samples as arguments.
    ValueError
        If a rule fails, or a derivative is wrong.
    """
    if len(samples) != len(op.inputs):
        raise TypeError(
            f"operation {op.name!r}: check gives {len(samples)} samples for the arguments "
            f"{list(op.inputs)}; give one for each"
        )
    kinds = (float if op.differentiable(i) else None for i in range(len(samples)))
    named = f"operation {op.name!r}: a sample of check"
    arrays = [np.asarray(array_of(named, x), k) for x, k in zip(samples, kinds, strict=True)]
    if not any(op.gradients):
        return
    random = np.random.default_rng(0)
    shape = np.shape(op.forward(*arrays))
    weight = random.standard_normal(shape) if shape else np.float64(1.0)
    _check_first(op, arrays, weight)
    _check_second(op, arrays, weight, [random.standard_normal(a.shape) for a in arrays])


def _swept(op: Op, arrays: Sequence[Any], weight: Any, create_graph: bool = False) -> list[Tensor]:
    """Return the arguments as leaves after a backward pass from the weighted result."""
    leaves = [Tensor(a, requires_grad=op.differentiable(i)) for i, a in enumerate(arrays)]
    y = op(*leaves)
    try:
        y.backward(weight, create_graph=create_graph)
    except (TypeError, AttributeError, ArithmeticError, LookupError) as error:
        on = "nodes, for the second derivative" if create_graph else "arrays"
        raise ValueError(
            f"operation {op.name!r}: a rule fails on {on}: {type(error).__name__}: {error}"
        ) from error
    return leaves


def _check_first(op: Op, arrays: list[Any], weight: Any) -> None:
    def weighted(given: list[Any]) -> float:
        return float(np.sum(weight * op.forward(*given)))

    for i, leaf in enumerate(_swept(op, arrays, weight)):
        if leaf.grad is not None:
            _compare(op, i, "derivative", leaf.grad, weighted, arrays)


def _check_second(op: Op, arrays: list[Any], weight: Any, cotangents: list[Any]) -> None:
    """Compare the gradient of Σ g c, where g are gradients and c cotangents."""
    leaves = _swept(op, arrays, weight, create_graph=True)
    total: Any = 0.0
    for leaf, c in zip(leaves, cotangents, strict=True):
        if leaf.grad is not None:
            total = total + (leaf.grad * c).sum()
            leaf.grad = None
    if isinstance(total, Tensor) and total.requires_grad:
        total.backward()

    def paired(given: list[Any]) -> float:
        swept = zip(_swept(op, given, weight), cotangents, strict=True)
        return float(sum(np.sum(t.grad * c) for t, c in swept if t.grad is not None))

    for i, leaf in enumerate(leaves):
        if leaf.requires_grad:
            g = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
            _compare(op, i, "second derivative", g, paired, arrays)


def _compare(
    op: Op, i: int, which: str, g: Any, function: Callable[[list[Any]], float], arrays: list[Any]
) -> None:
    """Raise ValueError if a gradient differs from the differences of a function."""
    numeric = central_differences(
        lambda a: function([*arrays[:i], a, *arrays[i + 1 :]]), arrays[i], 1e-6
    )
    if not np.allclose(g, numeric, rtol=1e-5, atol=1e-7):
        index = np.unravel_index(np.argmax(np.abs(np.asarray(g) - numeric)), numeric.shape)
        raise ValueError(
            f"operation {op.name!r}: the {which} with respect to {op.inputs[i]!r} at index "
            f"{tuple(map(int, index))} is {float(np.asarray(g)[index]):.8g} by the rule and "
            f"{float(numeric[index]):.8g} by central differences"
        )

"""check_by_hand: gradients worked out by hand, and the mistake in them. Next: `nonfinite.py`.

The learner's gradient is compared with the exact one, and then with what each well-known mistake
gives on this very graph (`mistakes.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Never

import numpy as np

from ..absent import refuse_more
from ..node import Node, name_of, topological_order
from ..settings import array_of, checked_number, described, shown
from ..transforms.runs import data_of, node_of
from .mistakes import Updating, has_square, mistakes, sweep

Same = Callable[[Any, Any], bool]


@dataclass(frozen=True)
class Finding:
    """The verdict on one gradient."""

    name: str
    right: bool
    message: str

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class Report(list[Finding]):
    """The findings, one per gradient; printed one per line."""

    @property
    def right(self) -> bool:
        """Whether every gradient is right."""
        return all(finding.right for finding in self)

    def __repr__(self) -> str:
        return "\n".join(str(finding) for finding in self)


@dataclass(frozen=True)
class Truth:
    """The exact gradients by name, and what else is known of the graph."""

    exact: dict[str, Any]
    twice: set[str] = field(default_factory=set)
    noise: float = 0.0
    sizes: set[int] = field(default_factory=set)
    wrong: Callable[[str], Iterator[tuple[Any, str]]] = lambda name: iter(())
    squared: Callable[[str], bool] = lambda name: True


def check_by_hand(
    loss: Any, gradients: Mapping[Any, Any], *more: Never, rtol: float = 1e-6
) -> Report:
    """Compare gradients worked out by hand with the exact ones, and name the mistake, if any.

    Parameters
    ----------
    loss : Tensor, Value or module
        The scalar loss, whose graph is not changed. Or, after `backward`, a module with
        ``named_parameters``: the gradients stored there are the exact ones; without the graph, only
        mistakes of sign, shape and scale are recognised.
    gradients : mapping
        The learner's gradient by the parameter, its label, or its dotted name in the module. In a
        graph, also by whatever was computed on the way to the loss, or by its label.
    rtol : float
        Tolerance relative to the largest entry.

    Returns
    -------
    Report
        One `Finding` per gradient: name, right or not, and a sentence.

    Raises
    ------
    KeyError
        If the graph has nothing of that label; the message lists those it has.
    ValueError
        If two nodes share the label.
    TypeError
        If the loss has no graph or is not a scalar, a module's parameter has no gradient, or what
        is checked is not a dict of numbers.

    Examples
    --------
    >>> w = Tensor([[1.0], [2.0]], requires_grad=True, label="w")
    >>> loss = ((np.array([[3.0, 4.0]]) @ w) ** 2).sum()
    >>> check_by_hand(loss, {"w": -2 * 11.0 * np.array([[3.0], [4.0]])})
    w: the sign is wrong
    """
    refuse_more("check_by_hand(loss, gradients)", more, "gradients are one dict by parameter")
    check_mapping("check_by_hand: gradients are a dict with one for each label", gradients)
    rtol = checked_number("check_by_hand: rtol", rtol, 0)
    truth = _of_module(loss) if _is_module(loss) else _of_graph(loss, gradients)
    report = Report()
    for key, mine in gradients.items():
        name = _name(key)
        if name not in truth.exact:
            raise KeyError(_unknown(key, name, truth))
        if name in truth.twice:
            raise ValueError(f"several nodes go by the name {shown(name)}; give each its own label")
        with np.errstate(all="ignore"):
            message = judge(truth, name, _numbers(mine, name), rtol)
        report.append(Finding(name, message == "right", message))
    return report


def _name(key: Any) -> Any:
    """Return the label that a gradient is given by; for a node without one, what it is called."""
    node = key if isinstance(key, Node) else node_of(key)
    return getattr(key, "label", key) if node is None else node.label or name_of(node)


def _unknown(key: Any, name: Any, truth: Truth) -> str:
    """Return what is wrong with a key."""
    node: Any = key if isinstance(key, Node) else node_of(key)
    if node is not None and not node.label:
        what = f"the {name} of shape {node.shape}"
        return f"check_by_hand: the loss was not computed from {what} that was given"
    there = (
        f"there are {sorted(truth.exact)}" if truth.exact else "no node of this graph has a label"
    )
    return f"nothing is labelled {shown(name)}; {there}"


def check_mapping(what: str, given: Any) -> None:
    """Raise TypeError if answers are not given by their names."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{what}, got {type(given).__name__}")


def _numbers(gradient: Any, name: str) -> Any:
    array = array_of(f"check_by_hand: the gradient of {shown(name)}", data_of(gradient))
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"check_by_hand: the gradient of {shown(name)} consists of numbers, got "
            f"{described(gradient)}"
        )
    return array.astype(float)


def _of_graph(loss: Any, asked: Mapping[Any, Any]) -> Truth:
    root = node_of(loss)
    if root is None:
        raise TypeError("check_by_hand needs a loss computed from parameters that want gradients")
    if root.shape:
        raise TypeError(f"check_by_hand needs a scalar loss, this one has shape {root.shape}")
    order = topological_order(root)
    named, twice = _named(order, asked)
    found = sweep(order, root)
    exact = {n: np.asarray(found.get(p, np.zeros(p.shape)), float) for n, p in named.items()}
    shapes = {p.shape for node in order for p in node.parents}
    return Truth(
        exact,
        twice,
        # what is zero by cancellation has rounding errors of the size of what was cancelled
        1e-15 * max(float(np.max(np.abs(g), initial=0.0)) for g in found.values()),
        {n for shape in shapes for n in (*shape, int(np.prod(shape)))},
        lambda name: mistakes(order, root, named[name], exact[name]),
        lambda name: has_square(order, named[name]),
    )


def _named(order: list[Any], asked: Mapping[Any, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return the nodes that gradients can be given of by name, and the names of several."""
    leaves = dict.fromkeys(p for node in order for p in node.parents if p._a is None and p.label)
    named = {p.label: p for p in leaves}
    twice = {p.label for p in leaves if named[p.label] is not p}
    inner = [node for node in order if node.label and node.label not in named]
    named |= {node.label: node for node in inner}
    twice |= {node.label for node in inner if named[node.label] is not node}
    inside = {*order, *(p for node in order for p in node.parents)}
    for key in asked:
        node = node_of(key)
        if node in inside and not node.label:
            twice |= {_name(key)} & named.keys()
            named[_name(key)] = node
    return named, twice


def _is_module(x: Any) -> bool:
    return hasattr(x, "named_parameters") and not isinstance(x, type)


def _of_module(module: Any) -> Truth:
    exact = {}
    for name, p in module.named_parameters():
        if p.grad is None:
            raise TypeError(f"parameter {shown(name)} has no gradient: run backward() first")
        exact[name] = np.asarray(data_of(p.grad), float)
    return Truth(exact)


def judge(truth: Truth, name: str, mine: Any, rtol: float) -> str:
    """Return the verdict on a gradient: that it is right, the mistake, or the worst entry."""
    exact = truth.exact[name]

    def same(a: Any, b: Any) -> bool:
        a, b = np.asarray(a, float), np.asarray(b, float)
        scale = np.max(np.abs(b), initial=0.0)
        near = a.shape == b.shape and np.abs(a - b) <= rtol * scale + truth.noise
        return bool(np.all(near))

    if same(mine, exact):
        return "right"
    shape = _judge_shape(mine, exact, same)
    if shape:
        return shape
    if mine.shape != exact.shape:
        return f"the shape is {mine.shape}, the parameter's is {exact.shape}"
    if not np.any(mine):
        return "it is zero everywhere: no gradient was computed"
    if same(mine, -exact):
        return "the sign is wrong"
    ratio = _judge_ratio(truth, name, mine, same)
    if ": " in ratio:
        return ratio
    for wrong, message in truth.wrong(name):
        for sign, addition in ((1, ""), (-1, "; and the sign is wrong")):
            candidate = wrong.through(sign * mine) if isinstance(wrong, Updating) else wrong
            if not same(candidate, exact) and same(sign * mine, candidate):
                return message + addition
    for other, gradient in truth.exact.items():
        if other != name and same(mine, gradient):
            return f"it is the gradient of {other}"
    # a factor without a known cause says little; for a single number, nothing
    return _nearly(mine, exact) or ratio or _worst(mine, exact, rtol)


def _judge_shape(mine: Any, exact: Any, same: Same) -> str:
    if mine.ndim == exact.ndim == 2:
        for sign, addition in ((1, ""), (-1, "; and the sign is wrong")):
            if same(sign * mine.T, exact):
                return f"it is transposed{addition}"
    if mine.shape == exact.shape or not mine.size:
        return ""
    for axis, length in enumerate(mine.shape):
        if length == 1:
            continue
        if mine.ndim == exact.ndim + 1:
            keepdims = False
        elif mine.ndim == exact.ndim and exact.shape[axis] == 1:
            keepdims = True
        else:
            continue
        left = f"over the batch: one gradient per sample is left (axis {axis})"
        if same(mine.sum(axis=axis, keepdims=keepdims), exact):
            return f"it is not summed {left}"
        if same(mine.mean(axis=axis, keepdims=keepdims), exact):
            return f"it is not averaged {left}"
    if mine.size == exact.size and same(mine.ravel(), exact.ravel()):
        return f"the numbers are right, the shape is {mine.shape} instead of {exact.shape}"
    return ""


def _judge_ratio(truth: Truth, name: str, mine: Any, same: Same) -> str:
    exact = truth.exact[name]
    if not exact.size:
        return ""
    big = np.unravel_index(int(np.argmax(np.abs(exact))), exact.shape)
    if exact[big] == 0 or mine[big] == 0:
        return ""
    factor = float(mine[big] / exact[big])
    if not same(mine, factor * exact):
        return ""
    size = abs(factor)
    sign = "; and the sign is wrong" if factor < 0 else ""
    return f"it is {_factor_text(size)} times the exact one{_scale(truth, name, size)}{sign}"


def _factor_text(factor: float) -> str:
    for n in range(2, 4097):
        if abs(factor - n) < 1e-6 * n:
            return str(n)
        if abs(factor - 1 / n) < 1e-6 / n:
            return f"1/{n}"
        if n % 2 and abs(factor - n / 2) < 1e-6 * n:
            return f"{n}/2"
        if n % 2 and abs(factor - 2 / n) < 1e-6 / n:
            return f"2/{n}"
    return f"{factor:.6g}"


def _scale(truth: Truth, name: str, factor: float) -> str:
    """Explain a constant factor: a 2, a batch size, a number of outputs."""
    if abs(factor - 0.5) < 1e-6 and truth.squared(name):
        return ": the 2 from the square is missing"
    if abs(factor - 2) < 1e-6 and truth.squared(name):
        return ": there is a 2 too many, as the 2 of a square is where the loss has a half"
    for base, text in ((10.0, "10"), (2.0, "2")):
        if abs(factor - 1 / np.log(base)) < 1e-6:
            return f": the logarithm is taken to base {text}"
    for n in sorted(s for s in truth.sizes if s > 1):
        for k, text in ((n, f"1/{n}"), (n / 2, f"2/{n}")):
            if abs(factor - k) < 1e-6 * k:
                return f": yours is a sum where the loss takes a mean; put in the factor {text}"
            if abs(factor - 1 / k) < 1e-6 / k:
                return f": yours is a mean where the loss takes a sum; leave out the factor {text}"
    return ""


def _nearly(mine: Any, exact: Any) -> str:
    """Describe a gradient whose entries are all off by little, as rounding leaves them."""
    off = np.abs(mine - exact)
    share = float(np.max(off, initial=0.0)) / float(np.max(np.abs(exact), initial=1e-300))
    if not share < 5e-3:
        return ""
    index = np.unravel_index(int(np.argmax(off)), exact.shape)
    allowed = 10.0 ** np.ceil(np.log10(share))
    at = f"at {tuple(int(i) for i in index)} " if index else ""
    return (
        f"nearly right: {at}it is {mine[index]:.8g} instead of {exact[index]:.8g}; keep more "
        f"digits, or allow for rounding by rtol={allowed:g}"
    )


def _worst(mine: Any, exact: Any, rtol: float) -> str:
    """Describe the wrong entries of a gradient that no known mistake explains."""
    size = float(np.max(np.abs(exact), initial=0.0))
    wrong = ~(np.abs(mine - exact) <= rtol * size)
    index = np.unravel_index(int(np.argmax(np.where(wrong, np.abs(mine - exact), -1))), exact.shape)
    at = tuple(int(i) for i in index)
    count = f"{int(wrong.sum())} of {wrong.size} entries"
    numbers = f"at {at} it is {mine[index]:.6g} instead of {exact[index]:.6g}"
    if np.all(np.abs(mine + exact)[wrong] <= rtol * size):
        return f"the sign is wrong in {count}: {numbers}"
    tens = np.log10((mine / exact)[wrong])
    if np.all(np.abs(tens - np.round(tens)) <= rtol):
        return f"a decimal point is misplaced in {count}: {numbers}"
    return f"wrong in {count}, by no mistake known here: {numbers}"

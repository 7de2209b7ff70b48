"""The table of rules: every operation, its derivative as `derive` writes it, and its edges."""

import html
import inspect
import textwrap
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import references

import autograd.misc.fixed_points
import autograd.scipy.integrate
import autograd.special
from autograd import Op, Tensor, derive
from autograd.viz import Derivation
from autograd.viz.paper.formula import write
from autograd.viz.paper.markup import MathML
from autograd.viz.paper.symbols import Alias

RNG = np.random.default_rng(0)


def matrix(rows: int, columns: int) -> np.ndarray:
    """Return a matrix of small numbers; square ones are symmetric and positive definite."""
    a = RNG.normal(size=(rows, columns))
    return a @ a.T + rows * np.eye(rows) if rows == columns else a


# how operations that are not elementwise are called, and on what
CALLS: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "sum": (lambda x: np.sum(x, axis=0), [matrix(3, 4)]),
    "max": (lambda x: np.max(x, axis=0), [matrix(3, 4)]),
    "min": (lambda x: np.min(x, axis=0), [matrix(3, 4)]),
    "var": (lambda x: np.var(x, axis=0), [matrix(3, 4)]),
    "std": (lambda x: np.std(x, axis=0), [matrix(3, 4)]),
    "prod": (lambda x: np.prod(x, axis=0), [matrix(3, 4)]),
    "cumsum": (lambda x: np.cumsum(x, axis=0), [matrix(3, 4)]),
    "diff": (lambda x: np.diff(x, axis=0), [matrix(3, 4)]),
    "polyval": (np.polyval, [RNG.normal(size=4), matrix(3, 4)]),
    "logsumexp": (lambda x: autograd.logsumexp(x, axis=1), [matrix(3, 4)]),
    "softmax": (lambda x: autograd.softmax(x, axis=1), [matrix(3, 4)]),
    "log_softmax": (lambda x: autograd.log_softmax(x, axis=1), [matrix(3, 4)]),
    "softmax_cross_entropy": (
        lambda x: autograd.softmax_cross_entropy(x, np.eye(4)[:3]),
        [matrix(3, 4)],
    ),
    "sigmoid_cross_entropy": (
        lambda x: autograd.sigmoid_cross_entropy(x, np.eye(4)[:3]),
        [matrix(3, 4)],
    ),
    "squared_error": (lambda x: autograd.squared_error(x, np.ones((3, 4))), [matrix(3, 4)]),
    "matmul": (lambda x, y: x @ y, [matrix(3, 5), matrix(5, 4)]),
    "linear": (autograd.linear, [matrix(3, 5), matrix(5, 4), RNG.normal(size=4)]),
    "inv": (np.linalg.inv, [matrix(3, 3)]),
    "det": (np.linalg.det, [matrix(3, 3)]),
    "solve": (np.linalg.solve, [matrix(3, 3), matrix(3, 2)]),
    "norm": (lambda x: np.linalg.norm(x, axis=1), [matrix(3, 4)]),
    "transpose": (np.transpose, [matrix(3, 4)]),
    "reshape": (lambda x: np.reshape(x, (4, 3)), [matrix(3, 4)]),
    "broadcast_to": (lambda x: np.broadcast_to(x, (3, 4)), [RNG.normal(size=4)]),
}
EDGES = (0.0, 1000.0, -1000.0)
# in names and signs; what is longer shows as code, of so many lines
LONGEST = 30
MOST_LINES = 15
SOURCES = references.by_operation()


def page() -> str:
    """Return the page."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        operations = [op for op in autograd.operations().values() if any(op.gradients)]
        plain = [op for op in autograd.operations().values() if not any(op.gradients)]
        one_by_one = [op for op in operations if op.elementwise]
        whole = [op for op in operations if not op.elementwise]
        parts = [
            "# The table of rules",
            "",
            f"All {len(operations) + len(plain)} operations, read out of the library while this "
            "page was built. The formulas are not typed in: each is the rule that the backward "
            "pass runs, run on names instead of numbers. $z$ is the result. [...] is 1 where "
            "what it says is true, else 0. The second column says what the gradient is at the "
            "edges. Below a name stands where the derivative, or the way to compute it, can be "
            "read up.",
            "",
            "## Entry by entry",
            "",
            table(one_by_one, edges=True),
            "",
            "## Whole arrays",
            "",
            "$\\partial L/\\partial z$ is the gradient that arrives, ⊙ the product entry by entry, "
            "@ the product of matrices. Where a rule is too long for a formula, its code stands "
            "here.",
            "",
            table(whole, edges=False),
            "",
            "## Recorded, without a derivative",
            "",
            "These are constant between their jumps. They are part of the graph, so that a replay "
            "computes them afresh.",
            "",
            ", ".join(f"`{op.name}`" for op in plain) + ".",
            "",
        ]
    return "\n".join(parts)


def table(operations: list[Op], *, edges: bool) -> str:
    """Return the rows of some operations as an HTML table."""
    heads = ["operation", *(["gradient at"] if edges else []), "derivative"]
    rows = ["<div class='rules-table'><table class='rules'><thead><tr>"]
    rows.append("".join(f"<th>{head}</th>" for head in heads) + "</tr></thead><tbody>")
    for op in sorted(operations, key=lambda op: op.name):
        cells = [first_cell(op)]
        if edges:
            cells.append(f"<span class='edge'>{'<br>'.join(at_the_edges(op))}</span>")
        cells.append("".join(formula(op, i) for i in range(len(op.inputs))))
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return "\n".join([*rows, "</tbody></table></div>"])


def first_cell(op: Op) -> str:
    """Return the name of an operation, what its docstring says, and the source of its rule."""
    words = (op.__doc__ or "").split("\n\n")[0].replace("``", "").replace("`", "")
    said = "" if words.startswith("The operation ") else f"<br>{html.escape(words)}"
    source = SOURCES.get(op.name, "")
    small = f"<div class='source'>{source}</div>" if source else ""
    return f"<code id='rule-{op.name}'>{op.name}</code>{said}{small}"


def formula(op: Op, position: int) -> str:
    """Return the derivative with respect to one input: as a formula, or else as its code."""
    if not op.differentiable(position):
        return ""
    try:
        return written(derivation(op, position))
    except Exception:
        return f"<pre>{html.escape(source(op, position))}</pre>"


def derivation(op: Op, position: int) -> Derivation:
    """Return the derivation of an operation on samples: of single numbers if entry by entry."""
    numbers = [0.5 + i for i in range(len(op.inputs))]
    call, arrays = (op, numbers) if op.elementwise else CALLS[op.name]
    leaves = [
        Tensor(a, requires_grad=True, label=n) for a, n in zip(arrays, op.inputs, strict=False)
    ]
    z = call(*leaves)
    z.label = "z"
    if z.shape:
        z = (z * Tensor(np.ones(z.shape), label="g")).sum()
    return derive(z, leaves[position])


def written(found: Derivation) -> str:
    """Return the last line of a derivation as MathML, names such as σ′ written out."""
    last, style = found.lines[-1], MathML(None)
    body = last.formula.body if isinstance(last.formula, Alias) else last.formula
    if body.weight > LONGEST:
        raise ValueError("too long to read")
    rows = [(last.gradient, body)]
    if body is last.formula:
        rows += found.where
    lines = []
    for left, right in rows:
        sides = [write(side, style).body for side in (left, right)]
        lines.append(f"<math displaystyle='true'>{'<mo>=</mo>'.join(sides)}</math>")
    return f"<div>{'<br>'.join(lines)}</div>"


def source(op: Op, position: int) -> str:
    """Return the code of a rule."""
    rule = op.rule_of(position)
    if rule.constant is not None:
        return f"{op.inputs[position]}: {rule.constant}"
    text = textwrap.dedent(inspect.getsource(rule.function)).strip()
    return text if text.count("\n") < MOST_LINES else text.split("\n", 1)[0] + "\n    ..."


def at_the_edges(op: Op) -> list[str]:
    """Return what the gradient of a function of one input is at 0 and far out."""
    if len(op.inputs) != 1 or op.variadic:
        return []
    found = []
    for x in EDGES:
        leaf = Tensor(x, requires_grad=True)
        try:
            z = op(leaf)
            z.backward()
        except Exception:
            continue
        if np.isnan(z.data):  # outside of where the function is defined
            continue
        found.append(f"{x:g}: {leaf.grad.item():.4g}")
    return found

"""Recording a backward pass: one line per leaf, or the rules themselves if they are called.

Next: `attributes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...backward import chosen_product, leading_to, strict_product
from ...mode import recording
from ...node import MANY, topological_order, without_graph
from ...op import Op
from ...scalar_nodes.node import ScalarNode, to_float
from ...sweep.storing import release
from ...transforms.runs import Joint
from ...value import Value
from .number import Number, place

# The products of sweeps over nodes as operations: 0 times anything is 0
_STRICT, _CHOSEN = (
    Op(
        f"{name}_multiply",
        product,
        {"x": lambda y: y, "y": lambda x: x},
        elementwise=True,
        symbol="*",
        notation="{x} * {y}",
    )
    for name, product in (("strict", strict_product), ("chosen", chosen_product))
)


def record_backward(
    recorder: Any, root: Any, gradient: Any, create_graph: bool, free: bool
) -> None:
    """Record a backward pass."""
    order = topological_order(root)
    if not recorder.outside.keys().isdisjoint(order) or not all(
        map(recorder.line_of.__contains__, order)
    ):
        _refuse_outside(recorder, order)
    seed = _seed(recorder, gradient, create_graph)
    by_hand = any(z._b is MANY and z._da is None for z in order)
    if by_hand or create_graph:
        _sweep_nodes(recorder, order, root, seed, create_graph)
    else:
        _sweep(recorder, order, root, seed)
    if free:
        release(order)


def record_gradients(recorder: Any, root: Any, seed: Any, wanted: Sequence[Any]) -> dict[Any, Any]:
    """Record the gradients that a transform needs, and return them as nodes.

    The root is a value, or a `Joint` over several.
    """
    order = topological_order(root)
    live = leading_to(order, wanted)
    order = [z for z in order if z in live]
    found = {root: seed}
    if isinstance(root, Joint):
        order, found = [z for z in order if z is not root], {}
        for x, g in zip(root.parents, root._saved, strict=True):
            found[x] = found[x] + g if x in found else g
    if not all(map(recorder.line_of.__contains__, order)):
        _refuse_outside(recorder, order)
    with recording():
        _pull_all(recorder, order, found, as_nodes=True)
    return found


def _refuse_outside(recorder: Any, order: list[Any]) -> None:
    for z in order:
        if z in recorder.outside or z not in recorder.line_of:
            raise RuntimeError(
                f"jit: backward at {place()} goes through a value computed before the call "
                f"({z._operation.name}); compute it inside the function, or pass .detach()"
            )


def _seed(recorder: Any, gradient: Any, create_graph: bool) -> Any:
    if create_graph:
        if isinstance(gradient, ScalarNode):
            return gradient
        return Value(1.0 if gradient is None else gradient)
    if isinstance(gradient, ScalarNode):
        return recorder.read(gradient)
    if isinstance(gradient, Number):
        return gradient
    return 1.0 if gradient is None else to_float(gradient)


def _sweep(recorder: Any, order: list[Any], root: Any, seed: Any) -> None:
    line = recorder.tape.as_line(recorder._operand(seed))
    sweep = len(recorder.tape.sweeps)
    recorder.tape.sweeps.append((recorder._line(root), line))
    recorder.passes.append((sweep, order))
    for key in recorder.grad_of.keys() & order:
        del recorder.grad_of[key]
    if not order:
        _add(recorder, root, seed)
    for x in _leaves(order):
        _add(recorder, x, recorder._gradient(sweep, x))


def _add(recorder: Any, leaf: Any, g: Any) -> None:
    """Add to the gradient of a leaf."""
    before = recorder.read_grad(leaf)
    plain = type(before) in (float, int) and before == 0
    recorder.write_grad(leaf, g if plain else before + g)


def _sweep_nodes(recorder: Any, order: list[Any], root: Any, seed: Any, as_nodes: bool) -> None:
    """Run the rules one by one, recorded: for gradients as nodes, or nodes made by hand."""
    found: dict[Any, Any] = {root: seed}
    _pull_all(recorder, order, found, as_nodes)
    for x, g in found.items():
        if x._a is None:
            _add(recorder, x, g)
        else:
            recorder.sweeps_of_nodes().pop(x, None)
            recorder.write_grad(x, without_graph(g.detach(), x) if as_nodes else g)


def _pull_all(recorder: Any, order: list[Any], found: dict[Any, Any], as_nodes: bool) -> None:
    """Add up the gradients of the operands of nodes, last node first."""
    see: Callable[[Any], Any] = (lambda x: x) if as_nodes else (lambda x: _plain(recorder, x))
    for z in reversed(order):
        g = found.get(z)
        if g is None:
            continue
        if z._b is MANY and z._da is None:
            if as_nodes:
                z._contributions(g, as_nodes=True, strict=True)  # raises with the cure
            contributions = z._pull_by_hand(g)
            parents = z.parents
        else:
            parents, contributions = z.parents, _pull(recorder, z, g, see)
        for x, c in zip(parents, contributions, strict=True):
            if c is not None:
                before = found.get(x)
                found[x] = c if before is None else before + c


def _plain(recorder: Any, x: Any) -> Any:
    return recorder.read(x) if isinstance(x, ScalarNode) else x


def _pull(recorder: Any, z: Any, g: Any, see: Callable[[Any], Any]) -> list[Any]:
    op, line = z._operation, recorder.line_of[z]
    inputs = [
        _seen(recorder, j, x) for j, x in zip(recorder.tape.operands(line), z.inputs, strict=True)
    ]
    values: dict[str, Any] = {op.inputs[0]: tuple(map(see, inputs))}
    if not op.variadic:
        values = dict(zip(op.inputs, map(see, inputs), strict=True))
    values |= {"z": see(z)} | z.parameters
    tracked = [k for k, x in enumerate(inputs) if isinstance(x, ScalarNode)]
    product = _CHOSEN if op.selects else _STRICT
    return [op.rule_of(k).run(g, values | {"i": k}, product) for k in tracked]


def _seen(recorder: Any, operand: int, x: Any) -> Any:
    """Return an operand of a line: the recorded number, if a node has a plain one."""
    if isinstance(x, ScalarNode) or operand < 0 or recorder.tape.kind(operand) == "constant":
        return x
    return recorder.number(operand, x)


def _leaves(order: list[Any]) -> list[Any]:
    """Return the leaves that computed nodes depend on, each once, in order."""
    found: dict[Any, None] = {}
    for z in order:
        a, b = z._a, z._b
        if b is MANY:
            for x in a:
                if x._a is None:
                    found[x] = None
            continue
        if a._a is None:
            found[a] = None
        if b is not None and b._a is None:
            found[b] = None
    return list(found)

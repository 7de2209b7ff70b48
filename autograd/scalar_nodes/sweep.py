"""The sweep over values alone: floats added up in the nodes themselves. Next: `node.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..node import MANY

if TYPE_CHECKING:
    from .node import ScalarNode


def sweep(root: ScalarNode, seed: float, order: list[Any]) -> None:
    """Set the gradients of all nodes in ``order``, which is consumed; add to those of leaves."""
    if not order:
        root.grad = (root.grad or 0.0) + seed
        return
    for z in order:
        z.grad = 0.0
    root.grad = seed
    many = MANY
    order.reverse()
    left = iter(order)
    while True:
        try:
            for z in left:
                g = z.grad
                # a gradient of 0 contributes 0, even times an infinite local derivative
                if g:
                    b = z._b
                    if b is None:
                        z._a.grad += z._da * g
                    elif b is many:
                        for parent, d in zip(z._a, z._da):  # noqa: B905 - hot
                            parent.grad += d * g
                    else:
                        z._a.grad += z._da * g
                        b.grad += z._db * g
            return
        except TypeError:
            if not _finished(z):
                raise


def _finished(z: Any) -> bool:
    """Finish a node at which a ``grad`` that the user set to None failed; it counts as 0."""
    parents = z.parents
    missing = [i for i, p in enumerate(parents) if p.grad is None]
    if missing:
        contributions = z.local_derivative(z.grad)
        for parent, c in list(zip(parents, contributions, strict=True))[missing[0] :]:
            parent.grad = (parent.grad or 0.0) + c
    return bool(missing)

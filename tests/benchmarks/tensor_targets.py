"""What `jit` is to reach on the array cases: by NumPy alone, and in C.

Bounds on the ratio to hand-written NumPy, and how many times faster than peers; seconds for
compiling.
"""

from __future__ import annotations

from table import Target

# the limit, at most so many times it by NumPy and in C, so many times a peer by NumPy and in C
Bounds = tuple[str, float | None, float | None, dict[str, float], dict[str, float]]
BOUNDS: dict[str, Bounds] = {
    "seed 003 epoch": (
        "in-place", 0.90, 0.015, {"JAX jit": 1.7, "torch.compile": 3.4}, {"JAX jit": 100},
    ),
    "seed 001, n=1": ("in-place", 0.78, 0.02, {}, {}),
    "seed 001, n=32": ("in-place", 0.87, 0.08, {}, {}),
    "seed 001, n=1024": ("in-place", 1.0, 0.58, {}, {}),
    "100 layers": ("in-place", 0.85, 0.08, {"JAX jit": 2}, {"JAX jit": 20}),
    "seed 004": ("in-place", 0.95, 0.015, {"JAX jit": 1.3}, {}),
    "MNIST size, SGD": ("in-place", 1.0, 0.82, {}, {"JAX jit": 1, "torch.compile": 1}),
    "MNIST size, Adam": ("in-place", 0.93, 0.74, {}, {"JAX jit": 1, "torch.compile": 1}),
    "tanh chain 1e6, f64": ("in-place", 0.50, 0.36, {}, {"JAX jit": 1, "torch.compile": 1}),
    "tanh chain 1e6, f32": ("in-place", 0.48, 0.20, {}, {"JAX jit": 1, "torch.compile": 1}),
    "polynomial 1e6, f64": ("in-place", 0.40, 0.04, {}, {"JAX jit": 1, "torch.compile": 1}),
    "logsumexp 1000x1000": ("in-place", 1.08, 0.50, {}, {}),
    "layernorm 512x1024, f64": ("in-place", 1.06, 0.31, {}, {}),
    "layernorm 512x1024, f32": ("in-place", 0.82, 0.27, {}, {}),
    "RNN, 1000 steps, f32": ("in-place", 1.0, 0.63, {"JAX jit": 1.1}, {}),
    "Hessian-vector, n=100": ("clean", 0.85, 0.03, {}, {"JAX jit": 50}),
    "Hessian, n=100": ("clean", None, 1.1, {}, {"JAX jit": 3}),
    # fresh, without a library kept from an earlier run
    "compiling seed 003": ("", 0.002, 0.25, {}, {}),
    "compiling 100 layers": ("", 0.06, 1.5, {}, {}),
}  # fmt: skip


def of(case: str) -> list[Target]:
    """Return the targets of `jit` on a case."""
    if case not in BOUNDS:
        return []
    limit, by_numpy, in_c, peers_of_numpy, peers_of_c = BOUNDS[case]
    found = []
    for engine, most, peers in (("jit", by_numpy, peers_of_numpy), ("jit in C", in_c, peers_of_c)):
        if most is not None:
            found.append(Target(limit or engine, most=most, of=engine))
        found += [Target(peer, least=least, of=engine) for peer, least in peers.items()]
    return found

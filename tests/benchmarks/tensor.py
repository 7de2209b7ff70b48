"""Array cases: training steps of small and middling networks, long vectors, tiny operations.

The limits are hand-written back-propagation in NumPy: "in-place" with every buffer allocated
beforehand, "clean" as one would write it. What each engine runs is in the file of its name.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import tensor_targets
from table import Case, Target

ENGINES = {
    "in-place": "main",
    "clean": "main",
    "seed code": "main",
    "ours": "main",
    "jit": "main",
    "jit in C": "main",
    "torch": "torch",
    "torch fused": "torch",
    "torch.compile": "torch",
    "JAX jit": "jax",
    "tinygrad": "tinygrad",
    "CasADi": "casadi",
    "HIPS autograd": "hips",
    "mygrad": "mygrad",
}
MODULES = {
    "in-place": "tensor_in_place",
    "clean": "tensor_clean",
    "seed code": "tensor_seed",
    "ours": "tensor_ours",
    "jit": "tensor_jit",
    "jit in C": "tensor_c",
    "torch": "tensor_torch",
    "torch fused": "tensor_torch",
    "torch.compile": "tensor_torch_compile",
    "JAX jit": "tensor_jax",
    "tinygrad": "tensor_tinygrad",
    "CasADi": "tensor_casadi",
    "HIPS autograd": "tensor_hips",
    "mygrad": "tensor_mygrad",
}


def limit(engine: str, most: float) -> Target:
    return Target(engine, most=most)


def peer(engine: str, least: float) -> Target:
    return Target(engine, least=least)


# name: (function in every engine's file, its arguments, targets, relative tolerance)
TABLE: dict[str, tuple[str, tuple[Any, ...], list[Target], float]] = {
    "seed 003 epoch": (
        "seed_003",
        (),
        [
            limit("in-place", 2.25),
            limit("clean", 1.15),
            limit("seed code", 0.42),
            peer("torch", 6),
            peer("mygrad", 7),
            peer("HIPS autograd", 17),
        ],
        1e-9,
    ),
    "seed 001, n=1": ("seed_001", (1,), [limit("in-place", 1.75), peer("torch", 4.9)], 1e-9),
    "seed 001, n=32": ("seed_001", (32,), [limit("in-place", 1.8), peer("torch", 5)], 1e-9),
    "seed 001, n=1024": ("seed_001", (1024,), [limit("in-place", 1.25), peer("torch", 2.2)], 1e-9),
    "100 layers": ("deep", (), [limit("in-place", 1.8), peer("torch fused", 2.7)], 1e-9),
    "seed 004": ("seed_004", (), [limit("in-place", 2.3), peer("torch", 4.1)], 1e-9),
    "MNIST size, SGD": (
        "mnist",
        (False,),
        [limit("in-place", 1.1), peer("torch fused", 1)],
        1e-3,
    ),
    "MNIST size, Adam": ("mnist", (True,), [limit("in-place", 1.0), peer("torch", 1.2)], 1e-3),
    "tanh chain 1e6, f64": ("tanh_chain", ("f8",), [limit("in-place", 1.35)], 1e-9),
    "tanh chain 1e6, f32": ("tanh_chain", ("f4",), [limit("in-place", 1.35)], 1e-3),
    "polynomial 1e6, f64": ("polynomial", (), [limit("in-place", 1.6)], 1e-9),
    "logsumexp 1000x1000": ("logsumexp", (), [limit("in-place", 1.35)], 1e-9),
    "layernorm 512x1024, f64": ("layernorm", ("f8",), [limit("in-place", 1.7)], 1e-9),
    "layernorm 512x1024, f32": ("layernorm", ("f4",), [limit("in-place", 1.7)], 1e-3),
    "1000 tiny ops, (1,)": ("tiny", ((1,),), [limit("clean", 2.36), peer("torch", 2.6)], 1e-9),
    "1000 tiny ops, 0-d": ("tiny", ((),), [limit("clean", 9.35), peer("torch", 6.4)], 1e-9),
    "RNN, 1000 steps, f32": ("recurrent", (), [limit("in-place", 1.75), peer("torch", 1.5)], 1e-3),
    "Hessian-vector, n=100": ("hessian_vector", (), [peer("torch", 1.6)], 1e-9),
    "Hessian, n=100": ("hessian", (), [peer("torch", 13)], 1e-9),
    "Jacobian of a network, 32x64": ("jacobian", (), [peer("torch", 1.6)], 1e-9),
    "compiling seed 003": ("compiling", ("seed_003",), [], 1e-9),
    "compiling 100 layers": ("compiling", ("deep",), [], 1e-9),
}

CASES = [
    Case(name, targets=targets + tensor_targets.of(name), steps=3, tolerance=tolerance)
    for name, (_, _, targets, tolerance) in TABLE.items()
]


def cases_of(engine: str) -> dict[str, Callable[[], Any]]:
    """Return the builders of the cases that an engine runs."""
    module = importlib.import_module(MODULES[engine])
    if engine == "torch fused":
        module.FUSED = True
    return {
        name: partial(getattr(module, function), *arguments)
        for name, (function, arguments, *_) in TABLE.items()
        if hasattr(module, function) and (engine != "torch fused" or function in module.OPTIMIZED)
    }

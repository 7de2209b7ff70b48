"""The array cases under `jit` in C: the steps of `tensor_ours.py`, compiled."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Any

import tensor_ours

from autograd.jit import jit
from autograd.jit.c import caller

Built = tuple[Callable[[], Any], Callable[[], Any]]


def _compiled(build: Callable[..., Built]) -> Callable[..., Built]:
    def built(*arguments: Any) -> Built:
        step, sums = build(*arguments)
        return jit(step, backend="c"), sums

    return built


seed_003 = _compiled(tensor_ours.seed_003)
seed_001 = _compiled(tensor_ours.seed_001)
deep = _compiled(tensor_ours.deep)
seed_004 = _compiled(tensor_ours.seed_004)
mnist = _compiled(tensor_ours.mnist)
tanh_chain = _compiled(tensor_ours.tanh_chain)
polynomial = _compiled(tensor_ours.polynomial)
logsumexp = _compiled(tensor_ours.logsumexp)
layernorm = _compiled(tensor_ours.layernorm)
tiny = _compiled(tensor_ours.tiny)
hessian_vector = _compiled(tensor_ours.hessian_vector)
hessian = partial(tensor_ours.hessian, partial(jit, backend="c"))
jacobian = partial(tensor_ours.jacobian, partial(jit, backend="c"))
recurrent = _compiled(tensor_ours.recurrent)


def compiling(name: str) -> Built:
    """Return the first call of a step, for which the library is compiled; measured with that."""
    step, sums = getattr(tensor_ours, name)()
    spent = [0.0]

    def first() -> None:
        with tempfile.TemporaryDirectory() as folder:
            caller.extension()  # one for all programs, kept
            os.environ["XDG_CACHE_HOME"] = folder
            before = sum(os.times()[:4])
            try:
                jit(step, backend="c")()
            finally:
                spent[0] = sum(os.times()[:4]) - before
                del os.environ["XDG_CACHE_HOME"]

    first.measured = lambda: spent[0]  # type: ignore[attr-defined]
    return first, sums

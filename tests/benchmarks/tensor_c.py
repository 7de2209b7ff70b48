"""The array cases under `jit` in C: the steps of `tensor_ours.py`, compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import tensor_ours

from autograd.jit import jit

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

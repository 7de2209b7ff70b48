"""The array cases under `jit`: the steps of `tensor_ours.py`, recorded once and replayed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import tensor_ours

from autograd.jit import jit

Built = tuple[Callable[[], Any], Callable[[], Any]]

# the back end that all cases use
BACKEND = "numpy"


def _jitted(build: Callable[..., Built]) -> Callable[..., Built]:
    def built(*arguments: Any) -> Built:
        step, sums = build(*arguments)
        return jit(step, backend=BACKEND), sums

    return built


seed_003 = _jitted(tensor_ours.seed_003)
seed_001 = _jitted(tensor_ours.seed_001)
deep = _jitted(tensor_ours.deep)
seed_004 = _jitted(tensor_ours.seed_004)
mnist = _jitted(tensor_ours.mnist)
tanh_chain = _jitted(tensor_ours.tanh_chain)
polynomial = _jitted(tensor_ours.polynomial)
logsumexp = _jitted(tensor_ours.logsumexp)
layernorm = _jitted(tensor_ours.layernorm)
tiny = _jitted(tensor_ours.tiny)
hessian_vector = _jitted(tensor_ours.hessian_vector)
hessian = partial(tensor_ours.hessian, partial(jit, backend=BACKEND))
jacobian = partial(tensor_ours.jacobian, partial(jit, backend=BACKEND))
recurrent = _jitted(tensor_ours.recurrent)


def compiling(name: str) -> Built:
    """Return the first call of a step: recording, passes, emitting, and one replay."""
    step, sums = getattr(tensor_ours, name)()
    return lambda: jit(step, backend=BACKEND)(), sums

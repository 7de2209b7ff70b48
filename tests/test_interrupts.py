"""Ctrl-C at every moment at which Python looks for it, while modes are changed and put back."""

import dis
import functools
import gc
import sys

import numpy as np
import pytest

import autograd
import nn
from autograd import (
    Tensor,
    Value,
    checkpoint,
    grad,
    is_grad_enabled,
    no_grad,
    record_origins,
    scope,
    tensor,
    watch,
)
from autograd.blocks import STATE
from autograd.jit.record.capture import ACTIVE
from autograd.mode import (
    current_recorder,
    current_scope,
    current_watcher,
    depth,
)

WEIGHTS = np.array([2.0, 3.0])


@functools.cache
def places(code):
    """Return the offsets of instructions before which Python may have looked for signals."""
    found, before = set(), ""
    for instruction in dis.get_instructions(code):
        if before in ("CALL", "CALL_FUNCTION_EX", "CALL_KW", "RESUME"):
            found.add(instruction.offset)
        if instruction.opname == "JUMP_BACKWARD":
            found.add(instruction.argval)
        if instruction.opname not in ("CACHE", "PRECALL"):
            before = instruction.opname
    return found


def interrupted(function, names, done):
    """Run a function, with Ctrl-C at one place that is not in ``done``; whether there was one."""
    hit = []

    def trace(frame, event, _):
        code = frame.f_code
        if hit or code.co_filename.startswith(sys.prefix) or code.co_qualname not in names:
            return None
        frame.f_trace_opcodes = True
        place = code, frame.f_lasti
        if event == "opcode" and frame.f_lasti in places(code) and place not in done:
            done[place] = True
            hit.append(place)
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return bool(hit)


def state():
    gc.collect()
    return {
        "recording": is_grad_enabled(),
        "scope": current_scope(),
        "watcher": current_watcher(),
        "recorder": current_recorder(),
        "depth": depth.get(),
        "special": {*STATE.special},
        "dated": {*STATE.dated},
        "warnings": np.geterr(),
        "capture": ACTIVE.get(),
        "value": dict(vars(Value)),
        "tensor": {k: v for k, v in vars(Tensor).items() if callable(v)},
        "numpy": vars(tensor)["np"],
        "global": type(WEIGHTS),
    }


def chain(x):
    for _ in range(3):
        x = np.sin(x) * 2.0
    return x


def sweep(**options):
    x = Tensor([1.0, 2.0], requires_grad=True)
    chain(x).sum().backward(**options)
    x.grad = None


def sweep_of_a_diamond():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = np.sin(x * 2.0)
    (chain(y) + np.cos(y)).sum().backward()


def blocks():
    with no_grad(), scope("a"), record_origins(), watch(None):
        Value(2.0) * 3.0


def gradient():
    grad(lambda x: chain(x).sum())(np.ones(2))


def recomputed():
    grad(lambda x: checkpoint(chain)(x).sum())(np.ones(2))


def module():
    nn.Sequential(nn.Linear(2, 2, rng=0), nn.Tanh())(np.ones((1, 2)))


def recording():
    autograd.jit(lambda x: (chain(x) * WEIGHTS).sum(), backend="numpy")(np.ones(2))


def recording_of_values():
    x = Value(0.5)
    autograd.jit(lambda: chain(x), backend="numpy")()


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (sweep, {"pull_trunk"}),
        (sweep_of_a_diamond, {"_sweep"}),
        (functools.partial(sweep, create_graph=True), {"sweep_on_nodes", "ContextValue.__enter__"}),
        (blocks, {"Blocks.enter", "Blocks.leave", "Block.__exit__"}),
        (gradient, {"Run.__init__", "ContextValue.__enter__"}),
        (recomputed, {"dates_kept"}),
        (module, {"absolute_scope.__enter__"}),
        (
            recording,
            {
                "recorded",
                "_swap_all",
                "_swap_class",
                "_swap_global",
                "_swap_method",
                "recording",
                "undone",
            },
        ),
        (recording_of_values, {"recording", "_patch", "_leave", "undone"}),
    ],
)
def test_ctrl_c_leaves_the_modes_as_they_were(function, names, monkeypatch):
    monkeypatch.setattr(STATE, "checksums", False)  # which earlier tests may have set for good
    function()
    before, done = state(), {}
    while interrupted(function, names, done):
        for name, now in state().items():
            assert now == before[name], (name, list(done)[-1])
    assert len({code for code, _ in done}) >= len(names)
    function()

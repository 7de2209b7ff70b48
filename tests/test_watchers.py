"""Watchers see every step of the real sweep, and change nothing."""

import gc
import itertools
import sys
import threading

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    blocks,
    enable_grad,
    grad,
    is_grad_enabled,
    mode,
    no_grad,
    operation,
    scope,
    step_through,
    stepper,
    watch,
)
from autograd.arithmetic import quietly


def test_watchers_nest_and_end_with_their_block():
    x = Value(3.0)
    y = x * 2.0
    outer, inner = [], []
    with watch(lambda *e: outer.append(e)):
        with watch(lambda *e: inner.append(e)):
            y.backward()
        y.backward()
    y.backward()
    assert len(outer) == len(inner) == 1
    assert x.grad == 6.0


def test_a_watcher_sees_nothing_of_a_sweep_within_a_rule():
    @operation(x=lambda g, x: g * grad(lambda y: y**3)(x))
    def cubed(x):
        return x**3

    x = Tensor(2.0, requires_grad=True, label="x")
    z = cubed(x) * 1.0
    seen = []
    with watch(lambda node, *_: seen.append(node)):
        z.backward()
    assert seen == [z.node, z.parents[0]]
    assert x.grad == 12.0
    assert stepper(z).run().gradient("x") == 12.0
    assert "12" in step_through(z).html()


def test_a_watcher_that_raises_changes_no_gradient():
    x = Value(3.0)
    y = x * x

    def stop(*event):
        raise KeyError("stop")

    with pytest.raises(KeyError), watch(stop):
        y.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)
    y.backward()
    assert x.grad == 6.0


def test_watchers_are_per_thread():
    seen = []
    with watch(lambda *e: seen.append(e)):
        thread = threading.Thread(target=lambda: (Value(1.0) * 2.0).backward())
        thread.start()
        thread.join()
    assert seen == []


def test_an_error_inside_a_quiet_call_is_raised_once():
    calls = []

    def fails():
        calls.append(1)
        raise RuntimeError("of its own")

    with pytest.raises(RuntimeError, match="of its own"):
        quietly(fails)
    assert len(calls) == 1
    # one quiet call inside another finds the context taken
    assert quietly(lambda: quietly(np.log, 0.0)) == -np.inf


def _generator(block):
    with block():
        yield is_grad_enabled(), mode.current_scope()
        yield is_grad_enabled(), mode.current_scope()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_blocks_of_generators_may_end_in_any_order(order):
    before = {*mode.STATE.special}
    blocks = [no_grad, enable_grad, no_grad, lambda: scope("a"), lambda: scope("b")]
    running = [_generator(block) for block in blocks]
    for each in running:
        next(each)
    assert not is_grad_enabled()
    assert mode.current_scope() == "a.b"
    for k in order:
        running[k].close()
    for each in running[3:]:
        each.close()
    assert is_grad_enabled()
    assert mode.current_scope() == ""
    assert mode.STATE.special == before


def test_what_holds_is_of_the_block_entered_last_that_is_not_left():
    first, second, third = no_grad(), enable_grad(), no_grad()
    for block in (first, second, third):
        block.__enter__()
    second.__exit__(None, None, None)
    assert not is_grad_enabled()
    third.__exit__(None, None, None)
    assert not is_grad_enabled()
    first.__exit__(None, None, None)
    assert is_grad_enabled()


def _interrupted(function, name, place):
    """Run a function, with Ctrl-C before the line ``place`` of the function called ``name``."""
    lines = []

    def trace(frame, event, _):
        if frame.f_code.co_name != name or "autograd" not in frame.f_code.co_filename:
            return None
        if event == "line":
            lines.append(frame.f_lineno)
            if len(lines) == place:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.parametrize(("name", "lines"), [("__enter__", 1), ("__exit__", 2), ("leave", 4)])
def test_ctrl_c_at_the_edge_of_a_block_leaves_recording_on(name, lines):
    def block():
        with no_grad():
            assert not is_grad_enabled()

    for place in range(1, lines + 1):
        assert _interrupted(block, name, place)
        gc.collect()
        assert is_grad_enabled()
        block()
        assert is_grad_enabled()


def test_the_clock_is_locked_where_python_has_no_gil(monkeypatch):
    times = []

    class Lock:
        def __enter__(self):
            times.append(mode.STATE.clock)

        def __exit__(self, *exc):
            times.append(mode.STATE.clock)

    monkeypatch.setattr(blocks, "_LOCK", Lock())
    assert mode.tick() < mode.tick()
    assert not times
    monkeypatch.setattr(blocks, "FREE_THREADED", True)
    assert mode.tick() < mode.tick()
    assert times[0] < times[1] == times[2] < times[3]

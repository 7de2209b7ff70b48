"""Scopes name the nodes that are made in them."""

import linecache
from pathlib import Path

import pytest

import autograd
import nn
from autograd import (
    Tensor,
    Value,
    record_origins,
    scope,
)

from .leaves import BOTH, MADE


@BOTH
@MADE
def test_scope_of_new_nodes(leaf, make):
    x = leaf(2.0)
    with scope("encoder"):
        y = make(x)
        with scope("layer1"):
            z = make(x)
        with scope(""):
            w = make(x)
    assert (x.scope, y.scope, z.scope, w.scope) == ("", "encoder", "encoder.layer1", "encoder")
    assert make(x).scope == ""


@BOTH
@MADE
def test_origin_of_new_nodes(leaf, make):
    x = leaf(2.0)
    assert make(x).origin is None
    with record_origins():
        y = make(x)
    assert y.origin.startswith("leaves.py:")
    assert make(x).origin is None
    with record_origins():
        here = x * 2.0
    line = int(here.origin.split(":")[1])
    assert "here = x * 2.0" in linecache.getline(__file__, line)


@BOTH
def test_errors_say_where_a_node_was_made(leaf):
    w = leaf(2.0, "w")
    with record_origins(), scope("block"):
        y = w * w
    w.data = 3.0
    with pytest.raises(RuntimeError, match=r"multiply in block, made at test_scopes\.py:\d+"):
        y.backward()


@BOTH
def test_labels(leaf):
    x = leaf(2.0, "x")
    y = x * 2.0
    assert (x.label, y.label) == ("x", "")
    y.label = "double"
    assert y.label == "double"
    assert "label='x'" in repr(x)
    assert "label='double'" in repr(y)


def test_label_of_a_tensor_is_that_of_its_node():
    x = Tensor([1.0], requires_grad=True, label="x")
    assert x.node.label == "x"
    c = Tensor([1.0], label="c")
    assert c.label == "c"
    assert (x * c).node.inputs[1].label == "c"
    c.requires_grad = True
    assert c.node.label == "c"


def beside_the_packages(source):
    """Return what is defined by code in a file next to the packages, whose name begins alike."""
    space = {}
    file = Path(autograd.__file__).parents[1] / "nn_trial.py"
    exec(compile(source, str(file), "exec"), space)
    return space


@BOTH
def test_files_beside_the_packages_are_the_users(leaf):
    double = beside_the_packages("double = lambda x: x * 2")["double"]
    with record_origins():
        assert double(leaf(3.0)).origin == "nn_trial.py:1"


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_branches_in_files_beside_the_packages_are_named(kind):
    f = beside_the_packages("f = lambda a: a if a.data > 0 else -a")["f"]
    with pytest.raises(TypeError, match=r"nn_trial\.py:1"):
        autograd.jit(f)(kind(2.0))


def test_warnings_show_files_beside_the_packages():
    w = Tensor(1.0, requires_grad=True)
    step = beside_the_packages("def step(w, optimizer): (3 * w).backward(), optimizer.step()")[
        "step"
    ]
    optimizer = nn.SGD([w], lr=0.1)
    step(w, optimizer)
    with pytest.warns(UserWarning, match="an earlier step") as seen:
        step(w, optimizer)
    assert Path(seen[0].filename).name == "nn_trial.py"

"""A node of very many parents: what is done for each of them takes the same number of steps."""

import sys

import numpy as np
import pytest

from autograd import (
    Tensor,
    Value,
    add_n,
    derive,
    draw,
    find_nan,
    operations,
    step_through,
    to_numpy_source,
    to_torch_source,
)

LOSSES = {
    "add_n of Values": lambda n: add_n([Value(1.0, label=f"x{i}") for i in range(n)]),
    "concatenate": lambda n: np.concatenate(
        [Tensor(np.ones(2), requires_grad=True, label=f"x{i}") for i in range(n)]
    ).sum(),
}
USES = {
    "draw": lambda loss: draw(loss).svg(),
    "step_through": step_through,
    "to_numpy_source": to_numpy_source,
    "to_torch_source": to_torch_source,
    "derive": lambda loss: derive(loss, loss.parents[0]).text(),
    "find_nan": find_nan,
    "create_graph": lambda loss: loss.backward(create_graph=True),
}


def steps(function):
    """Return how many functions are called, and how many items generators yield."""
    count = 0

    def note(frame, event, _):
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("kind", LOSSES)
def test_the_work_is_proportional_to_the_parents(kind, use):
    few, many = LOSSES[kind](200), LOSSES[kind](800)
    USES[use](LOSSES[kind](2))
    assert steps(lambda: USES[use](many)) < 6 * steps(lambda: USES[use](few)) + 1000


def test_each_part_of_a_concatenation_has_its_place():
    # the places that the last call found are kept, for the same shapes and axis only
    pull = operations()["concatenate"].rule_of(0).function
    g, three, two = np.arange(36.0).reshape(6, 6), ((1, 2), (3, 1), (2, 3)), ((5, 2), (1, 4))
    for shapes, axis in ((three, 0), (three, 1), (two, 1), (three, -1), (two, 0)):
        ends = np.cumsum([shape[axis] for shape in shapes])[:-1]
        for i, part in enumerate(np.split(g, ends, axis)):
            np.testing.assert_array_equal(pull(g, i=i, shapes=shapes, axis=axis), part)

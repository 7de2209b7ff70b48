"""How pictures write numbers and indices, and the size of an array."""

import math

import numpy as np
import pytest

from autograd import Tensor, Value, derive, draw, step_through
from autograd.viz.elements.figures import figure, figure_within, norm, thumbnail
from autograd.viz.elements.subscripts import subscript


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.123456, "0.1235"),
        (-0.5, "−0.5"),
        (9999.6, "10000"),
        (12345.6, "12346"),
        (-99999.5, "−100000"),
        (1234567.0, "1.235e6"),
        (1e20, "1e20"),
        (5.447e-05, "5.447e−5"),
        (-1e-300, "−1e−300"),
        (math.inf, "inf"),
        (-math.inf, "−inf"),
        (math.nan, "nan"),
    ],
)
def test_figures(x, text):
    assert figure(x) == text


def test_figures_with_a_sign():
    assert [figure(x, sign=True) for x in (1.5, -1.5, 0.0, math.nan, 2e6)] == [
        "+1.5",
        "−1.5",
        "0",
        "nan",
        "+2e6",
    ]


@pytest.mark.parametrize("room", [7, 8, 9])
def test_figures_use_the_room_there_is(room):
    rng = np.random.default_rng(0)
    for x in rng.normal(size=400) * 10.0 ** rng.integers(-99, 99, size=400):
        text = figure_within(float(x), room)
        assert len(text) <= room
        read = float(text.replace("−", "-"))
        # one digit is all that fits between a sign and e−99
        assert math.isclose(read, x, rel_tol=0.5 if room == 7 else 0.06)
    assert figure_within(-0.00708, 7) == "−0.0071"
    assert figure_within(0.00012345, 7) == "1.23e−4"
    assert figure_within(-123456.0, 7) == "−123456"
    assert figure_within(math.nan, 7) == "nan"


def test_norm_of_extreme_entries():
    assert norm(np.array([3.0, 4.0])) == 5.0
    assert norm(np.array([3e-300, -4e-300])) == pytest.approx(5e-300, rel=1e-14)
    assert norm(np.array([[3e300], [4e300]])) == pytest.approx(5e300, rel=1e-14)
    assert norm(np.zeros((0, 3))) == 0.0
    assert norm(np.zeros(3)) == 0.0
    assert norm(np.array([1.0, -math.inf])) == math.inf
    assert math.isnan(norm(np.array([1.0, math.nan])))
    small = Tensor(np.array([3e-300, 4e-300]), requires_grad=True, label="x")
    assert "‖x‖ 5e−300" in draw((small * 2.0).sum()).svg()


@pytest.mark.parametrize(
    ("index", "text"),
    [
        ((0, 1), "0, 1"),
        (-1, "-1"),
        (slice(1, None), "1:"),
        ((slice(None), slice(None, None, -2)), ":, ::-2"),
        ((Ellipsis, None, 2), "..., None, 2"),
        ((), "()"),
        (np.array([0, 2]), "[0, 2]"),
        ([1, 2], "[1, 2]"),
        ((np.arange(12).reshape(3, 4), 1), "3×4 indices, 1"),
        (np.ones((3, 4), bool), "mask 3×4"),
        (np.int64(3), "3"),
    ],
)
def test_an_index_is_written_as_between_brackets(index, text):
    assert subscript(index) == text


def test_an_index_is_shown_where_it_is_used():
    x = Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True, label="x")
    entry, part = x[0, 1], x[1:, ::2]
    loss = entry * part.sum()
    svg, text = draw(loss).svg(), draw(loss).text()
    assert ">[0, 1]<" in svg
    assert ">x[1:, ::2]<" in svg
    assert "x[0, 1]" in text
    assert "slice" not in svg + text
    assert "[1:, ::2]" in derive(loss, x).text()


def test_a_long_formula_loses_its_options_first():
    x = Tensor(np.arange(12.0), requires_grad=True, label="the data")
    svg = draw(np.reshape(x, (2, 3, 2)).sum()).svg()
    assert ">reshape(the data, …)<" in svg


def test_a_loss_with_a_long_label_has_a_short_name_in_formulas():
    a = Value(2.0, label="a")
    loss = a * a
    loss.label = "the loss of the whole batch"
    assert step_through(loss).data["loss"] == "L"
    loss.label = "loss"
    assert step_through(loss).data["loss"] == "loss"


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 2, 6, 5), (3, 2, 40, 30), (5, 7, 2), (20, 3, 2)])
def test_blocks_of_an_array_do_not_mix_its_slices(shape):
    x = np.random.default_rng(0).normal(size=shape)
    count = math.prod(shape[:-2])
    t = thumbnail(x)
    cells = np.array(t.cells)
    if count > 12:
        assert (t.parts, len(cells)) == (1, 12)
        return
    assert t.parts == count
    for k, own in enumerate(np.split(cells, count)):
        part = x.reshape(count, *shape[-2:])[k]
        assert len(own) == min(shape[-2], 12 // count)
        alone = np.where(np.arange(count) == k, 1.0, 0.0)[:, None, None] * np.ones_like(part)
        shown = np.array(thumbnail(alone.reshape(shape)).cells).reshape(count, -1)
        assert shown.tolist() == [[float(j == k)] * shown.shape[1] for j in range(count)]
        if shape[-2] % len(own) == 0 and shape[-1] <= 12:
            assert own == pytest.approx(part.reshape(len(own), -1, shape[-1]).mean(1))


def test_slices_have_headings_where_there_are_any():
    deep = thumbnail(np.zeros((2, 3, 4, 5)))
    assert [deep.heading(k) for k in (0, 4)] == ["[0, 0, :, :]", "[1, 1, :, :]"]
    assert thumbnail(np.zeros((1, 1, 4, 5))).heading(0) == ""
    assert thumbnail(np.zeros((4, 5))).heading(0) == ""
    assert thumbnail(np.zeros((40, 4, 5))).parts == 1
    assert thumbnail(np.zeros((2, 0, 5))).parts == 1

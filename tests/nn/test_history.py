"""History: plain data, text and pictures."""

import copy
import json
import math
import pickle
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import nn
from autograd.viz import Picture
from nn.training.curves import Axis
from nn.training.history import sparkline

COLUMNS = {
    "epoch": [1, 2, 3, 4],
    "step": [5, 10, 15, 20],
    "loss": [1.0, 0.5, 0.25, 0.3],
    "accuracy": [0.5, 0.7, 0.9, 0.9],
    "val_loss": [1.1, math.nan, 0.02, math.inf],
    "lr": [0.1, 0.1, 0.1, 0.1],
}


# --------------------------------------------------------------------------------------------------
# Plain data


def test_columns_rows_and_the_best():
    history = nn.History(COLUMNS)
    assert history["loss"] == [1.0, 0.5, 0.25, 0.3]
    assert len(history) == 4
    assert list(history) == [*COLUMNS]
    assert "val_loss" in history
    assert history.row(1)["accuracy"] == 0.7
    assert history.best("loss") == 3
    assert history.best("accuracy") == 3
    assert history.best("val_loss") == 3
    assert history.best("lr", "max") == 1
    assert nn.History({"loss": [2.0, 1.0]}).best("loss") == 2
    assert nn.History() == nn.History({})
    assert len({nn.History(), nn.History()}) == 2


def test_json_round_trip_of_numbers_that_json_has_not():
    history = nn.History(COLUMNS, interrupted=True, stopped="early", restored=3)
    text = history.to_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    back = nn.History.from_json(text)
    assert back == history
    assert math.isnan(back["val_loss"][1])
    assert back["val_loss"][3] == math.inf
    assert (back.interrupted, back.stopped, back.restored) == (True, "early", 3)
    assert nn.History.from_dict(history.to_dict()) == history
    assert back != nn.History(COLUMNS)
    assert back != "history"
    history.to_dict()["columns"]["loss"].append(7.0)
    assert len(history["loss"]) == 4


WRONG = [
    (TypeError, "column 'loss' is not a list of numbers", lambda: nn.History({"loss": "1"})),
    (TypeError, "column 'loss' is not a list of numbers", lambda: nn.History({"loss": ["1"]})),
    (TypeError, "column 'loss' is not a list of numbers", lambda: nn.History({"loss": [True]})),
    (ValueError, "different lengths, {'a': 1, 'b': 2}",
     lambda: nn.History({"a": [1], "b": [1, 2]})),
    (KeyError, "no column 'q'; there are epoch, step", lambda: nn.History(COLUMNS)["q"]),
    (KeyError, "no column 'q'; there are none yet", lambda: nn.History()["q"]),
    (ValueError, "the row has the columns loss, the history has epoch",
     lambda: nn.History(COLUMNS).append({"loss": 1.0})),
    (ValueError, "a high or a low 'lr' good", lambda: nn.History(COLUMNS).best("lr")),
    (ValueError, "column 'loss' holds no number to be the best",
     lambda: nn.History({"loss": [math.nan]}).best("loss")),
    (ValueError, "this is not a history", lambda: nn.History.from_dict([])),
    (ValueError, "this is not a history", lambda: nn.History.from_json("{}")),
    (ValueError, "this is not a history", lambda: nn.History.from_json("[1]")),
    (
        ValueError,
        "this is not a history: History: column 'loss' is not a list",
        lambda: nn.History.from_json('{"columns": {"loss": true}}'),
    ),
    (
        ValueError,
        "this is not a history: History: stopped is a string",
        lambda: nn.History.from_dict({"columns": {}, "stopped": 1}),
    ),
    (ValueError, "without epochs has no curves; train first", lambda: nn.History().draw()),
    (ValueError, 'theme is "auto", "light" or "dark"', lambda: nn.History(COLUMNS).draw("pink")),
]  # fmt: skip


@pytest.mark.parametrize(("error", "match", "mistake"), WRONG, ids=[w[1][:40] for w in WRONG])
def test_mistakes(error, match, mistake):
    with pytest.raises(error, match=match):
        mistake()


# --------------------------------------------------------------------------------------------------
# Text and pictures


def test_text():
    text = repr(nn.History(COLUMNS, interrupted=True, restored=3))
    lines = text.splitlines()
    assert lines[0] == ("History of 4 epochs; interrupted in epoch 5; the model is that of epoch 3")
    assert [line.split() for line in lines[1:]] == [
        ["loss", "1", "→", "0.3", "█▃▁▁", "least", "0.25", "in", "epoch", "3"],
        ["accuracy", "0.5", "→", "0.9", "▁▄██", "most", "0.9", "in", "epoch", "3"],
        ["val_loss", "1.1", "→", "inf", "█", "▁", "least", "0.02", "in", "epoch", "3"],
        ["lr", "0.1"],
    ]
    assert repr(nn.History()) == "History of 0 epochs"
    stopped = nn.History({"val_f1": [0.5, 0.25]}, stopped="stopped early")
    assert repr(stopped) == "History of 2 epochs; stopped early\n  val_f1  0.5 → 0.25  █▁"
    assert stopped.draw().svg().count('class="va"') == 1


def test_sparkline():
    assert sparkline([]) == ""
    assert sparkline([1.0, 1.0]) == "▁▁"
    assert sparkline([-1.7e308, 0.0, 1.7e308]) == "▁▄█"
    long = sparkline([float(i) for i in range(1000)])
    assert len(long) == 30
    assert list(long) == sorted(long)
    assert sparkline([math.nan]) == " "


def points(svg):
    root = ET.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    return root, {
        kind: [
            [tuple(map(float, p.split(","))) for p in line.get("points").split()]
            for line in root.iter(f"{space}polyline")
            if line.get("class") == kind
        ]
        for kind in ("tr", "va")
    }


def test_curves_show_the_numbers():
    history = nn.History(COLUMNS | {"val_loss": [1.2, 0.8, 0.6, 0.7]}, restored=3)
    root, lines = points(history.draw().svg("light"))
    loss, accuracy = lines["tr"]
    assert len(lines["va"]) == 1
    # one axis for both: heights in the picture are a falling line in the numbers
    heights = [y for _, y in [*loss, *lines["va"][0]]]
    numbers = [*COLUMNS["loss"], 1.2, 0.8, 0.6, 0.7]
    slope, offset = np.polyfit(numbers, heights, 1)
    assert slope < 0
    np.testing.assert_allclose(slope * np.array(numbers) + offset, heights, atol=0.06)
    assert np.ptp(np.diff([x for x, _ in loss])) < 0.15
    assert accuracy[0][1] > accuracy[-1][1]
    titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "epoch 3: val_loss 0.6" in titles
    assert 'class="be"' in history.draw().svg()


def test_curves_of_large_ratio_are_logarithmic_and_break_at_nan():
    column = [100.0, 10.0, math.nan, 1.0, 0.1, math.inf, 0.01]
    svg = nn.History({"epoch": list(range(1, 8)), "loss": column}).draw().svg()
    _, lines = points(svg)
    assert "loss (log)" in svg
    first, second = lines["tr"]
    assert len(first) == len(second) == 2
    drop = first[1][1] - first[0][1]
    assert drop > 10
    assert second[1][1] - second[0][1] == pytest.approx(drop, abs=0.2)
    assert second[0][1] - first[1][1] == pytest.approx(drop, abs=0.2)


@pytest.mark.parametrize(
    "column",
    [
        [0.0], [5.0, 5.0], [-1.7e308, 1.7e308], [5e-324, 1e308], [math.nan, math.nan], [-3.0, 4.0],
        [1.0, 1.0 + 2**-52], [0.001, 0.04], [1e-8] * 3, list(range(5000)),
    ],
)  # fmt: skip
def test_curves_of_any_numbers_are_drawn_inside(column):
    with np.errstate(all="raise"):
        picture = nn.History(
            {"loss": [float(x) for x in column], "<&>": [1.0] * len(column)}
        ).draw()
    for theme in ("light", "dark", "auto"):
        root, lines = points(picture.svg(theme))
        assert not re.search(r'="[^"]*(nan|inf)\b', picture.svg(theme))
        for line in lines["tr"]:
            assert all(50 <= x <= 600 and 50 <= y <= 250 for x, y in line)
        assert root.get("role") == "img"
    finite = [x for x in column if abs(x) < 1e300]
    axis = Axis([float(x) for x in column])
    assert all(-0.01 <= axis.place(x) <= 1.01 for x in finite)
    ticks = axis.ticks()
    assert len(ticks) <= 7
    assert len(ticks) >= 1 or len(set(finite)) > 1


def test_notebooks_get_a_picture():
    bundle = nn.History(COLUMNS)._repr_mimebundle_()
    assert bundle.keys() == {"text/html", "image/svg+xml", "text/plain"}
    assert "History of 4 epochs" in bundle["text/plain"]
    assert "http" not in bundle["text/html"].replace("http://www.w3.org/2000/svg", "")
    assert nn.History()._repr_mimebundle_() == {"text/plain": "History of 0 epochs"}
    assert isinstance(nn.History(COLUMNS).draw(), Picture)


def test_a_column_asked_for_as_an_attribute_says_how_it_is_read():
    history = nn.History({"epoch": [1, 2], "loss": [1.0, 0.5]})
    with pytest.raises(AttributeError, match=r"no attribute 'loss'; use history\['loss'\]"):
        history.loss  # noqa: B018
    with pytest.raises(AttributeError, match=r"'plot'; in a notebook it shows itself, elsewhere"):
        history.plot()
    with pytest.raises(AttributeError, match=r"'save'; use .columns, .* np.savez\(path, \*\*his"):
        history.save("a.npz")
    for name in ("keys", "history"):
        with pytest.raises(AttributeError, match=rf"'{name}'; use .columns, a dict"):
            getattr(history, name)
    with pytest.raises(AttributeError, match=r"no attribute 'los'$"):
        history.los  # noqa: B018
    assert copy.deepcopy(history) == pickle.loads(pickle.dumps(history)) == history

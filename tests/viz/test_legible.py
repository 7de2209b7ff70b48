"""Pictures of many kinds, in a browser: no text is cut off, and none overlaps another."""

import numpy as np
import pytest

import nn
from autograd import Tensor, Value, add_n, draw, softmax, step_through, zoom
from autograd.viz import Drawing

from ..browser import browser, violations
from .pictures import network

__all__ = ["browser"]

# Texts beyond the picture or their card, and texts on texts.
FAULTS = """[...document.querySelectorAll('svg')].flatMap(svg => {
  const box = e => e.getBoundingClientRect(), found = [], whole = box(svg);
  const within = (r, s) => r.left > s.left - 1 && r.right < s.right + 1 && r.bottom < s.bottom + 1;
  const texts = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim() && box(t).width);
  for (const t of texts) {
    const card = t.closest('.nd')?.querySelector('.c');
    if (!within(box(t), whole) || (card && !within(box(t), box(card)))) found.push(t.textContent);
  }
  texts.forEach((t, k) => texts.slice(k + 1).forEach(u => {
    const a = box(t), b = box(u);
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1.5 && high > 4) found.push(t.textContent + ' on ' + u.textContent);
  }));
  return found;
})"""
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 3)), RNG.integers(0, 4, size=20)


def run(loss):
    with np.errstate(all="ignore"):
        loss.backward()
    return draw(loss)


def long_labels():
    a = Tensor(np.ones((2, 3)), True, label="the name of a parameter that was written in full")
    b = Value(3.0, label="another_name_of_a_parameter_without_any_space")
    loss = (a * b).sum()
    loss.label = "MAXIMUM LIKELIHOOD WITH EVERYTHING"
    return run(loss)


def letters():
    a, b = Value(2.0, label="重み α₁"), Value(-3.0, label="🙂 émoji")
    return run((a * b + Value(1.0, label="ϑ̂_‖x‖²")).tanh())


def wide_letters():
    a = Tensor(np.ones((1, 4)), True, label="MMMMMMMMMMMMMMM")
    b = Tensor(np.ones((1, 4)), True, label="WWWWWWW %%% @@@")
    return run(np.maximum(np.where(X[:1, :1] > 0, a, b), a * b).sum())


def extremes():
    a, b = Value(1e-300, label="tiny"), Value(1e20, label="huge")
    c = Tensor([[1e-300, 1e20, -1e300], [-1.2345e-5, 123456.789, -0.000123456]], True, label="c")
    with np.errstate(all="ignore"):
        return run((c * b).sum() * a + Value(1234567.891, label="m") * Value(-99999.5, label="n"))


def not_finite():
    a = Tensor([1.0, np.nan, np.inf, -np.inf], True, label="a")
    return run((a * a).sum() * Value(np.inf, label="inf") + Value(np.nan, label="nan"))


def empty():
    return run((Tensor(np.zeros((0, 3)), True, label="e") * Tensor(np.ones(3), True)).sum())


def many_earlier_nodes():
    x = Value(0.5, label="x")
    y = x
    for _ in range(400):
        y = y * 1.01
    y.backward()
    return draw(y, max_nodes=20)


def a_wide_sum():
    terms = [Value(k / 10, label=f"x{k}").tanh() for k in range(40)]
    return run(add_n(terms))


def attention():
    model = nn.MultiHeadAttention(8, 2, rng=0)
    return run((model(Tensor(RNG.normal(size=(2, 5, 8)), label="X")) ** 2).mean())


def indices():
    x = Tensor(np.arange(24.0).reshape(2, 3, 4), True, label="x")
    return run((softmax(x[1, 1:, ::2], axis=-1) * x[0, :2, [0, 1]].T).sum() * x[1, 2, 3])


def opened():
    return zoom((Tensor(X[:2], True, label="X") @ np.ones((3, 2))).sum()).draw()


def diagram(sizes, **options):
    model = nn.MLP(sizes, rng=0)
    inputs, targets = RNG.normal(size=(6, sizes[0])), RNG.integers(0, sizes[-1], size=6)
    return nn.draw_network(model, inputs, targets=targets, loss=nn.CrossEntropyLoss(), **options)


def one_unit():
    loss = nn.MSELoss()
    return nn.draw_network(nn.MLP([1, 1], rng=0), np.ones((1, 1)), targets=[[0.0]], loss=loss)


def wide_layers():
    return diagram([784, 128, 64, 10])


def named_layers():
    return diagram([3, 5, 4], names=["entry", "a hidden layer of five", "outcome"])


def health():
    model = nn.MLP([3, *[6] * 9, 4], activation="sigmoid", rng=0)
    return nn.health(model, (X, Y), nn.CrossEntropyLoss())


def curves():
    data, model = nn.data.moons(60, rng=0), nn.MLP([2, 8, 2], rng=0)
    optimizer, loss = nn.SGD(model.parameters(), lr=1e-3), nn.CrossEntropyLoss()
    return nn.fit(model, data, loss, optimizer, epochs=3, metrics="accuracy", progress=False, rng=0)


PICTURES = [
    long_labels, letters, wide_letters, extremes, not_finite, empty, many_earlier_nodes, a_wide_sum,
    attention, indices, opened, one_unit, wide_layers, named_layers, health, curves,
]  # fmt: skip


@pytest.mark.parametrize("picture", PICTURES, ids=lambda f: f.__name__)
def test_texts_are_whole_and_apart(picture, browser, tmp_path):
    path = tmp_path / "picture.html"
    html = picture()._repr_mimebundle_()["text/html"]
    path.write_text(f"<!doctype html><meta charset=utf-8><title>p</title>{html}", encoding="utf8")
    browser.open(path.as_uri())
    assert browser.run("document.querySelectorAll('svg text').length") > 2
    assert browser.run(FAULTS) == []


@pytest.mark.parametrize("picture", [extremes, attention, named_layers], ids=lambda f: f.__name__)
def test_pictures_stay_readable_on_a_telephone(picture, browser, tmp_path):
    path = tmp_path / "picture.html"
    html = picture()._repr_mimebundle_()["text/html"]
    path.write_text(f"<!doctype html><meta charset=utf-8><title>p</title>{html}", encoding="utf8")
    browser.open(path.as_uri())
    size = {"width": 400, "height": 700, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    scale = "(s => s.getBoundingClientRect().width / s.viewBox.baseVal.width)"
    assert browser.run(f"{scale}(document.querySelector('svg'))") > 0.6
    assert browser.run("document.documentElement.scrollWidth") <= 400


def test_texts_of_a_walk_are_whole_and_apart(browser, tmp_path):
    browser.open(step_through(network((4, 8, 8, 2))).save(tmp_path / "walk.html").as_uri())
    browser.press("End")
    assert browser.run(FAULTS) == []


@pytest.mark.parametrize("layers", [2, 9, 16])
def test_headings_of_a_player_are_apart(layers, browser, tmp_path):
    model = nn.MLP([2, *[4] * layers, 2], activation="tanh", rng=0)
    recorder = nn.record(model, nn.data.moons(30, rng=0), loss=nn.CrossEntropyLoss())
    recorder.play(str(tmp_path / "player.html"))
    browser.open((tmp_path / "player.html").as_uri())
    assert browser.run("document.querySelectorAll('#net text').length") > layers
    assert browser.run(FAULTS) == []


@pytest.mark.parametrize("picture", [attention, health, one_unit], ids=lambda f: f.__name__)
def test_pages_of_pictures_are_accessible(picture, browser, tmp_path):
    drawn = picture()
    page = drawn if isinstance(drawn, Drawing) else drawn.picture()
    browser.open(page.save(tmp_path / "picture.html").as_uri())
    size = {"width": 390, "height": 700, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    assert violations(browser) == []
    # by keyboard alone, to the end of a picture that is wider than the window
    pane = "document.querySelector('[role=group]')"
    browser.run(f"{pane}.focus()")
    assert browser.run(f"document.activeElement === {pane}")
    assert browser.run(f"{pane}.scrollWidth > {pane}.clientWidth")


def test_a_wide_picture_is_printed_whole(browser, tmp_path):
    browser.open(attention().save(tmp_path / "picture.html").as_uri())
    size = {"width": 700, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.run("document.querySelector('svg').getBoundingClientRect().right") <= 700
    assert browser.run("document.querySelector('label').getClientRects().length") == 0

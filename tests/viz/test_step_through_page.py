"""step_through: the page is safe and reproducible, and errors."""

import html
import json
import math
import os
import re
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest

import autograd
from autograd import Tensor, Value, step_through

from .pictures import network, neuron
from .walks import leaf

NASTY = "</script><img src=x onerror=alert(1)> \"'& \u2028\u2029 𝒳 \ud800 {y}"


def test_labels_are_harmless():
    v, t = Value(3.0, label=NASTY), leaf([1.0, 2.0], NASTY + "2")
    loss = (t * v).sum() * v
    loss.label = NASTY + "3"
    text = step_through(loss, title=NASTY).html()
    assert text.count("</script>") == 2
    assert "<img" not in text
    scripts = "".join(re.findall(r"<script.*?</script>", text, re.S))
    assert not set("\u2028\u2029") & set(scripts)
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
    # in one line
    assert " ".join(NASTY.split()) in [u["name"] for u in data["units"]]
    for step in data["steps"]:
        assert "<img" not in step.get("math", "")
        assert all("<img" not in p["math"] for p in step.get("passes", []))
    assert all("<img" not in card for card in data["cards"])


def test_the_page_asks_for_nothing():
    text = step_through(network((2, 3, 1))).html()
    outside = re.sub(r'xmlns="[^"]*"', "", text).replace(
        'createElementNS("http://www.w3.org/2000/svg"', ""
    )
    assert "http" not in outside.replace("http-equiv", "")
    assert re.findall(r'(?:src|href)="([^"]*)"', outside) == ["data:,"]
    assert "default-src 'none'" in text
    assert "localStorage" not in text


def test_the_page_is_the_same_in_every_run():
    script = (
        "from tests.viz.pictures import network; from autograd import step_through; import sys; "
        "sys.stdout.write(step_through(network((2, 3, 1))).html())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert runs[0].decode() == step_through(network((2, 3, 1))).html()


def test_the_graph_is_left_alone():
    x = leaf([1.0, 2.0], "x")
    x.grad = np.array([5.0, 5.0])
    h = np.sin(x)
    loss = (h * h).sum()
    walk = step_through(loss)
    walk.html()
    assert x.grad.tolist() == [5.0, 5.0]
    assert h.grad is None
    assert loss.grad is None
    loss.backward()
    np.testing.assert_allclose(x.grad - 5.0, 2 * np.sin([1.0, 2.0]) * np.cos([1.0, 2.0]))


def test_the_walk_stays_what_it_was():
    x = leaf([1.0, 2.0], "x")
    loss = (x * x).sum()
    walk = step_through(loss)
    x.data = x.data * 100
    assert "100" not in json.dumps(walk.data["numbers"])
    assert walk.html() == walk.html()


def test_in_notebooks_and_files(tmp_path):
    walk = step_through(neuron(), title='a "walk"')
    bundle = walk._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    frame = re.fullmatch(
        r'<iframe srcdoc="([^"]*)" title="a &quot;walk&quot;" (.*)', bundle["text/html"]
    )
    assert html.unescape(frame[1]) == walk.html()
    assert 'sandbox="allow-scripts"' in frame[2]
    assert bundle["image/svg+xml"].startswith("<svg")
    path = walk.save(tmp_path / "walk.html")
    assert path.read_text(encoding="utf8") == walk.html()
    assert os.listdir(tmp_path) == ["walk.html"]
    with pytest.raises(ValueError, match=r"cannot save 'walk\.png'.*ends in \.html"):
        walk.save(tmp_path / "walk.png")


def test_themes():
    assert '<html lang="en" data-theme="dark">' in step_through(neuron(), theme="dark").html()
    assert '<html lang="en">' in step_through(neuron()).html()


def test_the_assets_are_in_the_package():
    for name in ("step.css", "panel.js", "step.js"):
        assert (files("autograd.viz") / "assets" / name).is_file()


def test_what_cannot_be_walked_through():
    x = leaf([1.0, 2.0], "x")
    y = x * 2
    y.label = "y"
    with pytest.raises(ValueError, match=r"'y' \(multiply\) has shape \(2,\): reduce it"):
        step_through(y)
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), the loss \(2,\)"):
        step_through(y, np.ones(3))
    with pytest.raises(TypeError, match="leaves that want gradients"):
        step_through(Tensor(1.0))
    with pytest.raises(TypeError, match="needs a Value, a Tensor or a Node, got float"):
        step_through(1.0)
    for options, message in (
        ({"max_nodes": 0}, "max_nodes is a whole number from 1, got 0"),
        ({"max_steps": True}, "max_steps is a whole number from 1, got True"),
        ({"depth": -1}, "depth is a whole number from 0 or None, got -1"),
        ({"theme": "pink"}, "theme is"),
        ({"expand": "nothing"}, "no module 'nothing'"),
    ):
        with pytest.raises(ValueError, match=message):
            step_through(y.sum(), **options)
    loss = (x * x).sum()
    loss.backward(release=True)
    with pytest.raises(RuntimeError, match="was released"):
        step_through(loss)
    loss = (x * x).sum()
    x.data = x.data * 2
    with pytest.raises(RuntimeError, match="changed after it was used"):
        step_through(loss)


# in words, and as a function of input and result
TOLD = {
    "leaky_relu": ("1 where the input is positive, the leak", lambda x, z: 1.0 if x > 0 else 0.01),
    "softplus": ("σ(x)", lambda x, z: 1 / (1 + math.exp(-x))),
    "absolute": ("1 or −1", lambda x, z: math.copysign(1, x)),
    "sqrt": ("1/(2·√x)", lambda x, z: 1 / (2 * z)),
    "reciprocal": ("−1/x²", lambda x, z: -1 / x**2),
    "log1p": ("1/(1 + x)", lambda x, z: 1 / (1 + x)),
    "sin": ("is cos", lambda x, z: math.cos(x)),
    "cos": ("is −sin", lambda x, z: -math.sin(x)),
    "tan": ("1 + tan²", lambda x, z: 1 + z**2),
    "arctan": ("1/(1 + x²)", lambda x, z: 1 / (1 + x**2)),
    "sinh": ("is cosh", lambda x, z: math.cosh(x)),
    "cosh": ("is sinh", lambda x, z: math.sinh(x)),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_a_step_says_of_a_derivative_is_true(name):
    said, slope = TOLD[name]
    function = getattr(autograd, name, getattr(np, name, None))
    for at in (0.3, 0.9) if name == "sqrt" else (-0.7, 0.4):
        x = Tensor(at, requires_grad=True, label="x")
        steps = step_through(function(x)).data["steps"]
        told = [p["why"] for s in steps for p in s.get("passes", [])]
        assert len(told) == 1
        assert said in told[0]
        below, here, above = (function(Tensor(at + d)).item() for d in (-1e-6, 0.0, 1e-6))
        assert slope(at, here) == pytest.approx((above - below) / 2e-6, rel=1e-6)

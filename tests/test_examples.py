"""Every script of docs/examples runs, with few steps, and finds what it promises."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "examples"


@pytest.fixture(autouse=True)
def examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(FOLDER)):
            del sys.modules[name]


def example(name: str) -> Any:
    return importlib.import_module(name)


def test_every_example_has_a_test() -> None:
    text = Path(__file__).read_text(encoding="utf8")
    for path in FOLDER.glob("*.py"):
        assert f'"{path.stem}"' in text, f"{path.name} is never run"


def test_chein(capsys: pytest.CaptureFixture[str]) -> None:
    losses = example("seed_chein").main(50)
    assert losses[-1] < losses[0]
    assert "(5, 2)   gradient (5, 2)" in capsys.readouterr().out


def test_cross_entropy(capsys: pytest.CaptureFixture[str]) -> None:
    losses = example("seed_cross_entropy").main(100)
    assert losses[-1] < 0.2 < losses[0]
    by_hand, by_engine = capsys.readouterr().out.splitlines()[-2:]
    assert by_hand.split("[[")[1] == by_engine.split("[[")[1]


def test_jay(capsys: pytest.CaptureFixture[str]) -> None:
    new = example("seed_jay").main()
    assert "W_kl" in capsys.readouterr().out.splitlines()[-1]
    # SEEDS D: the exact gradient of W_kl's first entry is -0.752523
    assert new["W_kl"][0, 0] == pytest.approx(0.1 + 0.00752523, abs=1e-8)


def test_jumping_back(tmp_path: Path) -> None:
    page = tmp_path / "walk.html"
    losses = example("seed_jumping_back").main(100, page)
    # SEEDS E5
    assert losses[0] == pytest.approx(0.1059625955, abs=1e-10)
    assert losses[9] == pytest.approx(0.1050293477, abs=1e-10)
    assert losses[99] == pytest.approx(0.0948358526, abs=1e-10)
    assert "<html" in page.read_text(encoding="utf8")


def test_mazur() -> None:
    losses = example("seed_mazur").main(2)
    assert losses == pytest.approx([0.298371109, 0.291027774], abs=1e-9)


def test_moons(capsys: pytest.CaptureFixture[str]) -> None:
    losses = example("moons_values").main(20, samples=30)
    assert losses[-1] < losses[0] / 2
    assert "#" in capsys.readouterr().out


def test_watch_moons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "moons.html"
    recording = example("watch_moons").main(3, page)
    assert [row["epoch"] for row in recording.rows] == [0, 1, 2, 3]
    assert str(page.resolve()) in capsys.readouterr().out
    assert "<html" in page.read_text(encoding="utf8")


def test_the_two_language_models_are_one(capsys: pytest.CaptureFixture[str]) -> None:
    values, tensors, names = example("gpt_values"), example("gpt_tensors"), example("names")
    rng = np.random.default_rng(0)
    arrays = tensors.NamesGPT(rng)
    for p in arrays.parameters():
        p.data = rng.normal(0.0, 0.3, p.shape)
    # rows of the arrays' weights are inputs, rows of the values' are outputs
    model = {
        name: [
            [values.Value(x) for x in row]
            for row in (p.data if name in ("letters", "positions") else p.data.T).tolist()
        ]
        for name, p in arrays.named_parameters()
    }
    some = names.NAMES[:3]
    one_by_one = [values.loss_of(model, name).data for name in some]
    assert tensors.loss_of(arrays, some).item() == pytest.approx(np.mean(one_by_one), rel=1e-12)


@pytest.mark.parametrize("name", ["gpt_values", "gpt_tensors"])
def test_language_models_learn(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    losses = example(name).main(30)
    assert np.mean(losses[-5:]) < losses[0] - 0.2
    assert "names:" in capsys.readouterr().out


def test_digits() -> None:
    pytest.importorskip("sklearn", reason="the digits are scikit-learn's")
    assert example("digits").main() > 0.97


def test_pendulum() -> None:
    pytest.importorskip("scipy", reason="the minimiser is SciPy's")
    assert example("pendulum").main(60) == pytest.approx([0.3, 1.2, 1.0], abs=0.05)


def test_gradients_of_recurrent_networks() -> None:
    found = example("rnn_gradients").main(40)
    one_step = {scale: norms[-2] / norms[-1] for scale, norms in found.items()}
    # before tanh bends, Wᵀ alone multiplies the gradient
    assert one_step[0.6] == pytest.approx(0.6, rel=0.05)
    assert found[0.6][0] < 1e-6 < 0.1 < found[1.0][0]
    assert found[1.5][0] > 10 * found[1.5][-1]

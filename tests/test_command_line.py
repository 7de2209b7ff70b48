"""The command line: what it prints, writes and refuses."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd import Value
from autograd.__main__ import main
from autograd.command_line.expression import load, parse


def test_demo_leaves_its_files(tmp_path, capsys):
    assert main(["demo", "-o", str(tmp_path / "out"), "--epochs", "10"]) == 0
    text = capsys.readouterr().out
    assert str(tmp_path / "out") in text
    assert "0.1059625955" in text
    assert "[1.35 1.27 1.8 ]" in text
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"report.txt", "graph.txt", "graph.svg", "graph.html", "graph.dot"} <= names


def test_doctor_is_well_here(capsys):
    assert main(["doctor"]) == 0
    assert "numpy" in capsys.readouterr().out


def test_doctor_sees_hips_autograd(monkeypatch, capsys):
    import autograd.command_line.doctor as module

    known = module._version
    monkeypatch.setattr(module, "_version", lambda n: "1.9" if n == "autograd" else known(n))
    assert main(["doctor"]) == 1
    assert "HIPS" in capsys.readouterr().out


def test_draw_writes_a_picture(tmp_path):
    out = tmp_path / "g.svg"
    assert main(["draw", "a*b + tanh(a)", "a=2", "b=-3", "-o", str(out)]) == 0
    assert out.read_text(encoding="utf8").startswith("<svg")


def test_draw_to_the_terminal(capsys):
    assert main(["draw", "a*a", "a=3", "-o", "-"]) == 0
    assert "6" in capsys.readouterr().out


def test_step_to_the_terminal(capsys):
    assert main(["step", "a*a", "a=3"]) == 0
    assert "accumulates" in capsys.readouterr().out


def test_step_to_a_file(tmp_path):
    out = tmp_path / "steps.txt"
    assert main(["step", "a*a", "a=3", "-o", str(out)]) == 0
    assert "step 5 of 5" in out.read_text(encoding="utf8")


def test_step_writes_a_page(tmp_path, capsys):
    out = tmp_path / "walk.html"
    assert main(["step", "a*a", "a=3", "-o", str(out)]) == 0
    assert out.read_text(encoding="utf8").startswith("<!doctype html>")
    assert str(out) in capsys.readouterr().err


def test_draw_from_a_file(tmp_path, capsys):
    script = tmp_path / "net.py"
    script.write_text("from autograd import Value\nloss = Value(2.0, label='w') * 3\n")
    assert main(["draw", f"{script}:loss", "-o", "-"]) == 0
    assert "w" in capsys.readouterr().out
    with pytest.raises(ValueError, match="has no 'lost'"):
        load(f"{script}:lost", {})
    with pytest.raises(FileNotFoundError, match=r"there is no file missing\.py"):
        load("missing.py:loss", {})


@pytest.mark.parametrize(
    ("text", "numbers", "message"),
    [
        ("a*", {"a": 1}, "is not an expression"),
        ("a*b", {"a": 1}, "uses 'b'; give its number: b=2"),
        ("a", {"a": 1, "b": 2}, "does not use b"),
        ("1 + 2", {}, "has no names"),
        ("__import__('os').system('true')", {}, "is not understood"),
        ("a.data", {"a": 1}, "is not understood"),
        ("[a][0]", {"a": 1}, "is not understood"),
        ("-" * 300 + "a", {"a": 1}, "nested deeper"),
    ],
)
def test_what_is_no_expression(text, numbers, message):
    with pytest.raises(ValueError, match=message):
        parse(text, numbers)


def test_expressions_are_graphs_of_values():
    y = parse("-(a - 2*b) ** 2 / sigmoid(c) + +1.5", {"a": 1.0, "b": 3.0, "c": 0.0})
    assert isinstance(y, Value)
    assert y.data == pytest.approx(-25 / 0.5 + 1.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["draw"], "required: source"),
        (["nothing"], "invalid choice: 'nothing'"),
        (["demo", "--epochs", "0"], "must be a number of at least 1, got 0"),
        (["demo", "--epochs", "x"], "must be a number of at least 1, got x"),
        (["draw", "a", "a"], "'a' is not of the form a=2"),
        (["draw", "a", "a="], "'a=' is not of the form a=2"),
        (["draw", "a", "2=2"], "'2=2' is not of the form a=2"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_a_terminal_that_lacks_signs():
    done = subprocess.run(
        [sys.executable, "-m", "autograd", "step", "a*a", "a=3"],
        capture_output=True,
        cwd=Path(autograd.__file__).parent.parent,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        check=True,
    )
    assert b"?/?a: before 3, this 3, now 6 (accumulates)" in done.stdout


def test_trouble_is_told_on_stderr(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert main(["demo", "-o", str(tmp_path / "file"), "--epochs", "1"]) == 1
    assert main(["draw", "a*b", "a=1"]) == 1
    assert "give its number" in capsys.readouterr().err


def test_without_a_command_the_help_is_shown(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a picture goes where one is
    assert main([]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    for word in ("demo", "step", "examples:", "python -m autograd draw"):
        assert word in said.err
    for line in re.findall(r"python -m autograd (.*)", said.err.partition("examples:")[2]):
        command = shlex.split(line)
        assert main(command[: command.index("-o")] if "-o" in command else command) == 0

"""The progress of fit: nothing in files, a line in terminals, a bar of tqdm."""

import io
import os
import re
import subprocess
import sys
import textwrap

import pytest

from .fits import ROOT, X, Y, run, setup


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def no_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)


def shown(monkeypatch, stream, **options):
    monkeypatch.setattr(sys, "stderr", stream)
    model, optimizer = setup()
    run(model, optimizer, **options)
    return stream.getvalue()


def test_progress_is_silent_in_files(monkeypatch):
    assert shown(monkeypatch, io.StringIO(), progress=None) == ""
    assert shown(monkeypatch, Terminal(), progress=False) == ""
    monkeypatch.setattr(sys, "stderr", None)
    model, optimizer = setup()
    run(model, optimizer, progress=None)
    run(model, optimizer, progress=True)


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_a_stream_that_was_closed_does_not_end_the_training(monkeypatch, error):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    writes = []

    def write(text):
        writes.append(text)
        raise error("closed")

    stream.write = write
    model, optimizer = setup()
    assert len(run(model, optimizer, progress=True)) == 4
    assert len(writes) == 1


@pytest.mark.usefixtures("no_tqdm")
def test_progress_in_a_terminal_is_one_line(monkeypatch):
    text = shown(monkeypatch, Terminal(), progress=None)
    assert text.count("\n") == 1
    assert text.endswith("\n")
    last = text.split("\r")[-1]
    assert re.match(r"epoch 4/4  loss 0\.\d+ *\n", last)


def test_progress_asked_for_in_a_file_is_few_lines(monkeypatch):
    text = shown(monkeypatch, io.StringIO(), progress=True, epochs=25)
    lines = text.splitlines()
    assert [line.split()[1] for line in lines] == [f"{k}/25" for k in (*range(3, 25, 3), 25)]


def test_progress_by_tqdm(monkeypatch):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    text = shown(monkeypatch, Terminal(), progress=True, validation=(X, Y))
    assert "4/4" in text
    assert "val_loss 0." in text


def test_script_in_the_documentation_style_runs_quietly(tmp_path):
    script = textwrap.dedent("""
        import nn
        model = nn.MLP([2, 4, 2], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        nn.fit(model, nn.data.moons(20, rng=0), nn.CrossEntropyLoss(), optimizer, epochs=2)
    """)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == done.stderr == ""

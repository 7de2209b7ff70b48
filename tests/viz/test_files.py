"""Saving, and drawing through Graphviz: with the program, without it, and with one that fails."""

import os
import stat
import subprocess
import sys
import warnings

import pytest

from autograd.viz import draw
from autograd.viz.drawing import engines

from .pictures import network, neuron, parsed

FAKE = """#!/bin/sh
cat > /dev/null
echo '<?xml version="1.0"?><!-- head --><svg xmlns="http://www.w3.org/2000/svg">made by dot</svg>'
"""


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GRAPHVIZ_DOT", raising=False)
    monkeypatch.setattr(engines.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(engines, "_module", lambda name: None)
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)
    return tmp_path


def program(folder, text):
    path = folder / "program"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("ending", [".svg", ".html", ".dot", ".txt", ".SVG"])
def test_files_that_need_nothing(nothing_installed, tmp_path, ending):
    path = draw(network()).save(tmp_path / f"graph{ending}")
    assert path.read_text(encoding="utf8")
    if ending.lower() == ".svg":
        parsed(path.read_text(encoding="utf8"))
    assert [p.name for p in tmp_path.iterdir()] == [f"graph{ending}"]
    assert path.stat().st_mode & 0o400


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "graph.svg"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        draw(neuron()).save(str(path))
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["graph.svg"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX")
def test_a_read_only_picture_stays_and_a_link_stays_a_link(tmp_path, monkeypatch):
    path, link = tmp_path / "graph.svg", tmp_path / "link.svg"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    draw(neuron()).save(link)
    assert link.is_symlink()
    assert path.read_text(encoding="utf8").startswith("<svg")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    with pytest.raises(PermissionError, match=r"graph.svg is read-only; change its permissions"):
        draw(neuron()).save(path)
    assert path.read_text() == "old"


def test_endings(nothing_installed, tmp_path):
    drawing = draw(neuron())
    with pytest.raises(
        ValueError, match=r"cannot save 'g.jpg': the name ends in .svg, .html, .png"
    ):
        drawing.save(tmp_path / "g.jpg")
    with pytest.raises(RuntimeError, match=r"pip install 'glassgrad\[png\]'"):
        drawing.save(tmp_path / "g.png")
    with pytest.raises(RuntimeError, match="pip install cairosvg"):
        drawing.save(tmp_path / "g.pdf")
    assert not list(tmp_path.iterdir())


def test_files_bake_the_theme(tmp_path):
    text = draw(neuron(), theme="dark").save(tmp_path / "g.svg").read_text(encoding="utf8")
    assert "var(" not in text
    assert "#12161d" in text


def test_without_dot_the_built_in_layout_draws(nothing_installed):
    drawing = draw(neuron(), engine="dot")
    with pytest.warns(UserWarning, match="Graphviz was not found; .* pip install graphviz-pure"):
        svg = drawing.svg()
    assert svg == draw(neuron()).svg()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing.html()  # said once


def test_dot_where_it_is(nothing_installed, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("GRAPHVIZ_DOT", program(nothing_installed, FAKE))
    drawing = draw(neuron(), engine="dot")
    assert drawing.svg().startswith("<svg")
    assert "made by dot" in drawing.html()
    assert drawing.save(nothing_installed / "g.png").read_bytes().startswith(b"<?xml")


def test_a_dot_that_fails(nothing_installed, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("GRAPHVIZ_DOT", program(nothing_installed, "#!/bin/sh\nexit 3\n"))
    with pytest.warns(UserWarning, match=r"Graphviz failed \(CalledProcessError\)"):
        assert "<svg" in draw(neuron(), engine="dot").svg()
    monkeypatch.setattr(engines, "TIMEOUT", 0.2)
    monkeypatch.setenv("GRAPHVIZ_DOT", program(nothing_installed, "#!/bin/sh\nexec sleep 5\n"))
    with pytest.warns(UserWarning, match=r"Graphviz failed \(TimeoutExpired\)"):
        draw(neuron(), engine="dot").svg()
    with pytest.raises(subprocess.TimeoutExpired):
        engines.run_dot("digraph {}", "svg")


def test_rasterisers_are_asked_in_order(nothing_installed, monkeypatch, tmp_path):
    class Resvg:
        @staticmethod
        def svg_to_bytes(svg_string, zoom):
            assert "var(" not in svg_string
            return b"resvg"

    class Cairo:
        @staticmethod
        def svg2png(bytestring, scale):
            return b"cairo"

        @staticmethod
        def svg2pdf(bytestring):
            return b"pdf"

    found = {"cairosvg": Cairo}
    monkeypatch.setattr(engines, "_module", found.get)
    drawing = draw(neuron())
    assert drawing.save(tmp_path / "a.png").read_bytes() == b"cairo"
    assert drawing.save(tmp_path / "a.pdf").read_bytes() == b"pdf"
    found["resvg_py"] = Resvg
    assert drawing.save(tmp_path / "b.png").read_bytes() == b"resvg"

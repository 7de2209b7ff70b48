"""Recordings as files and pages: complete or refused, and safe."""

import json
import os
import signal
import subprocess
import sys
import weakref
from contextlib import suppress

import numpy as np
import pytest

import nn

from .recordings import CE, mlp, moons, trained

# --------------------------------------------------------------------------------------------------
# Files


def test_files_hold_everything(tmp_path):
    path = tmp_path / "run.npz"
    recorder = trained(path=path)
    recorder.save()
    found = nn.Recording.load(path)
    assert found.rows == recorder.recording.rows
    assert found.findings == recorder.recording.findings
    assert found.arrays.keys() == recorder.recording.arrays.keys()
    for name, a in found.arrays.items():
        np.testing.assert_array_equal(a, recorder.recording.arrays[name])
        assert a.dtype == recorder.recording.arrays[name].dtype
    assert found.html() == recorder.recording.html()
    assert found.text() == recorder.recording.text()
    assert repr(found) == "<Recording of Network 2-8-2: 7 snapshots, epochs 0 to 6>"
    plain = json.loads(json.dumps(found.to_dict()))
    assert len(plain["arrays"]["weights"]) == 7


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in "ab":
        recorder = trained(path=tmp_path / f"{name}.npz")
        recorder.save()
        recorder.play(tmp_path / f"{name}.html")
    for ending in ("npz", "html"):
        a, b = (tmp_path / f"{name}.{ending}" for name in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_files_are_written_as_the_training_goes_on(tmp_path):
    path = tmp_path / "run.npz"
    recorder = nn.record(mlp(), moons(), loss=CE, path=path, save_every=3)
    counts = [len(nn.Recording.load(path))]
    for _ in range(7):
        recorder.snap()
        counts.append(len(nn.Recording.load(path)))
    assert counts == [1, 1, 1, 4, 4, 4, 7, 7]
    with recorder:
        pass
    assert len(nn.Recording.load(path)) == 8
    recorder.snap()
    ended = weakref.ref(recorder)
    del recorder
    assert ended() is None
    assert len(nn.Recording.load(path)) == 9


SCRIPT = """
import os, signal, sys, numpy as np, nn
model = nn.MLP([2, 4, 2], rng=0)
recorder = nn.record(model, nn.data.moons(20, rng=0), path=sys.argv[1], save_every=5)
for k in range(23):
    recorder.snap(loss=1.0)
if sys.argv[2] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize(("way", "least"), [("kill", 19), ("end", 24)])
def test_kill_loses_the_last_snapshots_at_most(tmp_path, way, least):
    path = tmp_path / "run.npz"
    done = subprocess.run([sys.executable, "-c", SCRIPT, path, way], capture_output=True)
    assert done.returncode == (-signal.SIGKILL if way == "kill" else 0), done.stderr
    assert len(nn.Recording.load(path)) >= least
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    trained(path=path, epochs=2).save()
    raw, whole = path.read_bytes(), nn.Recording.load(path).to_dict()
    for k in range(0, len(raw), max(1, len(raw) // 40)):
        path.write_bytes(raw[:k])
        with pytest.raises(ValueError, match=r"damaged, incomplete or not a \.npz file"):
            nn.Recording.load(path)
    for k in range(200, len(raw), len(raw) // 20):
        path.write_bytes(raw[:k] + bytes([raw[k] ^ 1]) + raw[k + 1 :])
        with suppress(ValueError):
            # what no reader looks at may differ, as a date in the zip
            found = nn.Recording.load(path)
            assert found.to_dict() == whole
    nn.save(path, mlp())
    with pytest.raises(ValueError, match="holds no recording; was it written by"):
        nn.Recording.load(path)
    nn.Recording("x", {})
    from nn.saving import archive

    archive.write(path, {"recording": {"title": "x", "structure": {}, "rows": [{}]}})
    with pytest.raises(ValueError, match="whose parts do not fit each other"):
        nn.Recording.load(path)


def test_parts_of_a_file_that_do_not_fit(tmp_path):
    from nn.saving import archive

    path = tmp_path / "run.npz"
    recorder = trained(path=path, epochs=2)
    recorder.save()
    for change in (
        lambda r: r["rows"].pop(),
        lambda r: r["arrays"].pop("weights"),
        lambda r: r["arrays"].update(weights=np.zeros((3, 1))),
        lambda r: r["structure"].pop("outputs"),
        lambda r: r.update(arrays=3),
        lambda r: r.update(findings=[[], [], [3]]),
    ):
        recorder.recording.save(path)
        tree = archive.read(path)
        change(tree["recording"])
        archive.write(path, tree)
        with pytest.raises(ValueError, match="whose parts do not fit each other"):
            nn.Recording.load(path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        nn.record(mlp(), moons(), path=tmp_path / "none" / "run.npz")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        trained().play(tmp_path / "none" / "page.html")


# --------------------------------------------------------------------------------------------------
# The page


def test_the_page_asks_for_nothing_and_is_small(tmp_path):
    model = mlp(sizes=(2, 16, 16, 2))
    recorder = trained(model, epochs=100, path=tmp_path / "run.npz")
    recorder.save()
    path = recorder.play(tmp_path / "page.html")
    text = path.read_text(encoding="utf8")
    assert path.stat().st_size < 1_000_000
    assert (tmp_path / "run.npz").stat().st_size < 1_000_000
    without = text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert "http" not in without
    assert "src=" not in without
    assert "url(" not in without


def test_long_recordings_are_thinned():
    recorder = nn.record(mlp(), moons(20))
    for _ in range(300):
        recorder.recording.add({**recorder.recording.rows[-1]}, *_last(recorder.recording))
    for k, row in enumerate(recorder.recording.rows):
        row["epoch"] = k
    html = recorder.recording.html()
    data = json.loads(html.split('id="data">')[1].split("</script>")[0])
    assert data["of"] == 301
    assert data["count"] <= 200
    assert [data["rows"][k]["epoch"] for k in (0, -1)] == [0, 300]


def _last(recording):
    return {n: a[-1] for n, a in recording.arrays.items()}, recording.findings[-1]


def test_names_are_harmless():
    evil = "</script><script>alert(1)</script>\"'&\u2028"

    class Model(nn.Module):
        def __init__(self):
            self.__dict__[evil] = nn.Linear(2, 2, rng=0)

        def forward(self, x):
            return self.__dict__[evil](x)

    Model.__name__ = "<b onload='x'>"
    x, y = moons(20)
    data = nn.data.Dataset(x, y, classes=(evil, "<i>"))
    recorder = nn.record(Model(), data, loss=CE)
    recorder.snap(**{evil: 1.0})
    html = recorder.recording.html()
    assert "<script>alert" not in html
    assert "<b onload" not in html
    assert "<i>" not in html.replace("<i style", "")
    assert html.count("</script>") == 2
    frame = recorder.recording._repr_html_()
    assert frame.count("<") == 2


def test_a_recording_is_no_page(tmp_path):
    with pytest.raises(
        ValueError, match=r"'run\.html': save\(\) keeps .* play\(\) writes the page"
    ):
        trained().recording.save(tmp_path / "run.html")


def test_notebooks_and_terminals():
    recorder = trained()
    bundle = recorder._repr_mimebundle_()
    assert bundle["text/html"].startswith("<iframe srcdoc=")
    assert bundle["text/plain"] == recorder.recording.text()
    text = recorder.recording.text()
    assert "loss" in text
    assert "layers.0.weight 2×8: " in text
    assert "epoch 0 to 6: healthy" in text
    assert repr(recorder) == "<Recorder of Network 2-8-2: 7 snapshots, epochs 0 to 6>"
    empty = nn.Recording("x", {})
    assert empty._repr_mimebundle_() == {"text/plain": "<Recording of x: 0 snapshots>"}
    assert empty.text() == "<Recording of x: 0 snapshots>"

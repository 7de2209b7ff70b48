"""Damaged, foreign and hostile files are refused, and nothing in them is executed."""

import copy
import hashlib
import io
import json
import os
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor
from nn.saving import archive
from nn.saving.generators import from_state, named_generators, state_of

from .saved import numbers, refused


def _small(tmp_path, ending):
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(1, 1, rng=rng), nn.Dropout(0.5, rng=rng))
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    path = nn.save(tmp_path / f"s.{ending}", model, optimizer=optimizer, history=[1.0])
    return path, model, optimizer


def _everything(model, optimizer):
    states = {k: repr(state_of(g)) for k, g in named_generators(model).items()}
    return repr((numbers(model), optimizer.state_dict(), states))


def _fresh():
    model = nn.Sequential(nn.Linear(1, 1, rng=5), nn.Dropout(0.5, rng=5))
    return model, nn.SGD(model.parameters(), lr=0.7, momentum=0.1)


def test_every_changed_byte_is_noticed_or_harmless(tmp_path, ending):
    path, model, optimizer = _small(tmp_path, ending)
    good, right = path.read_bytes(), _everything(model, optimizer)
    other, second = _fresh()
    wrong = _everything(other, second)
    loaded = 0
    for i in range(len(good)):
        path.write_bytes(good[:i] + bytes([good[i] ^ (1 << i % 8)]) + good[i + 1 :])
        try:
            nn.load(path, other, second)
        except ValueError:
            assert _everything(other, second) == wrong, i
        else:
            # only where the zip format keeps nothing of weight, such as dates
            assert _everything(other, second) == right, i
            other, second = _fresh()
            loaded += 1
    assert loaded < len(good) / 4


def test_every_truncation_is_noticed(tmp_path, ending):
    path, _, _ = _small(tmp_path, ending)
    good = path.read_bytes()
    other, second = _fresh()
    before = _everything(other, second)
    for i in range(len(good)):
        path.write_bytes(good[:i])
        with pytest.raises(ValueError, match=r"s.\w+ is damaged, incomplete or not a .\w+ file"):
            nn.load(path, other, second)
    assert _everything(other, second) == before


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300), st.integers(0, 2**32))
def test_any_bytes_arerefused(tmp_path, ending, junk, place):
    path, _, _ = _small(tmp_path, ending)
    good = path.read_bytes()
    place %= len(good)
    other, second = _fresh()
    before = _everything(other, second)
    for content in (junk, good[:place] + junk, junk + good[place:], good + junk):
        path.write_bytes(content)
        try:
            nn.load(path, other, second)
        except ValueError:
            assert _everything(other, second) == before
        else:
            other, second = _fresh()


def _forged(path, change):
    """Write a file whose checksums are right and whose content is not."""
    with zipfile.ZipFile(path) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    header = archive._npy(entries.pop("header.npy")).tobytes().decode().partition("\n")[2]
    header = change(json.loads(header), entries) or ""
    text = header if isinstance(header, str) else json.dumps(header)
    text = f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}"
    buffer = io.BytesIO()
    np.save(buffer, np.frombuffer(text.encode(), np.uint8))
    with zipfile.ZipFile(path, "w") as file:
        for name, content in {"header.npy": buffer.getvalue(), **entries}.items():
            file.writestr(name, content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda x: (
        st.lists(x, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$array", "$scalar", "$tuple", "$pairs", "$generator", "a", "pos"]),
            x,
            max_size=2,
        )
    ),
    max_leaves=6,
)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_forged_headers_change_all_or_nothing(tmp_path, data):
    path, _, _ = _small(tmp_path, "npz")
    other, second = _fresh()
    before = _everything(other, second)

    def change(header, entries):
        place = header
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            inside = isinstance(place[key], dict | list) and place[key]
            if not inside or data.draw(st.integers(0, 3)) == 0:
                place[key] = data.draw(JSON)
                return header
            place = place[key]

    _forged(path, change)
    try:
        nn.load(path, other, second)
    except ValueError:
        assert _everything(other, second) == before


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda h, e: h | {"version": 2}, "is of version 2 of the format, and this release reads"),
        (lambda h, e: h | {"format": "x"}, "its format is 'x'"),
        (lambda h, e: h | {"tree": []}, "its header holds no dictionary"),
        (lambda h, e: h | {"tree": {}}, "holds no model; was it written by nn.save"),
        (lambda h, e: h | {"tree": {"model": {"parameters": {"w": "x"}}}}, "not a number"),
        (lambda h, e: h | {"tree": {"$what": 1}}, r"unknown kind \$what"),
        (lambda h, e: h["tree"]["model"].update(tied=3) or h, "holds no tied where there should"),
        (lambda h, e: h["tree"]["model"].update(generators={"a": 3}) or h, "no random generators"),
        (lambda h, e: h["tree"].update(optimizer=3) or h, "holds no state of an optimizer where"),
        (lambda h, e: e.update({"more.npy": e["model/parameters/layers.0.bias.npy"]}) or h,
         "its entries are not those of the header"),
        (lambda h, e: h["entries"]["model/parameters/layers.0.bias"].update(shape=[2]) or h,
         "the entry 'model/parameters/layers.0.bias' is not what the header says"),
        (lambda h, e: "[" * 100_000, "is damaged, incomplete or not a .npz file"),
    ],
)  # fmt: skip
def test_forgeries_by_name(tmp_path, change, match):
    path, _, _ = _small(tmp_path, "npz")
    _forged(path, change)
    model, optimizer = _fresh()
    refused(path, model, match, optimizer)


def _zipped(path, entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in entries:
            file.writestr(name, content)


def test_foreign_and_hostile_zip_files(tmp_path):
    path, model = tmp_path / "m.npz", nn.Linear(1, 1)
    np.savez(path, weight=np.ones((1, 1)))
    refused(path, model, "it has no header; load it with numpy.load")
    _zipped(path, [("header.npy", bytes(10**7))], zipfile.ZIP_DEFLATED)
    refused(path, model, "its entries are compressed, or larger than the file")
    with pytest.warns(UserWarning, match="Duplicate name"):
        _zipped(path, [("header.npy", b"a"), ("header.npy", b"b")])
    refused(path, model, "two of its entries have one name")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    huge = buffer.getvalue().replace(b"(3,)", b"(9" + b"9" * 12 + b",)", 1)
    _zipped(path, [("header.npy", huge)])
    refused(path, model, "is damaged, incomplete")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    _zipped(path, [("header.npy", buffer.getvalue()[:-8])])
    refused(path, model, r"an entry of shape \(3,\) has 16 bytes")


class Trap:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("trapped",))


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    _zipped("m.npz", [("header.npy", buffer.getvalue())])
    refused("m.npz", nn.Linear(1, 1), r"an entry of object")
    assert os.listdir() == ["m.npz"]


def test_states_of_generators_are_checked():
    state = state_of(np.random.Generator(np.random.MT19937(0)))
    state["state"] = {**state["state"], "pos": 10**6}
    with pytest.raises(ValueError, match="the position 1000000 is outside the buffer of MT19937"):
        from_state(state)
    state = state_of(np.random.Generator(np.random.Philox(0)))
    with pytest.raises(ValueError, match="the position -1 is outside the buffer of Philox"):
        from_state({**state, "buffer_pos": -1})
    with pytest.raises(ValueError, match="no random generator 'os'; there are PCG64, "):
        from_state({"bit_generator": "os"})


def test_a_failing_optimizer_leaves_the_model(tmp_path):
    path, _, _ = _small(tmp_path, "npz")
    _forged(path, lambda h, e: h["tree"]["optimizer"]["state"].update(lr=-1.0) or h)
    model, optimizer = _fresh()
    refused(
        path, model, "SGD: lr must be at least 0 and finite, got -1.0. Nothing was loa", optimizer
    )


def test_loading_does_not_alias(tmp_path):
    path, _, _ = _small(tmp_path, "npz")
    a, b = _fresh()[0], _fresh()[0]
    found = nn.load(path, a)
    nn.load(path, b)
    a[0].weight.data[:] = 9
    assert b[0].weight.data != 9
    assert found.parameters["layers.0.weight"] != 9
    assert isinstance(a[0].weight, Tensor)
    assert numbers(copy.deepcopy(a)) == numbers(a)


def test_the_name_comes_first(tmp_path):
    model = nn.Linear(2, 1, rng=0)
    with pytest.raises(
        TypeError, match=r'name of a file first, as nn\.save\("model\.npz", model\)'
    ):
        nn.save(model, tmp_path / "model.npz")
    for path in ("a\0b.npz", ""):
        with pytest.raises(ValueError, match=r"save: .* is no name of a file"):
            nn.save(path, nn.Linear(1, 1))
    with pytest.raises(TypeError, match=r"load takes the name of a file first.*; got Linear"):
        nn.load(model, tmp_path / "model.npz")


def test_a_refused_file_raises_a_builtin_error(tmp_path):
    np.savez(tmp_path / "plain.npz", a=np.ones(2))
    with pytest.raises(ValueError, match=r"it has no header; load it with numpy\.load") as error:
        nn.load(tmp_path / "plain.npz")
    assert error.type is ValueError

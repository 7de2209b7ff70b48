"""Data in memory: checks, batches, splits, classes, scaling."""

import math

import numpy as np
import pytest

import nn
from autograd import Tensor
from nn.data import checks

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
    missing = np.array(["2020-01-01", "NaT"], "datetime64[D]")
    for labels in ([1.0, np.nan], [1.0, np.inf], ["a", None], ["a", np.nan], (1, None), missing):
        for classes in (None, ["a", "b"]):
            with pytest.raises(ValueError, match=r"in row 1 .counted from 0. is missing or not f"):
                nn.data.class_indices(labels, classes)
    assert nn.data.class_indices(["nan", "a"])[1] == ("a", "nan")
    with pytest.raises(TypeError, match=r"labels of several types have no order .*; make all of"):
        nn.data.class_indices(np.array([1, "a"], object))


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


def test_columns_whose_squares_overflow():
    with pytest.raises(ValueError, match=r"the squares of numbers as large as 3e\+300 overflow"):
        nn.data.standardise(np.array([[1.0, 1e300], [2.0, -3e300]]))


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


def test_a_dataset_has_a_target_for_each_sample():
    with pytest.raises(
        ValueError, match=r"Dataset: x .* has 4 samples and y \(3,\) has 3; rows are"
    ):
        nn.data.Dataset(np.zeros((4, 2)), np.zeros(3))


def test_parts_of_a_dataset_keep_its_names():
    data = nn.data.Dataset(X, Y, ("a", "b"), ("no", "yes"), "points")
    for rows in (slice(1, 6, 2), [0, 3], np.array([2, 2]), Y == 1):
        part = data[rows]
        np.testing.assert_array_equal(part.x, X[rows])
        np.testing.assert_array_equal(part.y, Y[rows])
        assert (part.features, part.classes, part.name) == (("a", "b"), ("no", "yes"), "points")
    for rows in (0, (0, 1), np.int64(2)):
        with pytest.raises(TypeError, match=r"a slice, indices or a mask .* data\[:10\]; got"):
            data[rows]
    x, y = data
    assert (x is X, y is Y) == (True, True)
    for use in (np.asarray, nn.MLP([2, 2], rng=0), nn.data.one_hot, lambda d: np.exp(Tensor(d))):
        with pytest.raises(TypeError, match=r"a Dataset is no array; data\.x are its"):
            use(data)


@pytest.mark.parametrize("arguments", [(X,), (nn.data.Dataset(X, Y), 0.5)])
def test_a_split_without_targets_is_refused(arguments):
    with pytest.raises(TypeError, match="takes x and y, or a Dataset alone; name the rest"):
        nn.data.train_test_split(*arguments)


def test_a_mask_that_hides_nothing_is_taken():
    assert checks.checked_array("x", np.ma.masked_less([1.0, 2.0], 0)).tolist() == [1.0, 2.0]


def test_a_scaling_prints_in_a_line():
    text = repr(nn.data.standardise(np.arange(60.0).reshape(2, 30)))
    assert text == "Standardise of samples (30,), mean [15., 16., ..., 43., 44.]"

"""Data from files: tables and arrays, what is damaged refused."""

import csv
import zipfile

import numpy as np
import pytest

import nn

X = np.arange(20.0).reshape(10, 2)


Y = np.array([0, 1] * 5)


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
    ("a;b\n1;2\n", r"has 2 rows of samples and 1 columns; .* perhaps delimiter=';'"),
    ("a;b\n1,5;2\n", r"line 2: 2 cells, the first row has 1; .* perhaps delimiter=';'"),
    ("a,b,c\n1_000,2,3\n", r"line 2: column 'a' holds '1_000', not a finite number"),
    ('a,b\n1,"' + "2" * 200_000, r"cannot be read as rows of cells: field larger than .* mark"),
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


def test_a_delimiter_of_several_characters(write):
    path = write("1,2\n")
    for delimiter in ("", "ab", None):
        with pytest.raises(ValueError, match="load_csv: the delimiter is one character, got"):
            nn.data.load_csv(path, delimiter=delimiter)


def test_another_delimiter_is_seen_where_a_column_is_named(write):
    with pytest.raises(ValueError, match=r"0 columns named 'y'; .* a;y; perhaps delimiter=';'"):
        nn.data.load_csv(write("a;y\n1;2\n"), "y")


def test_amounts_are_not_taken_for_classes(write):
    prices = [100 * k + 7 for k in range(30)]
    path = write("size,price\n" + "\n".join(f"{k}.5,{p}" for k, p in enumerate(prices)))
    match = r"the 30 labels in column 'price' are 30 different numbers, .* pass regression=True"
    with pytest.raises(ValueError, match=match):
        nn.data.load_csv(path, "price")
    np.testing.assert_array_equal(nn.data.load_csv(path, "price", regression=True).y, prices)
    named = nn.data.load_csv(path, "price", classes=[str(p) for p in prices])
    np.testing.assert_array_equal(named.y, range(30))
    twice = write("a,b\n" + "\n".join(f"{k}.5,{k // 2}" for k in range(30)))
    np.testing.assert_array_equal(nn.data.load_csv(twice).y, [k // 2 for k in range(30)])
    few = write("a,b\n" + "\n".join(f"{k}.5,{k}" for k in range(10)))
    assert len(nn.data.load_csv(few).classes) == 10


def test_chosen_columns_are_the_inputs(write):
    path = write("age,city,income,bought\n30,Rome,1.5,yes\n40,Oslo,2.5,no\n")
    data = nn.data.load_csv(path, features=["income", np.int64(0)])
    np.testing.assert_array_equal(data.x, [[1.5, 30.0], [2.5, 40.0]])
    assert (data.features, data.classes) == (("income", "age"), ("no", "yes"))
    np.testing.assert_array_equal(nn.data.load_csv(path, "age", features=[-2]).x, [[1.5], [2.5]])
    with pytest.raises(ValueError, match=r"'city' holds 'Rome', .* other columns by features="):
        nn.data.load_csv(path)
    for features in ([], ["age", "age"], ["age", 0], ["bought"], [3]):
        with pytest.raises(ValueError, match="features are different columns, without that of"):
            nn.data.load_csv(path, features=features)
    with pytest.raises(ValueError, match="has 0 columns named 'size'; its columns are age, city"):
        nn.data.load_csv(path, features=["size"])
    bare = nn.data.load_csv(write("1,2,3\n4,5,6\n"), features=[1])
    np.testing.assert_array_equal(bare.x, [[2.0], [5.0]])
    mixed = nn.data.load_csv(write("30,Rome,1.5,yes\n40,Oslo,2.5,no\n"), features=[0, -2])
    np.testing.assert_array_equal(mixed.x, [[30.0, 1.5], [40.0, 2.5]])


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
    np.savez_compressed(path, x=X, y=Y)
    entry = whole.index(b"PK\x01\x02")
    for file, place, byte in (
        (whole, 150, 1),
        (whole, entry + 8, 1),  # encrypted
        (whole, entry + 10, 0xFF),  # another method of compression
        (whole, whole.index(b"PK\x05\x06") + 14, 0xFF),  # a directory longer than the file
        (path.read_bytes(), 150, 0xFF),
    ):
        flipped = bytearray(file)
        flipped[place] ^= byte
        path.write_bytes(flipped)
        with pytest.raises(ValueError, match="cannot be read as an npz"):
            nn.data.load_npz(path)
    np.save(tmp_path / "single.npy", X)
    with pytest.raises(ValueError, match="cannot be read as an npz"):
        nn.data.load_npz(tmp_path / "single.npy")


def test_entries_of_an_npz_that_cannot_be(tmp_path):
    path = tmp_path / "a.npz"
    for header in (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2" + "0" * 30 + ",), }",
        "{",
    ):
        said = f"{header}\n".encode()
        entry = b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("x.npy", entry)
            file.writestr("y.npy", entry)
        with pytest.raises(ValueError, match="cannot be read as an npz"):
            nn.data.load_npz(path)

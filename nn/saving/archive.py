"""Files of plain data and arrays: written completely or not at all, checked, never executed.

A file consists of a header, which is JSON, and one entry for each array. Numbers and strings are in
the header itself. What of a model goes into a file is in `io.py`. Next: `matching.py`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import numpy as np

from autograd.files import replacing

from .generators import from_state, state_of

Array = np.ndarray[Any, Any]
FORMAT, VERSION = "glassgrad", 1
ENDINGS = (".npz", ".safetensors")
_KINDS = "biufcSU"
_HEADER = "header"


def write(path: Path, tree: dict[str, Any]) -> None:
    """Write plain data to a file; the file that was there stays if anything goes wrong.

    Parameters
    ----------
    path : Path
        Ends in .npz or .safetensors.
    tree : dict
        Dictionaries, lists, tuples, dataclasses, strings, numbers, None, arrays, and NumPy random
        generators.

    Raises
    ------
    TypeError
        For data of any other type; the message names its place in the tree.
    ValueError
        For any other ending.
    OSError
        If the file cannot be written.
    """
    ending = ending_of(path)
    arrays: dict[str, Array] = {}
    try:
        body = _packed(tree, "", arrays)
    except RecursionError:
        raise ValueError(
            f"{path.name}: the data are nested too deeply, or hold themselves; give plain lists "
            "and dictionaries"
        ) from None
    entries = {name: _entry(a) for name, a in arrays.items()}
    text = json.dumps(
        {"format": FORMAT, "version": VERSION, "entries": entries, "tree": body}, sort_keys=False
    )
    # the header follows its own checksum
    text = f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}"
    with replacing(path) as file:
        (_write_npz if ending == ".npz" else _write_safetensors)(file, text, arrays)


def read(path: Path) -> dict[str, Any]:
    """Return the data that `write` put into a file, after checking every part of it.

    Raises
    ------
    ValueError
        If the file is damaged, incomplete, or not a file of this format.
    OSError
        If it cannot be read.
    """
    reader = _read_npz if ending_of(path) == ".npz" else _read_safetensors
    raw = path.read_bytes()
    try:
        return reader(path, raw)
    except ImportError:
        raise
    except _Refused as error:
        raise ValueError(*error.args) from error.__cause__
    except Exception as error:  # a damaged file may make the libraries raise anything
        raise ValueError(
            f"{path.name} is damaged, incomplete or not a {path.suffix} file ({error}); nothing "
            "was loaded. Use an older copy"
        ) from error


class _Refused(ValueError):
    """A file was refused; the message is complete."""


def ending_of(path: Path) -> str:
    """Return the ending of a file name; raise ValueError if it is not that of a format."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(f"{path.name!r}: the name of the file ends in {' or '.join(ENDINGS)}")
    return ending


# --------------------------------------------------------------------------------------------------
# Plain data as JSON, with arrays stored separately


def _packed(x: Any, where: str, arrays: dict[str, Array]) -> Any:
    """Return x as JSON types, with its arrays put aside; other types become {"$kind": ...}."""
    if x is None or isinstance(x, bool | str | int | float):
        # subclasses, such as numpy.float64 of float, are read back as their base class
        return x
    if isinstance(x, np.generic) and x.dtype.kind in "biuf" and x.dtype.itemsize <= 8:
        return {"$scalar": [x.dtype.str, x.item()]}
    if isinstance(x, np.ndarray):
        return {"$array": _set_aside(x, where, arrays)}
    if isinstance(x, list | tuple):
        items = [_packed(e, f"{where}/{i}", arrays) for i, e in enumerate(x)]
        return {"$tuple": items} if isinstance(x, tuple) else items
    if isinstance(x, dict):
        if all(isinstance(k, str) and not k.startswith("$") for k in x):
            return {k: _packed(e, f"{where}/{quote(k, '')}", arrays) for k, e in x.items()}
        pairs = enumerate(x.items())
        return {
            "$pairs": [
                [_packed(k, f"{where}/{i}.key", arrays), _packed(e, f"{where}/{i}", arrays)]
                for i, (k, e) in pairs
            ]
        }
    if isinstance(x, np.random.Generator | np.random.RandomState):
        return {"$generator": _packed(state_of(x), where, arrays)}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        fields = {f.name: getattr(x, f.name) for f in dataclasses.fields(x)}
        return _packed(fields, where, arrays)
    raise TypeError(
        f"{where.strip('/') or 'the data'} is {type(x).__name__}, which a file cannot hold; give "
        "numbers, text, arrays, random generators, and lists and dictionaries of them"
    )


def _set_aside(x: Array, where: str, arrays: dict[str, Array]) -> str:
    if x.dtype.kind not in _KINDS:
        raise TypeError(
            f"{where.strip('/')} is an array of {x.dtype}, which a file cannot hold; give numbers "
            "or text"
        )
    name = where.strip("/")
    arrays[name] = np.asarray(x, x.dtype.newbyteorder("="))
    return name


def _unpacked(x: Any, arrays: dict[str, Array]) -> Any:
    if isinstance(x, list):
        return [_unpacked(e, arrays) for e in x]
    if not isinstance(x, dict):
        return x
    if len(x) != 1 or not next(iter(x)).startswith("$"):
        return {k: _unpacked(e, arrays) for k, e in x.items()}
    kind, content = next(iter(x.items()))
    if kind == "$array":
        return arrays[content]
    if kind == "$scalar":
        return _dtype(content[0]).type(content[1])
    if kind == "$tuple":
        return tuple(_unpacked(content, arrays))
    if kind == "$pairs":
        return {_unpacked(k, arrays): _unpacked(e, arrays) for k, e in content}
    if kind == "$generator":
        return from_state(_unpacked(content, arrays))
    raise ValueError(f"unknown kind {kind}")


def _dtype(text: Any) -> np.dtype[Any]:
    dtype = np.dtype(str(text))
    if dtype.kind not in _KINDS or dtype.names or dtype.subdtype:
        raise ValueError(f"an entry of {dtype}")
    return dtype


def _entry(a: Array) -> dict[str, Any]:
    return {"shape": list(a.shape), "dtype": a.dtype.str, "sha256": _digest(a)}


def _digest(a: Array) -> str:
    return hashlib.sha256(a.tobytes()).hexdigest()


def _header(path: Path, text: str) -> dict[str, Any]:
    """Return the header, if it is one that `write` made."""
    digest, _, body = text.partition("\n")
    if hashlib.sha256(body.encode()).hexdigest() != digest:
        raise ValueError("its header is changed")
    header: dict[str, Any] = json.loads(body)
    if header["format"] != FORMAT:
        raise ValueError(f"its format is {header['format']!r}")
    if header["version"] != VERSION:
        raise _Refused(
            f"{path.name} is of version {header['version']} of the format, and this release reads "
            f"version {VERSION}; update glassgrad"
        )
    return header


def _tree(header: dict[str, Any], arrays: dict[str, Array]) -> dict[str, Any]:
    """Return the plain data, after checking the arrays against the header."""
    entries: dict[str, Any] = header["entries"]
    if entries.keys() != arrays.keys():
        raise ValueError(f"its entries are not those of the header: {entries.keys() ^ arrays}")
    for name, entry in entries.items():
        if _entry(arrays[name]) != entry:
            raise ValueError(f"the entry {name!r} is not what the header says of it")
    tree = _unpacked(header["tree"], arrays)
    if not isinstance(tree, dict):
        raise ValueError("its header holds no dictionary")
    return tree


# --------------------------------------------------------------------------------------------------
# npz: a zip file of npy entries, which numpy.load reads as well


def _write_npz(file: BinaryIO, text: str, arrays: dict[str, Array]) -> None:
    header = np.frombuffer(text.encode(), np.uint8)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, a in {_HEADER: header, **arrays}.items():
            # a fixed date, so that the same data give the same file
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            with archive.open(info, "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, a, allow_pickle=False)


def _read_npz(path: Path, raw: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        if len(infos) != len(archive.infolist()):
            raise ValueError("two of its entries have one name")
        # nothing here is compressed, so no entry can be larger than the file
        stored = all(info.compress_type == zipfile.ZIP_STORED for info in infos.values())
        size = sum(info.file_size for info in infos.values())
        if not stored or size > len(raw):
            raise ValueError("its entries are compressed, or larger than the file")
        if f"{_HEADER}.npy" not in infos:
            raise ValueError("it has no header; load it with numpy.load")
        text = _npy(archive.read(infos.pop(f"{_HEADER}.npy"))).tobytes().decode()
        header = _header(path, text)
        arrays = {name.removesuffix(".npy"): _npy(archive.read(i)) for name, i in infos.items()}
        return _tree(header, arrays)


def _npy(raw: bytes) -> Array:
    """Return the array of an npy entry; its size is checked before memory is allocated."""
    file = io.BytesIO(raw)
    version = np.lib.format.read_magic(file)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, fortran, dtype = read_header(file)
    _dtype(dtype.str)
    start = file.tell()
    if len(raw) - start != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"an entry of shape {shape} has {len(raw) - start} bytes")
    flat = np.frombuffer(raw, dtype, offset=start) if len(raw) > start else np.empty(0, dtype)
    a: Array = flat.reshape(shape, order="F" if fortran else "C").copy(order="K")
    return a


# --------------------------------------------------------------------------------------------------
# safetensors


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "a .safetensors file needs the package safetensors: pip install "
            "'glassgrad[safetensors]', or give a name that ends in .npz"
        ) from error
    return safetensors


def _write_safetensors(file: BinaryIO, text: str, arrays: dict[str, Array]) -> None:
    for name, a in arrays.items():
        if a.dtype.kind not in "biuf" or a.dtype.itemsize > 8:
            raise TypeError(f"{name}: safetensors cannot hold {a.dtype}; use a .npz file")
    plain = {name: a.copy(order="C") for name, a in arrays.items()}
    file.write(_safetensors().numpy.save(plain, {FORMAT: text}))


def _read_safetensors(path: Path, raw: bytes) -> dict[str, Any]:
    arrays = _safetensors().numpy.load(raw)
    # the first eight bytes are the length of the header
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    text = header.get("__metadata__", {}).get(FORMAT)
    if text is None:
        # written by another program: parameters only
        return {"model": {"parameters": arrays}}
    return _tree(_header(path, text), arrays)

"""Numbers in and out of many Values at once, in C: a loop of Python's takes longer than a replay.

A few functions over Python's objects, compiled once and kept; without Python's headers, or if they
do not compile, `library` returns None and loops of Python do the same. Next: `tape_replay.py`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sysconfig
from typing import Any

from ..node import Node
from ..scalar_node import ScalarNode
from .c_build import CompileError, build


class Slots:
    """The functions, with the places of a Value's slots.

    Parameters
    ----------
    found : ctypes.PyDLL
        The compiled library; its functions run under Python's lock.
    """

    def __init__(self, found: Any) -> None:
        for name, kinds in _KINDS.items():
            function = getattr(found, name)
            function.argtypes, function.restype = kinds, ctypes.c_int
        self._offset = found.offset
        self._offset.restype = ctypes.c_ssize_t
        self.data = self._place(ScalarNode, "_data")
        self.grad = self._place(ScalarNode, "grad")
        self._a, self._mark = self._place(Node, "_a"), self._place(Node, "_mark")
        self._functions = found

    def _place(self, kind: type, name: str) -> int:
        offset: int = self._offset(vars(kind)[name])
        if offset < 0:
            raise AttributeError(name)
        return offset

    def read(self, values: list[Any], place: int, numbers: int, rows: int) -> bool:
        """Copy the floats in a slot to these rows; False if one is no float."""
        return bool(self._functions.take(values, place, numbers, rows))

    def write(self, values: list[Any], place: int, numbers: int, rows: int) -> bool:
        """Set a slot to the numbers in these rows; False if there is no memory."""
        return bool(self._functions.put(values, place, numbers, rows))

    def date(self, values: list[Any], mark: float) -> None:
        """Give leaves among these values a mark."""
        self._functions.date(values, self._a, self._mark, mark)

    def same(self, containers: list[Any], held: list[Any], skipped: tuple[str, ...]) -> bool:
        """Whether lists and dicts hold these very objects, but for what has a key to be skipped.

        ``held`` has of a dict each key with its value, and `END` after each container.
        """
        return bool(self._functions.same(containers, held, END, skipped))


# between two containers, so that nothing moves unseen from one to the other
END = object()
_FOUND: list[Slots | None] = []


def loaded() -> Slots | None:
    """Return the functions if they were loaded before."""
    return _FOUND[0] if _FOUND else None


@functools.cache
def library() -> Slots | None:
    """Return the functions, compiled now or earlier; None where that cannot be."""
    _FOUND[:] = [_library()]
    return _FOUND[0]


def _library() -> Slots | None:
    places = {sysconfig.get_path(name) for name in ("include", "platinclude")}
    places = {p for p in places if p and os.path.exists(os.path.join(p, "Python.h"))}
    if not places or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return None
    text = f"/* {sysconfig.get_config_var('SOABI')} */\n{SOURCE}"
    try:
        return Slots(ctypes.PyDLL(build(text, [f"-I{p}" for p in sorted(places)])._name))
    except (CompileError, OSError, AttributeError):
        return None


_SIZE, _OBJECT, _POINTER = ctypes.c_ssize_t, ctypes.py_object, ctypes.c_void_p
_KINDS: dict[str, list[Any]] = {
    "take": [_OBJECT, _SIZE, _POINTER, _POINTER],
    "put": [_OBJECT, _SIZE, _POINTER, _POINTER],
    "date": [_OBJECT, _SIZE, _SIZE, _OBJECT],
    "same": [_OBJECT, _OBJECT, _OBJECT, _OBJECT],
    "offset": [_OBJECT],
}
SOURCE = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define SLOT(x, offset) (*(PyObject **)((char *)(x) + (offset)))

EXPORT Py_ssize_t offset(PyObject *descriptor)
{
    if (!PyObject_TypeCheck(descriptor, &PyMemberDescr_Type)) return -1;
    return ((PyMemberDescrObject *)descriptor)->d_member->offset;
}

EXPORT int take(PyObject *values, Py_ssize_t place, double *numbers, const long long *rows)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(values); i++) {
        PyObject *x = SLOT(PyList_GET_ITEM(values, i), place);
        if (!x || !PyFloat_CheckExact(x)) return 0;
        numbers[rows[i]] = PyFloat_AS_DOUBLE(x);
    }
    return 1;
}

EXPORT int put(PyObject *values, Py_ssize_t place, const double *numbers, const long long *rows)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(values); i++) {
        PyObject *x = PyFloat_FromDouble(numbers[rows[i]]);
        if (!x) { PyErr_Clear(); return 0; }
        PyObject *owner = PyList_GET_ITEM(values, i), *old = SLOT(owner, place);
        SLOT(owner, place) = x;
        Py_XDECREF(old);
    }
    return 1;
}

EXPORT int date(PyObject *values, Py_ssize_t parent, Py_ssize_t place, PyObject *mark)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(values); i++) {
        PyObject *owner = PyList_GET_ITEM(values, i), *old = SLOT(owner, place);
        if (SLOT(owner, parent) != Py_None) continue;
        Py_INCREF(mark);
        SLOT(owner, place) = mark;
        Py_XDECREF(old);
    }
    return 1;
}

static int in(PyObject *tuple, PyObject *x)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++)
        if (PyTuple_GET_ITEM(tuple, i) == x) return 1;
    return 0;
}

EXPORT int same(PyObject *containers, PyObject *held, PyObject *end, PyObject *skipped)
{
    Py_ssize_t k = 0, n = PyList_GET_SIZE(held);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(containers); i++) {
        PyObject *x = PyList_GET_ITEM(containers, i), *key, *value;
        if (PyList_CheckExact(x)) {
            Py_ssize_t count = PyList_GET_SIZE(x);
            if (count > n - k) return 0;
            for (Py_ssize_t j = 0; j < count; j++)
                if (PyList_GET_ITEM(x, j) != PyList_GET_ITEM(held, k++)) return 0;
        }
        else {
            Py_ssize_t at = 0;
            if (!PyDict_CheckExact(x)) return 0;
            while (PyDict_Next(x, &at, &key, &value)) {
                if (in(skipped, key)) continue;
                if (k + 1 >= n || key != PyList_GET_ITEM(held, k)
                    || value != PyList_GET_ITEM(held, k + 1))
                    return 0;
                k += 2;
            }
        }
        if (k >= n || PyList_GET_ITEM(held, k++) != end) return 0;
    }
    return k == n;
}
"""

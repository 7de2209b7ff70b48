"""Gathering and scattering the data of many Values in C: a Python loop is slower than a replay.

A few functions over Python's objects, compiled once and kept; without Python's headers, or if they
do not compile, `library` returns None and Python loops do the same. Next: `replay.py`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import struct
import sysconfig
from collections.abc import Callable
from functools import partial
from typing import Any

from ...node import Node
from ...scalar_nodes.node import ScalarNode
from ..c.address import SOURCE as ADDRESS


class Slots:
    """The functions, with the offsets of a Value's slots.

    Parameters
    ----------
    found : ctypes.PyDLL
        The compiled library; its functions run under Python's lock.
    """

    def __init__(self, found: Any) -> None:
        for name, kinds in _KINDS.items():
            function = getattr(found, name)
            function.argtypes, function.restype = kinds, ctypes.c_int
        self._offset, self._place_of = found.offset, found.place
        self._offset.restype, self._place_of.restype = ctypes.c_ssize_t, ctypes.c_size_t
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
        """Copy the floats in a slot to these rows; False if one is not a float."""
        return bool(self._functions.take(values, place, numbers, rows))

    def write(self, values: list[Any], place: int, numbers: int, rows: int) -> bool:
        """Set a slot to the numbers in these rows; False if there is no memory."""
        return bool(self._functions.put(values, place, numbers, rows))

    def date(self, values: list[Any], mark: float) -> None:
        """Set the mark of the leaves among these values."""
        self._functions.date(values, self._a, self._mark, mark)

    def address(self, owner: Any, name: str, x: Any) -> int:
        """Return the address of an attribute that refers to an object; 0 if it is not fixed."""
        found: int = self._place_of(owner, name, x)
        return found

    def comparison(
        self,
        containers: list[Any],
        held: list[Any],
        skipped: tuple[str, ...],
        places: list[tuple[int, Any]],
    ) -> Callable[[], int]:
        """Return a function that checks whether containers and places still hold the same objects.

        Parameters
        ----------
        containers : list
            Lists, dicts, and tuples of a dict and some names in it.
        held : list
            The items of a list, each key of a dict with its value, the values of names (None for
            missing ones), and `END` after each container.
        skipped : tuple of str
            Keys of dicts to ignore.
        places : list of (int, object)
            Addresses of attributes, and their objects.
        """
        objects = [x for _, x in places]
        where = struct.pack(f"{len(places)}N", *[address for address, _ in places])
        return partial(self._functions.same, containers, held, END, skipped, objects, where)


# separates containers, so that moving an item from one to the next is noticed
END = object()
_FOUND: list[Slots | None] = []


def loaded() -> Slots | None:
    """Return the functions, if they have been loaded."""
    return _FOUND[0] if _FOUND else None


@functools.cache
def library() -> Slots | None:
    """Return the functions, compiled now or earlier; None if they cannot be."""
    _FOUND[:] = [_library()]
    return _FOUND[0]


def _library() -> Slots | None:
    places = {sysconfig.get_path(name) for name in ("include", "platinclude")}
    places = {p for p in places if p and os.path.exists(os.path.join(p, "Python.h"))}
    if not places or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return None
    from ..c.build import CompileError, build

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
    "same": [_OBJECT] * 6,
    "offset": [_OBJECT],
    "place": [_OBJECT] * 3,
}
SOURCE = (
    r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define SLOT(x, offset) (*(PyObject **)((char *)(x) + (offset)))
"""
    + ADDRESS
    + r"""
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

EXPORT size_t place(PyObject *owner, PyObject *name, PyObject *x)
{
    PyObject **found = address(owner, name);
    return found && (*found ? *found : Py_None) == x ? (size_t)found : 0;
}

/* Whether a container holds what stands from here on; where that ends, or NULL. */
static PyObject **follow(PyObject *x, PyObject **held, PyObject **end, PyObject *skipped)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    if (PyList_CheckExact(x)) {
        if (PyList_GET_SIZE(x) > end - held) return NULL;
        for (; at < PyList_GET_SIZE(x); at++)
            if (PyList_GET_ITEM(x, at) != *held++) return NULL;
    }
    else if (PyTuple_CheckExact(x)) {
        if (PyTuple_GET_SIZE(x) - 1 > end - held) return NULL;
        for (at = 1; at < PyTuple_GET_SIZE(x); at++) {
            value = PyDict_GetItemWithError(PyTuple_GET_ITEM(x, 0), PyTuple_GET_ITEM(x, at));
            if ((value ? value : Py_None) != *held++) return NULL;
        }
    }
    else {
        if (!PyDict_CheckExact(x)) return NULL;
        while (PyDict_Next(x, &at, &key, &value)) {
            if (in(skipped, key)) continue;
            if (end - held < 2 || key != held[0] || value != held[1]) return NULL;
            held += 2;
        }
    }
    return held;
}

EXPORT int same(PyObject *containers, PyObject *held, PyObject *limit, PyObject *skipped,
                PyObject *objects, PyObject *places)
{
    PyObject **now = PySequence_Fast_ITEMS(held), **end = now + PyList_GET_SIZE(held);
    PyObject ***where = (PyObject ***)PyBytes_AS_STRING(places);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(objects); i++)
        if ((*where[i] ? *where[i] : Py_None) != PyList_GET_ITEM(objects, i)) return 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(containers); i++) {
        now = follow(PyList_GET_ITEM(containers, i), now, end, skipped);
        if (PyErr_Occurred()) PyErr_Clear();
        if (!now || now == end || *now++ != limit) return 0;
    }
    return now == end;
}
"""
)

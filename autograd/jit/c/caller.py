"""The call of a C program without Python in between: one small extension module for all programs.

It takes arguments from Python's objects into the table of pointers, allocates results, runs, and
returns them; whatever is unusual (other strides, overlapping memory, a number too long) goes to the
slower call of `backend.py`. It is compiled once and kept; without Python's headers, or if it
does not compile, every call takes the slower way. Next: `gate.py`.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import os
import sysconfig
from typing import Any

import numpy as np

from .address import SOURCE as ADDRESS
from .build import CompileError, build
from .gate import SOURCE as GATE
from .gate_call import SOURCE as GATE_CALL
from .gate_type import SOURCE as GATE_TYPE

NAME = "glassgrad_caller"


@functools.cache
def extension() -> Any:
    """Return the extension module: the types ``Call`` and ``Gate``; None if it cannot be built."""
    places = {sysconfig.get_path(name) for name in ("include", "platinclude")}
    places = {p for p in places if p and os.path.exists(os.path.join(p, "Python.h"))}
    if not places or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return None
    flags = [f"-I{p}" for p in (*sorted(places), np.get_include())]
    version = f"/* {sysconfig.get_config_var('SOABI')} {np.__version__} */\n"
    try:
        library = build(version + SOURCE + ADDRESS + GATE + GATE_CALL + GATE_TYPE, flags)
        loader = importlib.machinery.ExtensionFileLoader(NAME, library._name)
        spec = importlib.util.spec_from_loader(NAME, loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    except (CompileError, ImportError, AttributeError):
        return None
    return module


def caller() -> Any:
    """Return the type ``Call`` of the extension module; None where it cannot be built."""
    return getattr(extension(), "Call", None)


SOURCE = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>
#include <sched.h>
#include <stddef.h>
#include <structmember.h>
#include <string.h>

/* One argument or result: an array for an entry of the table, or a number for a cell. */
typedef struct {
    int entry;              /* of the table; -1 for a number */
    int type;               /* NumPy's type number */
    int weak;               /* a Python number */
    int same;               /* of a result: the array itself, not a copy */
    int nd;
    npy_intp shape[NPY_MAXDIMS];
    char *cell;
    PyObject *array;        /* of a result: what is copied */
    PyArray_Descr *descr;
} Item;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    int (*run)(char **);
    char **table;
    int release;
    Py_ssize_t inputs, results, spans;
    Item *input, *result;
    char **span;            /* starts and ends of the arrays that are written */
    PyObject *slow;         /* the call for everything unusual */
} Call;

/* Whether an array shares no memory with those that are written. */
static int is_apart(Call *self, PyArrayObject *a)
{
    char *start = PyArray_BYTES(a), *end = start + PyArray_NBYTES(a);
    for (Py_ssize_t i = 0; i < self->spans; i++)
        if (start < self->span[2 * i + 1] && self->span[2 * i] < end) return 0;
    return 1;
}

static int take_array(Call *self, Item *item, PyObject *x)
{
    if (!PyArray_CheckExact(x)) return 0;
    PyArrayObject *a = (PyArrayObject *)x;
    if (PyArray_TYPE(a) != item->type || PyArray_NDIM(a) != item->nd
        || !PyArray_ISCARRAY_RO(a))
        return 0;
    for (int i = 0; i < item->nd; i++)
        if (PyArray_DIM(a, i) != item->shape[i]) return 0;
    self->table[item->entry] = PyArray_BYTES(a);
    return is_apart(self, a);
}

static int take_number(Call *self, Item *item, PyObject *x)
{
    if (PyArray_CheckExact(x)) {
        PyArrayObject *a = (PyArrayObject *)x;
        if (PyArray_NDIM(a) || PyArray_TYPE(a) != item->type || !PyArray_ISCARRAY_RO(a)
            || !is_apart(self, a))
            return 0;
        memcpy(item->cell, PyArray_BYTES(a), PyArray_ITEMSIZE(a));
        return 1;
    }
    if (item->type == NPY_DOUBLE && PyFloat_Check(x)) {
        *(double *)item->cell = PyFloat_AS_DOUBLE(x);
        return 1;
    }
    if (item->type == NPY_BOOL && PyBool_Check(x)) {
        *item->cell = x == Py_True;
        return 1;
    }
    if (item->weak && item->descr->type_num == NPY_LONG && PyLong_CheckExact(x)) {
        int overflow;
        long n = PyLong_AsLongAndOverflow(x, &overflow);
        if (overflow) return 0;
        *(long *)item->cell = n;
        return 1;
    }
    if (!PyArray_IsScalar(x, Generic)) return 0;
    PyArray_Descr *descr = PyArray_DescrFromScalar(x);
    int same = descr && descr->type_num == item->type;
    Py_XDECREF(descr);
    if (same) PyArray_ScalarAsCtype(x, item->cell);
    return same;
}

static PyObject *number(Item *item)
{
    if (item->weak) {
        if (item->type == NPY_DOUBLE) return PyFloat_FromDouble(*(double *)item->cell);
        if (item->type == NPY_BOOL) return PyBool_FromLong(*item->cell);
        return PyLong_FromLong(*(long *)item->cell);
    }
    return PyArray_Scalar(item->cell, item->descr, NULL);
}

/* Run the program; 0 and new references to the results, 1 if a check failed, -1 for an error. */
static int run_program(Call *self, PyObject **found)
{
    Py_ssize_t n = self->results;
    int failed = -1;
    memset(found, 0, n * sizeof(PyObject *));
    for (Py_ssize_t i = 0; i < n; i++) {
        Item *item = self->result + i;
        if (item->entry < 0) continue;
        Py_INCREF(item->descr);
        found[i] = PyArray_NewFromDescr(&PyArray_Type, item->descr, item->nd, item->shape,
                                        NULL, NULL, 0, NULL);
        if (!found[i]) goto end;
        self->table[item->entry] = PyArray_BYTES((PyArrayObject *)found[i]);
    }
    if (self->release) {
        Py_BEGIN_ALLOW_THREADS
        failed = self->run(self->table);
        Py_END_ALLOW_THREADS
    }
    else failed = self->run(self->table);
    if (failed) { failed = 1; goto end; }
    for (Py_ssize_t i = 0; i < n; i++) {
        Item *item = self->result + i;
        if (item->entry >= 0) continue;
        PyObject *x = item->array;
        if (item->same) Py_INCREF(x);
        else x = x ? PyArray_NewCopy((PyArrayObject *)x, NPY_CORDER) : number(item);
        if (!x) { failed = -1; goto end; }
        found[i] = x;
    }
    return 0;
end:
    for (Py_ssize_t i = 0; i < n; i++) Py_CLEAR(found[i]);
    return failed;
}

static int take(Call *self, Py_ssize_t i, PyObject *x)
{
    Item *item = self->input + i;
    return item->entry < 0 ? take_number(self, item, x) : take_array(self, item, x);
}

static PyObject *call(PyObject *op, PyObject *const *args, size_t flags, PyObject *names)
{
    Call *self = (Call *)op;
    Py_ssize_t n = PyVectorcall_NARGS(flags);
    if (n != self->inputs || names) goto slow;
    for (Py_ssize_t i = 0; i < n; i++)
        if (!take(self, i, args[i])) goto slow;
    PyObject *found = PyList_New(self->results);
    if (!found) return NULL;
    int failed = run_program(self, ((PyListObject *)found)->ob_item);
    if (!failed) return found;
    Py_DECREF(found);
    if (failed < 0) return NULL;
    Py_RETURN_NONE;
slow:
    return PyObject_Vectorcall(self->slow, args, flags, names);
}

/* An item from (entry, dtype, weak, same, shape, address of the cell, array or None) */
static int read_item(PyObject *t, Item *item)
{
    PyObject *descr, *shape, *array;
    Py_ssize_t cell;
    if (!PyArg_ParseTuple(t, "iOppO!nO", &item->entry, &descr, &item->weak, &item->same,
                          &PyTuple_Type, &shape, &cell, &array)) return -1;
    if (!PyArray_DescrCheck(descr) || PyTuple_GET_SIZE(shape) > NPY_MAXDIMS) {
        PyErr_SetString(PyExc_TypeError, "a dtype and a shape are needed");
        return -1;
    }
    Py_INCREF(descr);
    item->descr = (PyArray_Descr *)descr;
    item->type = item->descr->type_num;
    item->nd = (int)PyTuple_GET_SIZE(shape);
    for (int i = 0; i < item->nd; i++) {
        item->shape[i] = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, i));
        if (item->shape[i] == -1 && PyErr_Occurred()) return -1;
    }
    item->cell = (char *)cell;
    if (array != Py_None) { Py_INCREF(array); item->array = array; }
    return 0;
}

static Item *read_items(PyObject *list, Py_ssize_t *n)
{
    Py_ssize_t count = PyList_GET_SIZE(list);
    Item *items = PyMem_Calloc(count + 1, sizeof(Item));
    if (!items) { PyErr_NoMemory(); return NULL; }
    *n = count;
    for (Py_ssize_t i = 0; i < count; i++)
        if (read_item(PyList_GET_ITEM(list, i), items + i)) return items;
    return items;
}

static int traverse(Call *self, visitproc visit, void *arg)
{
    Py_VISIT(self->slow);
    return 0;
}

static int clear(Call *self)
{
    Py_CLEAR(self->slow);
    return 0;
}

static void free_items(Item *items, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; items && i < n; i++) {
        Py_XDECREF(items[i].descr);
        Py_XDECREF(items[i].array);
    }
    PyMem_Free(items);
}

static void dealloc(Call *self)
{
    PyObject_GC_UnTrack(self);
    clear(self);
    free_items(self->input, self->inputs);
    free_items(self->result, self->results);
    PyMem_Free(self->span);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *create(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t run, table;
    int release;
    PyObject *inputs, *results, *spans, *slow;
    if (!PyArg_ParseTuple(args, "nnpO!O!O!O", &run, &table, &release, &PyList_Type, &inputs,
                          &PyList_Type, &results, &PyList_Type, &spans, &slow)) return NULL;
    Call *self = (Call *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->vectorcall = call;
    self->run = (int (*)(char **))run;
    self->table = (char **)table;
    self->release = release;
    Py_INCREF(slow);
    self->slow = slow;
    self->input = read_items(inputs, &self->inputs);
    if (!PyErr_Occurred()) self->result = read_items(results, &self->results);
    self->spans = PyList_GET_SIZE(spans) / 2;
    self->span = PyMem_Calloc(2 * self->spans + 1, sizeof(char *));
    for (Py_ssize_t i = 0; self->span && i < 2 * self->spans; i++)
        self->span[i] = (char *)PyLong_AsSsize_t(PyList_GET_ITEM(spans, i));
    if (PyErr_Occurred() || !self->span) { Py_DECREF(self); return NULL; }
    return (PyObject *)self;
}

static PyObject *get_slow(Call *self, void *unused)
{
    Py_INCREF(self->slow);
    return self->slow;
}

static PyGetSetDef getters[] = {
    {"slow", (getter)get_slow, NULL, NULL, NULL}, {NULL}};

static PyTypeObject CallType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "glassgrad_caller.Call",
    .tp_basicsize = sizeof(Call),
    .tp_dealloc = (destructor)dealloc,
    .tp_traverse = (traverseproc)traverse,
    .tp_clear = (inquiry)clear,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Call, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_new = create,
    .tp_getset = getters,
};
"""

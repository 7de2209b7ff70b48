"""The gate: a call of a recording in C, from the arguments of the function to what it returns.

It compares identities alone: the arguments with those of the recording's signature, and every fact
with the object that was there. Where all is as it was it takes the inputs, runs the program, sets
what the recording sets and returns; else it leaves everything to Python, which looks closer. Python
runs (`Holds`, `Fresh`) before anything else is looked at, so nothing can change in between.
Next: `gate_call.py`.
"""

SOURCE = r"""
/* Where an object is found: in an owner, or in what is found at another place. */
enum { ITSELF, LEAF, SLOT, ATTRIBUTE, ENTRY, ITEM, CELL, CONTEXT };
typedef struct {
    int kind;
    int inner;              /* the place of the owner; -1 for a fixed one */
    PyObject *owner, *key;
    Py_ssize_t offset;      /* of a slot; number of a leaf or item */
} Place;

/* What is asked of an argument. */
enum { ARRAY, NUMBER, TENSOR, SAME, SEQUENCE, DICT };
typedef struct {
    int kind;
    PyTypeObject *type;
    PyObject *content;      /* the object itself; the keys of a dict */
    PyArray_Descr *descr;
    int nd;
    npy_intp shape[NPY_MAXDIMS];
    int first;              /* the earlier leaf that is the same object; -1 if none may be */
    int node;               /* of a tensor: whether it has one */
    Py_ssize_t count;       /* of parts */
} Spec;

/* What must be as it was. */
enum { IS, LENGTH, GIVEN, FORM, APART };
typedef struct { int kind, place; PyObject *content; Py_ssize_t n; } Fact;

/* An object at an address that does not move, as that of a slot or cell; `alike` will do too. */
typedef struct { PyObject **where, *content, *alike; } Stay;

/* Entries of one dict, and all its keys in order or NULL: looked up only where the dict has changed
   at all. */
typedef struct {
    PyObject *dict, *all;
    uint64_t version;
    Py_ssize_t count;
    PyObject **key, **seen;
} Dict;

/* Numbers of an optimizer: the entries of a dict that they come from, and a number of steps or
   NULL. What Python noted when it read the numbers last (``known``) tells whether it was here. */
typedef struct {
    PyObject *settings, *same, *seen, *slot, *steps;
    Py_ssize_t known, offset;
    Dict from;
} Fresh;

/* An array that stands as a gradient between calls. */
typedef struct { PyObject *node, *array; Py_ssize_t offset, own; } Lent;

/* What is set: a slot of an object, to a result, None, the date of this call, or a higher count;
   from here on so many get the same. */
enum { RESULT, NOTHING, DATE, COUNT };
typedef struct { int kind; PyObject *owner; Py_ssize_t offset, n, run; } Set;

/* One leaf of what is returned. */
enum { PLAIN, WRAPPED, CONSTANT, GIVEN_LEAF };
typedef struct { int kind; Py_ssize_t n; PyObject *type, *shape, *node, *content; } Output;

typedef struct {
    PyObject_HEAD
    PyObject *all;          /* what the gate was made from, which keeps it alive */
    Call *program;
    PyObject *names;        /* of keyword arguments */
    PyObject *rebuild;      /* None: one leaf is all; tuple or list: the type; else it is called */
    PyObject *state;        /* holds the clock and the set of open blocks, at these offsets */
    Py_ssize_t clock, special;
    int closed, running;    /* by how many calls in Python; without Python's lock */
    Py_ssize_t arguments, leaves, places, specs, facts, stays, dicts, holds, fresh, lent, wholes;
    Py_ssize_t sets, outputs;
    Place *place;
    Spec *spec;
    Fact *fact;
    Stay *stay;
    Dict *dict;
    PyObject **hold, **leaf;
    Fresh *fresh_of;
    Lent *lend, *whole;
    Set *set;
    Output *output;
    int *input;
    Py_ssize_t data, node, shape, parent;  /* where tensors and nodes have their slots */
} Gate;

static PyObject *NO_MATCH;  /* what a gate answers that does not fit the call */

#define AT(x, offset) (*(PyObject **)((char *)(x) + (offset)))

/* A new reference to what is found, or NULL without an error. */
static PyObject *fetch(Gate *self, int i)
{
    Place *p = self->place + i;
    if (p->kind == LEAF) return Py_NewRef(self->leaf[p->offset]);
    PyObject *owner = p->inner < 0 ? Py_NewRef(p->owner) : fetch(self, p->inner), *x = NULL;
    if (!owner) return NULL;
    switch (p->kind) {
    case SLOT:
        if (p->inner >= 0 && Py_TYPE(owner) != (PyTypeObject *)p->owner) break;
        x = AT(owner, p->offset);
        x = Py_NewRef(x ? x : Py_None);
        break;
    case ATTRIBUTE:
        x = PyObject_GetAttr(owner, p->key);
        break;
    case ENTRY:
        x = Py_XNewRef(PyDict_GetItemWithError(owner, p->key));
        break;
    case ITEM:
        if (PyList_CheckExact(owner) && p->offset < PyList_GET_SIZE(owner))
            x = Py_NewRef(PyList_GET_ITEM(owner, p->offset));
        break;
    case CELL:
        x = Py_XNewRef(PyCell_GET(owner));
        break;
    case CONTEXT:
        if (PyContextVar_Get(owner, NULL, &x)) x = NULL;
        break;
    default:
        x = Py_NewRef(owner);
    }
    Py_DECREF(owner);
    if (!x) PyErr_Clear();
    return x;
}

/* Whether an object is found at a place. */
static int is_at(Gate *self, int i, PyObject *known)
{
    Place *p = self->place + i;
    PyObject *x = NULL;
    if (p->kind == CONTEXT && p->inner < 0) {  /* which every gate asks several of */
        if (PyContextVar_Get(p->owner, NULL, &x)) PyErr_Clear();
    }
    else x = fetch(self, i);
    Py_XDECREF(x);
    return x && x == known;
}

/* ---------------------------------------------------------------------------------------------
   The arguments */

static int has_form(Spec *s, PyObject *x)
{
    if (PyArray_CheckExact(x)) {
        PyArrayObject *a = (PyArrayObject *)x;
        if (PyArray_TYPE(a) != s->descr->type_num || PyArray_NDIM(a) != s->nd
            || !PyArray_ISCARRAY_RO(a))
            return 0;
        for (int i = 0; i < s->nd; i++)
            if (PyArray_DIM(a, i) != s->shape[i]) return 0;
        return 1;
    }
    if (s->kind != TENSOR || s->nd || !PyArray_IsScalar(x, Generic)) return 0;
    PyArray_Descr *descr = PyArray_DescrFromScalar(x);
    int same = descr && descr->type_num == s->descr->type_num;
    Py_XDECREF(descr);
    return same;
}

/* Whether an object stands among the earlier leaves just where it did. */
static int is_placed(Gate *self, Spec *s, PyObject *x, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++)
        if (self->leaf[i] == x) return s->first == i;
    return s->first == -1;
}

/* Look at an argument and all its parts; advance the spec and the number of leaves. */
static int enter(Gate *self, Spec **next, PyObject *x, Py_ssize_t *n)
{
    Spec *s = (*next)++;
    if (s->kind == SAME) {
        if (x != s->content) return 0;
        self->leaf[(*n)++] = x;
        return 1;
    }
    if (Py_TYPE(x) != s->type) return 0;
    if (s->kind == SEQUENCE) {
        if (PySequence_Fast_GET_SIZE(x) != s->count) return 0;
        for (Py_ssize_t i = 0; i < s->count; i++)
            if (!enter(self, next, PySequence_Fast_GET_ITEM(x, i), n)) return 0;
        return 1;
    }
    if (s->kind == DICT) {
        PyObject *key, *value;
        Py_ssize_t at = 0, i = 0;
        if (PyDict_GET_SIZE(x) != s->count) return 0;
        while (PyDict_Next(x, &at, &key, &value))
            if (key != PyTuple_GET_ITEM(s->content, i++) || !enter(self, next, value, n)) return 0;
        return 1;
    }
    if (s->kind == ARRAY && !(has_form(s, x) && is_placed(self, s, x, *n))) return 0;
    if (s->kind == TENSOR) {
        PyObject *data = AT(x, self->data), *node = AT(x, self->node);
        if (!data || !node || (node != Py_None) != s->node || !has_form(s, data)) return 0;
        PyObject *parent = s->node ? AT(node, self->parent) : Py_None;
        if ((parent && parent != Py_None) || !is_placed(self, s, x, *n)) return 0;
    }
    self->leaf[(*n)++] = x;
    return 1;
}

/* ---------------------------------------------------------------------------------------------
   The facts */

#if PY_VERSION_HEX < 0x030C0000
#define VERSION(dict) ((PyDictObject *)(dict))->ma_version_tag
#else
#define VERSION(dict) 0
#endif

/* Whether a dict has these keys in this order. */
static int has_keys(PyObject *dict, PyObject *keys)
{
    PyObject *key, *value;
    Py_ssize_t at = 0, i = 0;
    if (PyDict_GET_SIZE(dict) != PyTuple_GET_SIZE(keys)) return 0;
    while (PyDict_Next(dict, &at, &key, &value))
        if (key != PyTuple_GET_ITEM(keys, i++)) return 0;
    return 1;
}

/* Whether the entries of a dict are those that were seen. */
static int is_seen(Dict *d)
{
    uint64_t version = VERSION(d->dict);
    if (version && version == d->version) return 1;
    if (d->all && !has_keys(d->dict, d->all)) return 0;
    for (Py_ssize_t i = 0; i < d->count; i++) {
        PyObject *x = PyDict_GetItemWithError(d->dict, d->key[i]);
        if (!x || x != d->seen[i]) return 0;
    }
    d->version = version;
    return 1;
}

/* Read the numbers of an optimizer again if its settings are others. */
static int refreshed(Fresh *f)
{
    if (f->seen && f->seen == AT(f->settings, f->known) && is_seen(&f->from)
        && (!f->slot || AT(f->slot, f->offset) == f->steps))
        return 1;
    PyObject *found = PyObject_CallNoArgs(f->same);
    int same = found == Py_True;
    Py_XDECREF(found);
    if (!same) return 0;
    PyObject *seen = AT(f->settings, f->known);
    int known = seen && seen != Py_None && f->from.dict;
    for (Py_ssize_t i = 0; known && i < f->from.count; i++) {
        PyObject *x = PyDict_GetItemWithError(f->from.dict, f->from.key[i]);
        Py_XSETREF(f->from.seen[i], Py_XNewRef(x));
    }
    f->from.version = 0;
    if (f->slot) Py_XSETREF(f->steps, Py_NewRef(AT(f->slot, f->offset)));
    Py_XSETREF(f->seen, known ? Py_NewRef(seen) : NULL);
    return 1;
}

static int holds(Gate *self)
{
    for (Py_ssize_t i = 0; i < self->holds; i++) {
        PyObject *found = PyObject_CallNoArgs(self->hold[i]);
        int same = found == Py_True;
        Py_XDECREF(found);
        if (!same) return 0;
    }
    for (Py_ssize_t i = 0; i < self->fresh; i++)
        if (!refreshed(self->fresh_of + i)) return 0;
    return 1;
}

static int is_same(Gate *self)
{
    for (Stay *s = self->stay, *end = s + self->stays; s < end; s++)
        if (*s->where != s->content && *s->where != s->alike) return 0;
    for (Py_ssize_t i = 0; i < self->facts; i++) {
        Fact *f = self->fact + i;
        PyObject *x = f->content;
        if (f->kind == IS) {
            if (!is_at(self, f->place, x)) return 0;
        }
        else if (f->kind == GIVEN) {
            if (is_at(self, f->place, Py_None) == f->n) return 0;
        }
        else if (f->kind == FORM) {
            PyObject *found = fetch(self, f->place);
            int same = found && has_form(self->spec + f->n, found);
            Py_XDECREF(found);
            if (!same) return 0;
        }
        else if (f->kind == APART) {
            for (Py_ssize_t k = PyTuple_GET_SIZE(x); k--;)
                if (is_at(self, f->place, PyTuple_GET_ITEM(x, k))) return 0;
        }
        else if (PyList_GET_SIZE(x) != f->n) return 0;
    }
    for (Py_ssize_t i = 0; i < self->dicts; i++)
        if (!is_seen(self->dict + i)) return 0;
    return 1;
}

/* Whether nobody else holds an array that stands as a gradient. */
static int is_free(Gate *self)
{
    for (Py_ssize_t i = 0; i < self->lent; i++) {
        Lent *l = self->lend + i;
        if (Py_REFCNT(l->array) - (AT(l->node, l->offset) == l->array) > l->own) return 0;
    }
    for (Py_ssize_t i = 0; i < self->wholes; i++)
        if (Py_REFCNT(self->whole[i].array) > self->whole[i].own) return 0;
    return 1;
}
"""

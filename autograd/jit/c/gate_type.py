"""The constructor of gates, and their extension module.

Next: `backend.py`.
"""

SOURCE = r"""
/* ---------------------------------------------------------------------------------------------
   Making one: every tuple holds tuples in the order of the fields, and is kept */

#define READ(rows, field, count) \
    if (!(self->field = PyMem_Calloc(PyTuple_GET_SIZE(rows) + 1, sizeof(*self->field)))) \
        { PyErr_NoMemory(); goto fail; } \
    self->count = PyTuple_GET_SIZE(rows); \
    for (Py_ssize_t i = 0; i < self->count; i++)
#define ROW(rows, ...) if (!PyArg_ParseTuple(PyTuple_GET_ITEM(rows, i), __VA_ARGS__)) goto fail

static int read_shape(Spec *s, PyObject *shape)
{
    s->nd = (int)PyTuple_GET_SIZE(shape);
    if (s->nd > NPY_MAXDIMS) return -1;
    for (int k = 0; k < s->nd; k++)
        s->shape[k] = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, k));
    return PyErr_Occurred() ? -1 : 0;
}

/* A dict, some keys, what was there or NULL, and all keys or None */
static int read_dict(Dict *d, PyObject *dict, PyObject *keys, PyObject *seen, PyObject *all)
{
    if (dict == Py_None) return 0;
    if (!PyDict_CheckExact(dict)) {
        PyErr_Format(PyExc_TypeError, "a gate looks into dicts, not into %R", Py_TYPE(dict));
        return -1;
    }
    d->dict = dict;
    d->all = all == Py_None ? NULL : all;
    d->count = PyTuple_GET_SIZE(keys);
    d->key = PyMem_Calloc(d->count + 1, sizeof(PyObject *));
    d->seen = PyMem_Calloc(d->count + 1, sizeof(PyObject *));
    if (!d->key || !d->seen) { PyErr_NoMemory(); return -1; }
    for (Py_ssize_t k = 0; k < d->count; k++) {
        d->key[k] = PyTuple_GET_ITEM(keys, k);
        d->seen[k] = seen ? Py_NewRef(PyTuple_GET_ITEM(seen, k)) : NULL;
    }
    return 0;
}

static int read_fresh(Fresh *f, PyObject *row)
{
    PyObject *dict, *keys;
    if (!PyArg_ParseTuple(row, "OnOOO!On", &f->settings, &f->known, &f->same, &dict, &PyTuple_Type,
                          &keys, &f->slot, &f->offset)) return -1;
    if (f->slot == Py_None) f->slot = NULL;
    return read_dict(&f->from, dict, keys, NULL, Py_None);
}

/* Where an object of a place lies, if that does not move; else NULL */
static PyObject **address_of(Place *p)
{
    if (p->kind == CELL) return &((PyCellObject *)p->owner)->ob_ref;
    if (p->kind == SLOT) return &AT(p->owner, p->offset);
    return p->kind == ATTRIBUTE ? address(p->owner, p->key) : NULL;
}

/* Whether an object can be looked for at an address. Nothing is like None but in a cell. */
static int stays(Stay *s, Place *p, PyObject *content)
{
    s->where = p->inner < 0 ? address_of(p) : NULL;
    s->content = content;
    s->alike = content == Py_None && p->kind != CELL ? NULL : content;
    return s->where && (p->kind != ATTRIBUTE || *s->where == s->content || *s->where == s->alike);
}

/* Note how many changes beside each other are the same. */
static void find_runs(Gate *self)
{
    for (Py_ssize_t i = self->sets; i--;) {
        Set *s = self->set + i;
        int same = i + 1 < self->sets && s->kind == s[1].kind && s->n == s[1].n;
        s->run = same && s->kind != RESULT ? s[1].run + 1 : 1;
    }
}

static PyObject *create_gate(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *program, *places, *specs, *facts, *holds, *fresh, *lent, *wholes, *sets, *outputs;
    PyObject *inputs, *dicts;
    Gate *self = (Gate *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->all = Py_NewRef(args);
    if (!PyArg_ParseTuple(args, "O!O!O(Onn)n(nnnn)O!O!O!O!O!O!O!O!O!O!O!",
            &CallType, &program, &PyTuple_Type, &self->names, &self->rebuild,
            &self->state, &self->clock, &self->special, &self->arguments,
            &self->data, &self->node, &self->shape, &self->parent,
            &PyTuple_Type, &places, &PyTuple_Type, &specs, &PyTuple_Type, &facts,
            &PyTuple_Type, &dicts, &PyTuple_Type, &holds, &PyTuple_Type, &fresh,
            &PyTuple_Type, &lent, &PyTuple_Type, &wholes, &PyTuple_Type, &sets,
            &PyTuple_Type, &outputs, &PyTuple_Type, &inputs)) goto fail;
    self->program = (Call *)program;
    READ(places, place, places) {
        Place *p = self->place + i;
        ROW(places, "iiOOn", &p->kind, &p->inner, &p->owner, &p->key, &p->offset);
    }
    READ(specs, spec, specs) {
        Spec *s = self->spec + i;
        PyObject *shape;
        ROW(specs, "iOOOO!iin", &s->kind, (PyObject **)&s->type, &s->content,
            (PyObject **)&s->descr, &PyTuple_Type, &shape, &s->first, &s->node, &s->count);
        if (read_shape(s, shape)) goto fail;
        self->leaves += s->kind != SEQUENCE && s->kind != DICT;
    }
    if (!(self->stay = PyMem_Calloc(PyTuple_GET_SIZE(facts) + 1, sizeof(Stay)))) {
        PyErr_NoMemory();
        goto fail;
    }
    Py_ssize_t kept = 0;
    READ(facts, fact, facts) {
        Fact *f = self->fact + kept;
        ROW(facts, "iiOn", &f->kind, &f->place, &f->content, &f->n);
        Stay *s = self->stay + self->stays;
        if (f->kind == IS && stays(s, self->place + f->place, f->content)) self->stays++;
        else kept++;
    }
    self->facts = kept;
    READ(dicts, dict, dicts) {
        PyObject *dict, *keys, *seen, *all;
        ROW(dicts, "OO!O!O", &dict, &PyTuple_Type, &keys, &PyTuple_Type, &seen, &all);
        if (read_dict(self->dict + i, dict, keys, seen, all)) goto fail;
    }
    READ(holds, hold, holds) self->hold[i] = PyTuple_GET_ITEM(holds, i);
    READ(fresh, fresh_of, fresh)
        if (read_fresh(self->fresh_of + i, PyTuple_GET_ITEM(fresh, i))) goto fail;
    READ(lent, lend, lent) {
        Lent *l = self->lend + i;
        ROW(lent, "OnO", &l->node, &l->offset, &l->array);
    }
    READ(wholes, whole, wholes) self->whole[i].array = PyTuple_GET_ITEM(wholes, i);
    READ(sets, set, sets) {
        Set *s = self->set + i;
        ROW(sets, "iOnn", &s->kind, &s->owner, &s->offset, &s->n);
    }
    find_runs(self);
    READ(outputs, output, outputs) {
        Output *o = self->output + i;
        ROW(outputs, "inOOOO", &o->kind, &o->n, &o->type, &o->shape, &o->node, &o->content);
    }
    self->input = PyMem_Calloc(PyTuple_GET_SIZE(inputs) + 1, sizeof(int));
    self->leaf = PyMem_Calloc(self->leaves + 1, sizeof(PyObject *));
    if (!self->input || !self->leaf) { PyErr_NoMemory(); goto fail; }
    if (PyTuple_GET_SIZE(inputs) != self->program->inputs) {
        PyErr_SetString(PyExc_ValueError, "the program has another number of inputs");
        goto fail;
    }
    for (Py_ssize_t i = 0; i < self->program->inputs; i++)
        self->input[i] = (int)PyLong_AsLong(PyTuple_GET_ITEM(inputs, i));
    return (PyObject *)self;
fail:
    Py_DECREF(self);
    return NULL;
}

/* Count the references to lent arrays, while nobody but the library holds them. */
static PyObject *count(Gate *self, PyObject *unused)
{
    for (Py_ssize_t i = 0; i < self->lent; i++) {
        Lent *l = self->lend + i;
        l->own = Py_REFCNT(l->array) - (AT(l->node, l->offset) == l->array);
    }
    for (Py_ssize_t i = 0; i < self->wholes; i++)
        self->whole[i].own = Py_REFCNT(self->whole[i].array);
    Py_RETURN_NONE;
}

/* Keep calls out while the program runs by Python; wait for the one that is inside. */
static PyObject *close_gate(Gate *self, PyObject *unused)
{
    while (self->running) {
        Py_BEGIN_ALLOW_THREADS
        sched_yield();
        Py_END_ALLOW_THREADS
    }
    self->closed++;
    Py_RETURN_NONE;
}

static PyObject *open_gate(Gate *self, PyObject *unused)
{
    self->closed--;
    Py_RETURN_NONE;
}

static int traverse_gate(Gate *self, visitproc visit, void *arg)
{
    Py_VISIT(self->all);
    for (Py_ssize_t i = 0; i < self->fresh; i++) {
        Dict *d = &self->fresh_of[i].from;
        for (Py_ssize_t k = 0; k < d->count; k++) Py_VISIT(d->seen[k]);
        Py_VISIT(self->fresh_of[i].seen);
    }
    for (Py_ssize_t i = 0; i < self->dicts; i++)
        for (Py_ssize_t k = 0; k < self->dict[i].count; k++) Py_VISIT(self->dict[i].seen[k]);
    return 0;
}

static void free_dict(Dict *d)
{
    for (Py_ssize_t k = 0; d->seen && k < d->count; k++) Py_CLEAR(d->seen[k]);
    PyMem_Free(d->key);
    PyMem_Free(d->seen);
}

/* Cycles end in the functions and dicts that a gate knows: all it has is let go of at once. */
static void dealloc_gate(Gate *self)
{
    PyObject_GC_UnTrack(self);
    for (Py_ssize_t i = 0; i < self->fresh; i++) {
        free_dict(&self->fresh_of[i].from);
        Py_XDECREF(self->fresh_of[i].steps);
        Py_XDECREF(self->fresh_of[i].seen);
    }
    for (Py_ssize_t i = 0; i < self->dicts; i++) free_dict(self->dict + i);
    void *fields[] = {
        self->place, self->spec, self->fact, self->stay, self->dict, self->hold, self->leaf,
        self->fresh_of, self->lend, self->whole, self->set, self->output, self->input};
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) PyMem_Free(fields[i]);
    Py_XDECREF(self->all);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef gate_methods[] = {
    {"count", (PyCFunction)count, METH_NOARGS, NULL},
    {"close", (PyCFunction)close_gate, METH_NOARGS, NULL},
    {"open", (PyCFunction)open_gate, METH_NOARGS, NULL}, {NULL}};

static PyTypeObject GateType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "glassgrad_caller.Gate",
    .tp_basicsize = sizeof(Gate),
    .tp_dealloc = (destructor)dealloc_gate,
    .tp_traverse = (traverseproc)traverse_gate,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_methods = gate_methods,
    .tp_new = create_gate,
};

/* ---------------------------------------------------------------------------------------------
   The call of a function under jit: by its gate, else by its method in Python */

static Py_ssize_t gate_offset;
static PyObject *general;

static PyObject *call_function(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    PyObject *gate = AT(self, gate_offset);
    if (gate && Py_TYPE(gate) == &GateType) {
        PyObject *found = run_gate((Gate *)gate, args, n, names);
        if (found != NO_MATCH) return found;
        Py_DECREF(found);
    }
    Py_ssize_t all = n + (names ? PyTuple_GET_SIZE(names) : 0);
    PyObject *few[16], **with_self = few;
    if (all >= 16 && !(with_self = PyMem_Malloc((all + 1) * sizeof(PyObject *))))
        return PyErr_NoMemory();
    with_self[0] = self;
    memcpy(with_self + 1, args, all * sizeof(PyObject *));
    PyObject *found = PyObject_VectorcallMethod(general, with_self, n + 1, names);
    if (with_self != few) PyMem_Free(with_self);
    return found;
}

static PyMethodDef call_method = {
    "__call__", (PyCFunction)(void (*)(void))call_function, METH_FASTCALL | METH_KEYWORDS,
    "Replay the recording that fits this call, or make one."};

/* What the interpreter calls for an instance: without names, past the search for ``__call__``. */
static ternaryfunc by_name;

static PyObject *call_instance(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (kwargs && PyDict_GET_SIZE(kwargs)) return by_name(self, args, kwargs);
    return call_function(self, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args), NULL);
}

/* Give a type, whose instances have their gate in a slot, the method ``__call__`` that asks it; the
   method of the name is for all other calls. */
static PyObject *open_type(PyObject *module, PyObject *args)
{
    PyTypeObject *type;
    PyObject *name;
    if (!PyArg_ParseTuple(args, "O!nU", &PyType_Type, &type, &gate_offset, &name)) return NULL;
    PyUnicode_InternInPlace(&name);
    Py_XSETREF(general, Py_NewRef(name));
    PyObject *made = PyDescr_NewMethod(type, &call_method);
    int failed = !made || PyObject_SetAttrString((PyObject *)type, call_method.ml_name, made);
    Py_XDECREF(made);
    if (failed) return NULL;
    by_name = type->tp_call;
    type->tp_call = call_instance;
    Py_RETURN_NONE;
}

/* Where the slot of a descriptor lies in an object; -1 if it is not a slot. */
static PyObject *offset(PyObject *module, PyObject *descriptor)
{
    if (Py_TYPE(descriptor) != &PyMemberDescr_Type) return PyLong_FromLong(-1);
    PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
    int held = member->type == T_OBJECT_EX && !(member->flags & READONLY);
    return PyLong_FromSsize_t(held ? member->offset : -1);
}

static PyMethodDef functions[] = {
    {"open_type", open_type, METH_VARARGS, NULL}, {"offset", offset, METH_O, NULL}, {NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "glassgrad_caller", NULL, -1, functions};

PyMODINIT_FUNC PyInit_glassgrad_caller(void)
{
    import_array();
    if (PyType_Ready(&CallType) || PyType_Ready(&GateType)) return NULL;
    PyObject *m = PyModule_Create(&module);
    NO_MATCH = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    if (!m || !NO_MATCH || PyModule_AddObjectRef(m, "Call", (PyObject *)&CallType)
        || PyModule_AddObjectRef(m, "Gate", (PyObject *)&GateType))
        return NULL;
    return m;
}
"""

"""The second half of a gate, when a call fits: run, assign, return. Next: `gate_type.py`."""

SOURCE = r"""
/* ---------------------------------------------------------------------------------------------
   What is set and returned */

static void put(PyObject *owner, Py_ssize_t offset, PyObject *x)
{
    PyObject *old = AT(owner, offset);
    Py_INCREF(x);
    AT(owner, offset) = x;
    Py_XDECREF(old);
}

/* Whether nobody but so many slots holds a float, which may then be changed in place. */
static int is_own(PyObject *x, Py_ssize_t slots)
{
    return x && PyFloat_CheckExact(x) && Py_REFCNT(x) == slots;
}

/* Advance the clock; what it shows dates the changes of this call. A negative date is an error. */
static double dated(Gate *self)
{
    PyObject **clock = &AT(self->state, self->clock), *now;
    if (is_own(*clock, 1)) return 4503599627370496.0 + ++((PyFloatObject *)*clock)->ob_fval;
    if (!(now = PyFloat_FromDouble(PyFloat_AsDouble(*clock) + 1))) return -1;
    put(self->state, self->clock, now);
    double found = 4503599627370496.0 + PyFloat_AsDouble(now);
    Py_DECREF(now);
    return found;
}

/* Set all slots of a run. */
static void put_all(Set *s, PyObject *x)
{
    for (Py_ssize_t i = 0; i < s->run; i++) put(s[i].owner, s[i].offset, x);
}

/* The number that all slots of a run have; NULL where they differ. */
static PyObject *common(Set *s)
{
    PyObject *x = AT(s->owner, s->offset);
    for (Py_ssize_t i = 1; i < s->run; i++)
        if (AT(s[i].owner, s[i].offset) != x) return NULL;
    return x;
}

static int set_dates(Gate *self, Set *s, double *date)
{
    if (!*date) *date = dated(self);
    if (*date < 0) return -1;
    PyObject *x = common(s);
    if (is_own(x, s->run)) {
        ((PyFloatObject *)x)->ob_fval = *date;
        return 0;
    }
    if (!(x = PyFloat_FromDouble(*date))) return -1;
    put_all(s, x);
    Py_DECREF(x);
    return 0;
}

/* Raise an integer in place; 0 where anybody but so many slots holds it, or it is too large. */
static int raised(PyObject *x, Py_ssize_t slots, Py_ssize_t n)
{
#if PY_VERSION_HEX < 0x030C0000
    if (x && PyLong_CheckExact(x) && Py_REFCNT(x) == slots && Py_SIZE(x) == 1
        && ((PyLongObject *)x)->ob_digit[0] + n < PyLong_MASK) {
        ((PyLongObject *)x)->ob_digit[0] += (digit)n;
        return 1;
    }
#endif
    return 0;
}

/* Mostly all counts are one object, and go on being one. */
static int set_counts(Set *s)
{
    PyObject *before = NULL, *x = NULL;
    if (raised(common(s), s->run, s->n)) return 0;
    for (Py_ssize_t i = 0; i < s->run; i++) {
        PyObject *old = AT(s[i].owner, s[i].offset);
        if (old != before) {
            Py_XDECREF(x);
            if (!(x = PyLong_FromSsize_t(PyLong_AsSsize_t(old) + s->n))) break;
            Py_XSETREF(before, Py_NewRef(old));
        }
        put(s[i].owner, s[i].offset, x);
    }
    Py_XDECREF(before);
    Py_XDECREF(x);
    return x ? 0 : -1;
}

static int set_all(Gate *self, PyObject **found)
{
    double date = 0;
    for (Py_ssize_t i = 0; i < self->lent; i++) {
        Lent *l = self->lend + i;
        if (AT(l->node, l->offset) != l->array) put(l->node, l->offset, l->array);
    }
    for (Py_ssize_t i = 0; i < self->sets; i += self->set[i].run) {
        Set *s = self->set + i;
        if (s->kind == DATE) { if (set_dates(self, s, &date)) return -1; }
        else if (s->kind == COUNT) { if (set_counts(s)) return -1; }
        else put_all(s, s->kind == RESULT ? found[s->n] : Py_None);
    }
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *present(Gate *self, Output *o, PyObject **found)
{
    PyObject *x = o->kind == CONSTANT ? o->content
        : found[o->kind == GIVEN_LEAF ? self->program->results + o->n : o->n];
    Py_INCREF(x);
    if (o->kind != WRAPPED) return x;
    PyTypeObject *type = (PyTypeObject *)o->type;
    PyObject *t = type->tp_alloc(type, 0);
    if (!t) { Py_DECREF(x); return NULL; }
    AT(t, self->data) = x;
    Py_INCREF(o->shape);
    AT(t, self->shape) = o->shape;
    Py_INCREF(o->node);
    AT(t, self->node) = o->node;
    return t;
}

static PyObject *returned(Gate *self, PyObject **found)
{
    if (self->rebuild == Py_None) return present(self, self->output, found);
    int many = self->rebuild == (PyObject *)&PyTuple_Type;
    PyObject *all = many ? PyTuple_New(self->outputs) : PyList_New(self->outputs);
    for (Py_ssize_t i = 0; all && i < self->outputs; i++) {
        PyObject *x = present(self, self->output + i, found);
        if (!x) Py_CLEAR(all);
        else if (many) PyTuple_SET_ITEM(all, i, x);
        else PyList_SET_ITEM(all, i, x);
    }
    if (!all || many || self->rebuild == (PyObject *)&PyList_Type) return all;
    PyObject *built = PyObject_CallOneArg(self->rebuild, all);
    Py_DECREF(all);
    return built;
}

/* ---------------------------------------------------------------------------------------------
   The call */

/* Whether a call fits; what it is about is kept, the leaves and then the inputs. */
static int fits(Gate *self, PyObject *const *args, Py_ssize_t n, PyObject *names, PyObject **kept)
{
    Py_ssize_t leaves = 0, more = names ? PyTuple_GET_SIZE(names) : 0;
    Spec *next = self->spec;
    if (n + more != self->arguments || more != PyTuple_GET_SIZE(self->names) || !holds(self))
        return 0;
    /* what was asked runs Python, and so perhaps other threads */
    if (self->closed || self->running) return 0;
    for (Py_ssize_t i = 0; i < more; i++)
        if (PyTuple_GET_ITEM(names, i) != PyTuple_GET_ITEM(self->names, i)) return 0;
    for (Py_ssize_t i = 0; i < n + more; i++)
        if (!enter(self, &next, args[i], &leaves)) return 0;
    for (Py_ssize_t i = 0; i < leaves; i++) kept[i] = Py_NewRef(self->leaf[i]);
    if (!is_same(self) || !is_free(self)) return 0;
    for (Py_ssize_t i = 0; i < self->program->inputs; i++) {
        PyObject *x = kept[leaves + i] = fetch(self, self->input[i]);
        if (!x || !take(self->program, i, x)) return 0;
    }
    return 1;
}

static PyObject *run_gate(Gate *self, PyObject *const *args, Py_ssize_t n, PyObject *names)
{
    if (self->closed || self->running || PySet_GET_SIZE(AT(self->state, self->special)))
        return Py_NewRef(NO_MATCH);
    /* while the program runs other threads may, and what is made and set may let the collector
       run, or end lives, which may come here again: all that is needed is kept apart */
    Py_ssize_t results = self->program->results, held = self->leaves + self->program->inputs;
    PyObject *found[results + held + 1], **kept = found + results, *result = NULL;
    Py_INCREF(self);
    memset(kept, 0, held * sizeof(PyObject *));
    if (!fits(self, args, n, names, kept)) {
        if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_Exception)) {
            PyErr_Clear();
            result = Py_NewRef(NO_MATCH);
        }
        goto end;
    }
    self->running = self->program->release;
    int failed = run_program(self->program, found);
    self->running = 0;
    if (failed > 0) result = Py_NewRef(NO_MATCH);
    else if (!failed) {
        result = returned(self, found);
        if (result && set_all(self, found)) Py_CLEAR(result);
        for (Py_ssize_t i = 0; i < results; i++) Py_DECREF(found[i]);
    }
end:
    for (Py_ssize_t i = 0; i < held; i++) Py_XDECREF(kept[i]);
    Py_DECREF(self);
    return result;
}
"""

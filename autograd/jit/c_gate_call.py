"""What a gate does once a call fits: run the program, set and return. Next: `c_gate_type.py`."""

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

/* Advance the clock; what it shows dates the changes of this call. */
static PyObject *dated(Gate *self)
{
    PyObject *busy = PyObject_CallNoArgs(self->is_ticking), *now;
    if (!busy) return NULL;
    if (busy == Py_False)
        now = PyFloat_FromDouble(PyFloat_AsDouble(AT(self->state, self->clock)) + 1);
    else now = PyObject_CallNoArgs(self->tick);
    Py_DECREF(busy);
    if (!now) return NULL;
    if (busy == Py_False) put(self->state, self->clock, now);
    PyObject *date = PyFloat_FromDouble(4503599627370496.0 + PyFloat_AsDouble(now));
    Py_DECREF(now);
    return date;
}

static int set_all(Gate *self, PyObject **found)
{
    PyObject *date = NULL, *before = NULL, *count = NULL;
    Py_ssize_t by = 0;
    for (Py_ssize_t i = 0; i < self->lent; i++)
        put(self->lend[i].node, self->lend[i].offset, self->lend[i].array);
    for (Py_ssize_t i = 0; i < self->sets; i++) {
        Set *s = self->set + i;
        PyObject *x = s->kind == RESULT ? found[s->n] : Py_None;
        if (s->kind == DATE) {
            if (!date && !(date = dated(self))) break;
            x = date;
        }
        if (s->kind == COUNT) {
            /* mostly all counts are one object, and go on being one */
            if (AT(s->owner, s->offset) != before || s->n != by) {
                Py_XDECREF(count);
                Py_XDECREF(before);
                before = AT(s->owner, s->offset);
                Py_INCREF(before);
                by = s->n;
                count = PyLong_FromSsize_t(PyLong_AsSsize_t(before) + by);
                if (!count) break;
            }
            x = count;
        }
        put(s->owner, s->offset, x);
    }
    Py_XDECREF(date);
    Py_XDECREF(before);
    Py_XDECREF(count);
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
    if (self->closed || self->running) return Py_NewRef(NO_MATCH);
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

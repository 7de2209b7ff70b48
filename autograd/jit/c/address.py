"""The memory addresses of attributes of objects, for comparisons in C. Next: `caller.py`."""

SOURCE = r"""
/* Where an attribute, or the variable in a cell, lies if that does not move; else NULL. There may
   be NULL in the place of None. */
static PyObject **address(PyObject *owner, PyObject *name)
{
    #define IS(text) (PyUnicode_CompareWithASCIIString(name, text) == 0)
    if (!PyUnicode_Check(name)) return NULL;
    if (PyCell_Check(owner))
        return IS("cell_contents") ? &((PyCellObject *)owner)->ob_ref : NULL;
    if (IS("__class__")) return (PyObject **)&owner->ob_type;
    if (PyType_Check(owner)) return IS("__mro__") ? &((PyTypeObject *)owner)->tp_mro : NULL;
    if (PyFunction_Check(owner)) {
        PyFunctionObject *f = (PyFunctionObject *)owner;
        if (IS("__code__")) return &f->func_code;
        if (IS("__defaults__")) return &f->func_defaults;
        if (IS("__kwdefaults__")) return &f->func_kwdefaults;
    }
    if (IS("__dict__")) return _PyObject_GetDictPtr(owner);
    PyObject *found = _PyType_Lookup(Py_TYPE(owner), name);
    if (!found || Py_TYPE(found) != &PyMemberDescr_Type) return NULL;
    PyMemberDef *member = ((PyMemberDescrObject *)found)->d_member;
    if (member->type != T_OBJECT_EX || member->flags & READONLY) return NULL;
    return (PyObject **)((char *)owner + member->offset);
    #undef IS
}
"""

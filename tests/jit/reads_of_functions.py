"""Methods, functions, globals and modules, as functions under `jit` read them."""

import functools
import operator
import sys

import numpy as np

from autograd.jit import jit

from .reads import Holder, attribute, entry, kind, settings, seven, times

# --------------------------------------------------------------------------------------------------
# Methods and functions


@kind
def a_method():
    class S:
        m = times(2.0)

    s = S()
    return lambda x: s.m(x), attribute(S, "m", times(7.0))


@kind
def a_method_of_a_base():
    class A:
        def m(self, x):
            return x * 2.0

    class S(A):
        def m(self, x):
            return super().m(x)

    s = S()
    return lambda x: s.m(x), attribute(A, "m", times(7.0))


@kind
def a_method_of_the_object():
    class S:
        m = times(2.0)

    s = S()
    return lambda x: s.m(x), attribute(s, "m", seven)


@kind
def an_operator():
    class S:
        __mul__ = times(2.0)

    s = S()
    return lambda x: s * x, attribute(S, "__mul__", times(7.0))


@kind
def a_call():
    class S:
        __call__ = times(2.0)

    s = S()
    return lambda x: s(x), attribute(S, "__call__", times(7.0))


@kind
def a_static_method():
    class S:
        @staticmethod
        def m(x):
            return x * 2.0

    s = S()
    return lambda x: s.m(x), attribute(S, "m", staticmethod(seven))


@kind
def a_class_method():
    class S:
        k = 2.0

        @classmethod
        def m(cls, x):
            return x * cls.k

    return lambda x: S.m(x), attribute(S)


@kind
def a_variable_under_a_static_method():
    k = 2.0

    class S:
        @staticmethod
        def m(x):
            return x * k

    def change():
        nonlocal k
        k = 7.0

    return lambda x: S.m(x), change


@kind
def the_object_of_a_bound_method():
    class S:
        def m(self, x):
            return x * self.k

    s = S()
    s.k = 2.0
    return s.m, attribute(s)


@kind
def a_partial_method():
    class S:
        def m(self, x, k):
            return x * k[0]

        n = functools.partialmethod(m, k=[2.0])

    s = S()
    return lambda x: s.n(x), lambda: operator.setitem(vars(S)["n"].keywords["k"], 0, 7.0)


@kind
def defaults():
    def f(x, k=2.0):
        return x * k

    return f, attribute(f, "__defaults__", (7.0,))


@kind
def defaults_by_name():
    def f(x, *, k=2.0):
        return x * k

    return f, attribute(f, "__kwdefaults__", {"k": 7.0})


@kind
def defaults_by_name_in_place():
    def f(x, *, k=2.0):
        return x * k

    return f, entry(f.__kwdefaults__, "k")


@kind
def a_list_among_defaults():
    def f(x, k=[2.0]):  # noqa: B006
        return x * k[0]

    return f, entry(f.__defaults__[0])


@kind
def an_array_among_defaults():
    def f(x, k=np.array([2.0])):  # noqa: B008
        return x * k[0]

    return f, entry(f.__defaults__[0])


@kind
def code():
    def f(x):
        return x * 2.0

    return f, attribute(f, "__code__", seven.__code__)


@kind
def code_of_a_method():
    class S:
        def m(self, x):
            return x * 2.0

    s = S()

    def other(self, x):
        return x * 7.0

    return lambda x: s.m(x), attribute(S.m, "__code__", other.__code__)


@kind
def code_of_a_function():
    def g(x):
        return x * 2.0

    return lambda x: g(x), attribute(g, "__code__", seven.__code__)


@kind
def an_attribute_of_a_function():
    def f(x):
        return x * f.k

    f.k = 2.0
    return f, attribute(f)


@kind
def a_variable():
    k = 2.0

    def change():
        nonlocal k
        k = 7.0

    return lambda: k, change


@kind
def a_variable_that_is_bound_later():
    def read():
        try:
            return k
        except NameError:
            return 2.0

    def change():
        nonlocal k
        k = 7.0

    if not read:
        k = None
    return read, change


@kind
def a_variable_two_functions_in():
    k = 2.0

    def outer():
        return (lambda: k)()

    def change():
        nonlocal k
        k = 7.0

    return lambda: outer(), change


@kind
def a_list_under_a_wrapped_function():
    k = [2.0]

    def g(x):
        return x * k[0]

    return functools.wraps(g)(lambda x: g(x)), entry(k)


@kind
def a_list_under_a_function_that_is_kept():
    k = [2.0]
    g = functools.lru_cache(lambda: k[0])

    def change():
        k[0] = 7.0
        g.cache_clear()

    return lambda: g(), change


@kind
def a_list_under_another_jit():
    k = [2.0]
    g = jit(lambda x: x * k[0])
    return lambda x: g(x), entry(k)


@kind
def arguments_of_a_partial_function():
    g = functools.partial(lambda k, x: x * k[0], [2.0])
    return g, entry(g.args[0])


@kind
def keywords_of_a_partial_function():
    g = functools.partial(lambda x, k: x * k, k=2.0)
    return lambda x: g(x), entry(g.keywords, "k")


@kind
def an_attribute_of_a_partial_function():
    g = functools.partial(seven)
    g.k = 2.0
    return lambda: g.k, attribute(g)


@kind
def the_dict_of_a_bound_function():
    k = {"a": 2.0}
    get = k.get
    return lambda: get("a"), entry(k, "a")


# --------------------------------------------------------------------------------------------------
# Globals and modules

NUMBER = 2.0


def scaled(x):
    return x * 2.0


def replaced(name, before, after):
    """Return the change of a global of this module, which is put back first."""
    globals()[name] = before
    return lambda: operator.setitem(globals(), name, after)


@kind
def a_global():
    return lambda: NUMBER, replaced("NUMBER", 2.0, 7.0)


@kind
def a_global_function():
    return lambda x: scaled(x), replaced("scaled", lambda x: x * 2.0, seven)


@kind
def a_module():
    s = settings()
    return lambda: s.k, attribute(s)


@kind
def a_module_in_an_attribute():
    s, holder = settings(), Holder()
    holder.settings = s
    return lambda: holder.settings.k, attribute(s)


@kind
def a_module_in_a_module():
    s, outer = settings(), settings()
    outer.inner = s
    return lambda: outer.inner.k, attribute(s)


@kind
def a_module_imported_inside():
    s = sys.modules["settings_of_a_test"] = settings()

    def read():
        import settings_of_a_test

        return settings_of_a_test.k

    return read, attribute(s)


@kind
def a_name_imported_inside():
    s = sys.modules["settings_of_a_test"] = settings()

    def read():
        from settings_of_a_test import k

        return k

    return read, attribute(s)

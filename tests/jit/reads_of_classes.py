"""Classes, their attributes and descriptors, as functions under `jit` read them."""

import functools

from .reads import attribute, entry, kind


@kind
def a_class():
    class S:
        k = 2.0

    return lambda: S.k, attribute(S)


@kind
def a_class_of_a_class():
    class S:
        k = 2.0

    class T:
        inner = S

    s = T()
    return lambda: s.inner.k, attribute(S)


@kind
def the_class_of_an_object():
    class S:
        k = 2.0

    s = S()
    return lambda: s.k, attribute(S)


@kind
def the_class_of_an_object_made_inside():
    class S:
        k = 2.0

    return lambda: S().k, attribute(S)


@kind
def an_inherited_attribute():
    class A:
        k = 2.0

    class S(A):
        pass

    s = S()
    return lambda: s.k, attribute(A)


@kind
def an_inherited_attribute_overridden_later():
    class A:
        k = 2.0

    class S(A):
        pass

    s = S()
    return lambda: s.k, attribute(S)


@kind
def an_attribute_of_a_class_that_an_object_hides_later():
    class S:
        k = 2.0

    s = S()
    return lambda: s.k, attribute(s)


@kind
def an_attribute_that_no_longer_hides_that_of_the_class():
    class S:
        k = 7.0

    s = S()
    s.k = 2.0
    return lambda: s.k, lambda: delattr(s, "k")


@kind
def an_attribute_that_a_class_gets_later():
    class S:
        pass

    s = S()
    return lambda: getattr(s, "k", 2.0), attribute(S)


@kind
def an_attribute_that_a_class_loses():
    class A:
        k = 7.0

    class S(A):
        k = 2.0

    s = S()
    return lambda: s.k, lambda: delattr(S, "k")


@kind
def a_list_in_a_class():
    class S:
        k = [2.0]  # noqa: RUF012

    s = S()
    return lambda: s.k[0], entry(S.k)


@kind
def another_class():
    class S:
        k = 2.0

    class T:
        k = 7.0

    s = S()
    return lambda: s.k, attribute(s, "__class__", T)


@kind
def other_bases():
    class A:
        k = 2.0

    class B:
        k = 7.0

    class S(A):
        pass

    s = S()
    return lambda: s.k, attribute(S, "__bases__", (B,))


@kind
def a_metaclass():
    class M(type):
        k = 2.0

    class S(metaclass=M):
        pass

    return lambda: S.k, attribute(M)


@kind
def a_property():
    class S:
        _k = 1.0

        @property
        def k(self):
            return self._k

    s = S()
    s._k = 2.0
    return lambda: s.k, attribute(s, "_k")


@kind
def a_variable_under_a_property():
    k = 2.0

    class S:
        @property
        def k(self):
            return k

    def change():
        nonlocal k
        k = 7.0

    s = S()
    return lambda: s.k, change


@kind
def another_property():
    class S:
        k = property(lambda self: 2.0)

    s = S()
    return lambda: s.k, attribute(S, "k", property(lambda self: 7.0))


@kind
def a_descriptor_of_a_user():
    class D:
        k = 2.0

        def __get__(self, instance, owner=None):
            return self.k

    d = D()

    class S:
        k = d

    s = S()
    return lambda: s.k, attribute(d)


@kind
def a_property_that_is_kept():
    class S:
        def __init__(self):
            self.n = 2.0

        @functools.cached_property
        def k(self):
            return self.n

    def change():
        s.n = 7.0
        del s.k
        assert s.k == 7.0

    s = S()
    assert s.k == 2.0
    return lambda: s.k, change

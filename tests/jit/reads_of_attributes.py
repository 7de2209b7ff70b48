"""Attributes of objects, as functions under `jit` read them."""

import argparse
import collections
import dataclasses
import enum
import types
import weakref

import numpy as np

from .reads import Holder, attribute, entry, kind


@kind
def an_attribute():
    s = Holder(k=2.0)
    return lambda: s.k, attribute(s)


@kind
def an_attribute_read_from_its_dict():
    s = Holder(k=2.0)
    return lambda: vars(s)["k"], attribute(s)


@kind
def another_dict():
    s = Holder(k=2.0)
    return lambda: s.k, attribute(s, "__dict__", {"k": 7.0})


@kind
def another_dict_that_changes_later():
    s = Holder(k=2.0)

    def change():
        s.__dict__ = dict(vars(s))
        s.k = 7.0

    return lambda: s.k, change


@kind
def a_slot():
    class S:
        __slots__ = ("k",)

    s = S()
    s.k = 2.0
    return lambda: s.k, attribute(s)


@kind
def a_private_slot():
    class S:
        __slots__ = ("__k",)

        def put(self, k):
            self.__k = k

        def get(self):
            return self.__k

    s = S()
    s.put(2.0)
    return lambda: s.get(), lambda: s.put(7.0)


@kind
def a_list_behind_getattr():
    class S:
        def __init__(self):
            self.table = {"k": 2.0}

        def __getattr__(self, name):
            return self.table[name]

    s = S()
    return lambda: s.k, entry(s.table, "k")


@kind
def a_weak_reference():
    s = Holder(k=2.0)
    found = weakref.ref(s)
    return lambda: found().k, attribute(s)


@kind
def an_iterator_of_a_user():
    class Counter:
        k = 2.0

        def __next__(self):
            return self.k

    s = Counter()
    return lambda: next(s), attribute(s)


@kind
def a_dataclass():
    @dataclasses.dataclass
    class S:
        k: float = 2.0

    s = S()
    return lambda: s.k, attribute(s)


@kind
def a_dataclass_with_slots():
    @dataclasses.dataclass(slots=True)
    class S:
        k: float = 2.0

    s = S()
    return lambda: s.k, attribute(s)


@kind
def an_array_in_a_frozen_dataclass_with_slots():
    @dataclasses.dataclass(frozen=True, slots=True)
    class S:
        k: np.ndarray

    s = S(np.array([2.0]))
    return lambda: s.k[0], entry(s.k)


@kind
def a_default_of_a_dataclass_made_inside():
    @dataclasses.dataclass
    class S:
        k: float = 2.0

    return lambda: S().k, attribute(S.__init__, "__defaults__", (7.0,))


@kind
def a_namedtuple():
    s = collections.namedtuple("N", "k")([2.0])
    return lambda: s.k[0], entry(s.k)


@kind
def a_member_of_an_enumeration():
    numbers = enum.Enum("E", {"k": 2.0})
    return lambda: numbers.k.value, attribute(numbers.k, "_value_")


@kind
def a_namespace():
    s = types.SimpleNamespace(k=2.0)
    return lambda: s.k, attribute(s)


@kind
def parsed_arguments():
    s = argparse.Namespace(k=2.0)
    return lambda: s.k, attribute(s)


@kind
def attributes_of_a_list():
    class L(list):
        k = 1.0

        def get(self):
            return self.k

    s = L([1.0])
    s.k = 2.0
    return lambda: s.get(), attribute(s)


@kind
def attributes_of_a_dict():
    class D(dict):
        pass

    s = D(a=1.0)
    s.k = 2.0
    return lambda: s.k, attribute(s)


@kind
def attributes_of_a_tuple():
    class T(tuple):
        pass

    s = T((1.0,))
    s.k = 2.0
    return lambda: s.k, attribute(s)


@kind
def attributes_of_a_number():
    class F(float):
        pass

    s = F(1.0)
    s.k = 2.0
    return lambda: s.k, attribute(s)

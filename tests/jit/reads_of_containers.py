"""Containers and arrays, as functions under `jit` read them, and what no guard can see."""

import array
import collections
import contextvars
import operator
import os
import types

import numpy as np

from .reads import KINDS, Holder, attribute, entry, kind, settings, unseen

# --------------------------------------------------------------------------------------------------
# Containers


@kind
def a_list():
    k = [2.0]
    return lambda: k[0], entry(k)


@kind
def a_list_that_grows():
    k = [2.0]
    return lambda: sum(k), lambda: k.append(5.0)


@kind
def a_list_in_a_list():
    k = [[1.0, [2.0]]]
    return lambda: k[0][1][0], entry(k[0][1])


@kind
def a_list_in_a_tuple():
    k = ([2.0],)
    return lambda: k[0][0], entry(k[0])


@kind
def a_list_of_a_user():
    class L(list):
        pass

    k = L([2.0])
    return lambda: k[0], entry(k)


@kind
def a_user_list():
    k = collections.UserList([2.0])
    return lambda: k[0], entry(k)


@kind
def a_queue():
    k = collections.deque([2.0])
    return lambda: k[0], entry(k)


@kind
def a_list_in_a_queue():
    k = collections.deque([[2.0]])
    return lambda: k[0][0], entry(k[0])


@kind
def a_set():
    k = {2.0}

    def change():
        k.clear()
        k.add(7.0)

    return lambda: sum(k), change


@kind
def the_order_of_a_dict():
    k = {"a": 2.0, "b": 7.0}
    return lambda: next(iter(k.values())), lambda: operator.setitem(k, "a", k.pop("a"))


@kind
def the_keys_of_a_dict():
    k = {2.0: 1}

    def change():
        k.clear()
        k[7.0] = 1

    return lambda: next(iter(k)), change


@kind
def the_view_of_a_dict():
    k = {"a": 2.0}
    values = k.values()
    return lambda: next(iter(values)), entry(k, "a")


@kind
def the_order_of_an_ordered_dict():
    k = collections.OrderedDict(a=2.0, b=7.0)
    return lambda: next(iter(k.values())), lambda: k.move_to_end("a")


def mapping(make):
    """Return the maker of a dict of some kind."""

    def made():
        inner = {"a": 2.0}
        k = make(inner)
        return lambda: k["a"], entry(k if isinstance(k, dict) else inner, "a")

    return made


KINDS |= {
    "a dict": mapping(lambda d: d),
    "a dict with a default": mapping(lambda d: collections.defaultdict(float, d)),
    "an ordered dict": mapping(collections.OrderedDict),
    "a dict of a user": mapping(type("D", (dict,), {})),
    "a chain of dicts": mapping(lambda d: collections.ChainMap({}, d)),
    "a read-only dict": mapping(types.MappingProxyType),
}


def holding(make):
    """Return the maker of something that holds an array."""

    def made():
        k = np.array([2.0, 1.0])
        read = make(k)
        return lambda: read()[0], entry(k)

    return made


def in_list(k):
    held = [k]
    return lambda: held[0]


def in_tuple(k):
    held = (k,)
    return lambda: held[0]


def in_dict(k):
    held = {"a": k}
    return lambda: held["a"]


def in_queue(k):
    held = collections.deque([k])
    return lambda: held[0]


def in_class(k):
    held = type("S", (), {"k": k})
    return lambda: held.k


def in_attribute(k):
    held = Holder(k=k)
    return lambda: held.k


def in_view(k):
    part = k[:1]
    return lambda: part


def in_number_of_arrays(k):
    held = np.empty(1, object)
    held[0] = k
    return lambda: held[0]


KINDS |= {
    f"an array {make.__name__}": holding(make)
    for make in (
        lambda k: lambda: k,
        in_list, in_tuple, in_dict, in_queue, in_class, in_attribute, in_view, in_number_of_arrays,
    )
}  # fmt: skip


def numbers(make):
    """Return the maker of numbers that lie in memory side by side."""

    def made():
        k = make()
        return lambda: k[0], lambda: operator.setitem(k, 0, 7)

    return made


KINDS |= {
    "an array of integers": numbers(lambda: np.array([2, 3])),
    "an array of objects": numbers(lambda: np.array([2, None], object)),
    "an array of the array module": numbers(lambda: array.array("d", [2.0])),
    "a bytearray": numbers(lambda: bytearray([2])),
    "a memoryview": numbers(lambda: memoryview(np.array([2.0]))),
}


# --------------------------------------------------------------------------------------------------
# What no guard can see


@unseen
def a_context_variable():
    k = contextvars.ContextVar("k")
    k.set(2.0)
    return lambda: k.get(), lambda: k.set(7.0)


@unseen
def the_environment():
    os.environ["GLASSGRAD_OF_A_TEST"] = "2"
    return lambda: float(os.environ["GLASSGRAD_OF_A_TEST"]), lambda: os.environ.update(
        GLASSGRAD_OF_A_TEST="7"
    )


@unseen
def a_name_that_is_computed():
    s, name = settings(), "k"
    return lambda: getattr(s, name), attribute(s)


@unseen
def a_generator_that_runs():
    def run():
        while True:
            yield k[0]

    k = [2.0]
    numbers = run()
    return lambda: next(numbers), entry(k)

"""What functions under `jit` may read: tables that the other files of this name fill.

A maker returns what reads the factor 2, or multiplies by it, and a change that makes it 7.
"""

import operator
import types

KINDS = {}
UNSEEN = {}


def kind(make):
    """Enter what guards see."""
    KINDS[make.__name__.strip("_")] = make


def unseen(make):
    """Enter what no guard can see, which is to be passed as an argument."""
    UNSEEN[make.__name__.strip("_")] = make


def entry(container, key=0):
    """Return the change of one entry."""
    return lambda: operator.setitem(container, key, 7.0)


def attribute(owner, name="k", value=7.0):
    """Return the change of an attribute."""
    return lambda: setattr(owner, name, value)


def times(k):
    """Return a method that multiplies by a number."""
    return lambda self, x: x * k


def seven(x):
    """Return seven times x."""
    return x * 7.0


class Holder:
    """An object with any attributes."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def settings():
    """Return a module with the factor in it."""
    found = types.ModuleType("settings_of_a_test")
    found.k = 2.0
    return found

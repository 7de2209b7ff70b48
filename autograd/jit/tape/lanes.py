"""Lanes: parts of a program that are alike, found in any loop over samples.

Next: `schedule.py`.

Numbers computed in the same way from the same leaves, whatever the constants, get one hash; for the
body of a loop over samples those are the samples' versions of one number, in the order of samples.
Standing side by side in memory, they are computed as one vector. The hash only chooses places: what
each number is computed from is as the tape says, alike or not.
"""

from __future__ import annotations

import numpy as np

from .graph import Array, Order, sorted_by

# The fewest numbers that are worth a vector
LANES = 8
_SEED = 0x9E3779B97F4A7C15
_ODD = np.random.default_rng(_SEED).integers(2**63, size=3, dtype=np.uint64) | np.uint64(1)


def _mixed(h: Array) -> Array:
    """Return mixed bits for each number, whose sums are good hashes."""
    h = h ^ (h >> np.uint64(31))
    h *= np.uint64(0x7FB5D329728EA185)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x81DADEF4BC2DD44D)
    return h


def hashes(keys: Array, order: Order, toward: Array, alike: Array) -> Array | None:
    """Return a hash of how each number is computed; None for what is nearly a chain.

    Parameters
    ----------
    keys : array of int
        The keys of all numbers.
    order : Order
        The computed numbers.
    toward : array of int
        The number whose gradient each one is a part of; -1 for none.
    alike : array of bool
        Constants and arguments, all treated as equal.
    """
    if len(order.bounds) * LANES > order.nodes.size:
        return None  # there is little to vectorise
    found = _mixed(np.arange(len(keys) + 1, dtype=np.uint64) + np.uint64(2))
    found[:-1][alike] = 1
    found[-1] = 0  # for what is no part of a gradient
    salts = _mixed(np.arange(int(keys.max(initial=0)) + 1, dtype=np.uint64) * np.uint64(_SEED))
    for nodes, needs, first in order.upward():
        each = found.take(needs)
        h = np.add.reduceat(each, first)
        # a sum does not tell operands apart: the first and the last one are told
        h += each[first] * _ODD[0]
        h += each[np.append(first[1:], each.size) - 1] * _ODD[1]
        h += found[toward[nodes]] * _ODD[2]
        h += salts[keys[nodes]]
        found[nodes] = _mixed(h)
    return found


def classes(code: Array, h: Array | None) -> tuple[Array, Array]:
    """Group numbers that agree in code and hash.

    Returns an order in which numbers of one code are contiguous, and within that those of one class
    and classes of one size; and the sizes in that order. Classes too small to be vectors have the
    size 0, and their numbers stay in order; without hashes there are no others.
    """
    if h is None:
        return sorted_by(code), np.zeros(len(code), np.intp)
    h = (h >> np.uint64(32)).astype(np.intp)
    order = sorted_by(code, h)
    code, h = code[order], h[order]
    new = np.flatnonzero((np.diff(code, prepend=-1) != 0) | (np.diff(h, prepend=-1) != 0))
    sizes = np.diff(np.append(new, len(order)))
    large = sizes >= LANES
    first, length = np.where(large, order[new] + 1, 0), np.where(large, sizes, 0)
    ranks = sorted_by(code[new], length, first)
    # small classes of one code come first, as one
    goes_on = (first[ranks[1:]] == 0) & (np.diff(code[new][ranks]) == 0)
    rank = np.empty(len(new), np.intp)
    rank[ranks] = np.cumsum(np.append(0, ~goes_on))
    ranks, lengths = np.empty((2, len(order)), np.intp)
    ranks[order], lengths[order] = np.repeat(rank, sizes), np.repeat(length, sizes)
    order = sorted_by(ranks)
    return order, lengths[order]

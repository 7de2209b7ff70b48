"""A whole drawing laid out: modules as frames in frames. Next: `../scene/`.

Every frame is laid out by itself, innermost first, and is then a box in the frame around it, so
frames never overlap and the time grows with the parts, not with the whole. A link enters or leaves
a frame through a port on its border, shared by all links of one source: no link crosses a card.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .layered import Placed, place
from .net import Link, Point

Key = Hashable
Edge = tuple[Key, Key]

# padding of a frame: left, top (with the title), right, bottom
_PAD = (16.0, 30.0, 16.0, 16.0)
_TITLE = 7.0
# the rows of an inner frame are shorter than those around it, in which it has neighbours
_INNER, _LEAST = 0.8, 0.5


@dataclass(frozen=True)
class Rect:
    """The rectangle of a card or frame."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Frame:
    """A titled box around cards and other frames; the outermost has no border."""

    key: Key
    title: str = ""
    children: list[Key | Frame] = field(default_factory=list)


@dataclass
class Layout:
    """The positions of cards and frames by key, and the route of each edge.

    The points of a route come in pairs: a horizontal line (vertical, if ``vertical``) within a
    pair, a curve to the next pair. The last pair is the arrival at the card.
    """

    cards: dict[Key, Rect]
    frames: dict[Key, Rect]
    routes: dict[Edge, list[Point]]
    width: float
    height: float
    vertical: bool = False


def arrange(
    root: Frame,
    sizes: Mapping[Any, tuple[float, float]],
    edges: Mapping[Any, float],
    *,
    vertical: bool = False,
    gap: float = 40.0,
    spacing: float = 16.0,
    room: float = math.inf,
) -> Layout:
    """Lay out cards of given sizes and the edges between them.

    Parameters
    ----------
    root : Frame
        Contains all cards, in frames or directly; children are placed in this order if the edges
        leave a choice.
    sizes : mapping
        Width and height by card.
    edges : mapping
        By (source, target), the offset from the middle of a side at which an edge arrives; the
        routes end in the middle. Edges from a card to itself are ignored.
    vertical : bool
        From top to bottom instead of from left to right.
    gap, spacing : float
        The smallest distances between columns, and between cards of a column.
    room : float
        What would be much wider than this is cut into rows of about this width.

    Examples
    --------
    >>> root = Frame("", children=["a", "b"])
    >>> layout = arrange(root, {"a": (10, 10), "b": (10, 10)}, {("a", "b"): 0.0})
    >>> layout.cards["b"]
    Rect(x=50.0, y=0.0, width=10, height=10)
    """
    if vertical:
        sizes = {key: (h, w) for key, (w, h) in sizes.items()}
    work = _Work(root, sizes, _PAD[1::-1] + _PAD[:1:-1] if vertical else _PAD, vertical)
    work.connect(edges)
    for frame in reversed(work.frames):
        inner = max(_INNER ** work.depth[frame.key], _LEAST)
        work.place(frame, gap, spacing, room * inner)
    found = work.result()
    if vertical:
        _transpose(found)
    return found


class _Work:
    """The state of one arrangement."""

    def __init__(
        self,
        root: Frame,
        sizes: Mapping[Key, tuple[float, float]],
        pad: tuple[float, float, float, float],
        vertical: bool,
    ) -> None:
        self.root, self.pad, self.vertical = root, pad, vertical
        self.sizes: dict[Key, tuple[float, float]] = dict(sizes)
        self.frames: list[Frame] = []
        self.chain: dict[Key, tuple[Frame, ...]] = {}
        self.depth: dict[Key, int] = {}
        stack: list[tuple[Frame, tuple[Frame, ...]]] = [(root, ())]
        while stack:
            frame, above = stack.pop()
            self.frames.append(frame)
            self.depth[frame.key] = len(above)
            inner = (*above, frame)
            for child in frame.children:
                if isinstance(child, Frame):
                    stack.append((child, inner))
                else:
                    self.chain[child] = inner
        # by frame: (from, to, source) of links, and ports in order of first use
        self.links: dict[Key, dict[tuple[Key, Key, Key], None]] = {f.key: {} for f in self.frames}
        self.ports: dict[Key, dict[tuple[str, Key], None]] = {f.key: {} for f in self.frames}
        self.hops: dict[Edge, list[tuple[Key, tuple[Key, Key, Key]]]] = {}
        self.placed: dict[Key, Placed] = {}
        self.arrivals: dict[Edge, float] = {}
        self.made: dict[tuple[Key, tuple[Key, Key, Key]], Link] = {}
        self.index: dict[Key, dict[Key, int]] = {}

    def connect(self, edges: Mapping[Edge, float]) -> None:
        """Split every edge into links, one for each frame that it passes."""
        for (u, v), arrival in edges.items():
            if u == v:
                continue
            self.arrivals[u, v] = arrival
            path_u: list[Key] = [f.key for f in self.chain[u]] + [u]
            path_v: list[Key] = [f.key for f in self.chain[v]] + [v]
            shared = 0
            while path_u[shared + 1] == path_v[shared + 1]:
                shared += 1
            hops: list[tuple[Key, tuple[Key, Key, Key]]] = []
            at: Key = u
            for frame in path_u[-2:shared:-1]:
                port: Key = ("out", u)
                self.ports[frame]["out", u] = None
                hops.append((frame, (at, port, u)))
                at = frame
            hops.append((path_u[shared], (at, path_v[shared + 1], u)))
            for k in range(shared + 1, len(path_v) - 1):
                port = ("in", u)
                self.ports[path_v[k]]["in", u] = None
                hops.append((path_v[k], (port, path_v[k + 1], u)))
            for frame, link in hops:
                self.links[frame][link] = None
            self.hops[u, v] = hops

    def place(self, frame: Frame, gap: float, spacing: float, room: float) -> None:
        """Lay out one frame, after its inner frames."""
        keys: list[Key] = [c.key if isinstance(c, Frame) else c for c in frame.children]
        ports = self.ports[frame.key]
        first, last = len(keys), len(keys) + len(ports)
        keys += ports
        index = self.index[frame.key] = {key: k for k, key in enumerate(keys)}
        sizes = [self.sizes[key] for key in keys[:first]] + [(0.0, 2.0)] * len(ports)
        links = []
        for a, b, source in self.links[frame.key]:
            leave, enter = self.height(a, "out", source), self.height(b, "in", source)
            link = Link(
                index[a], index[b], leave, enter, source, self.arrivals.get((source, b), 0.0)
            )
            self.made[frame.key, (a, b, source)] = link
            links.append(link)
        ends = range(first, last)
        placed = place(
            sizes,
            links,
            gap=gap,
            spacing=spacing,
            first=frozenset(k for k in ends if keys[k][0] == "in"),  # type: ignore[index]
            last=frozenset(k for k in ends if keys[k][0] == "out"),  # type: ignore[index]
            room=room,
        )
        self.placed[frame.key] = placed
        if frame is not self.root:
            left, top, right, bottom = self.pad
            width, height = placed.width + left + right, placed.height + top + bottom
            title = len(frame.title) * _TITLE + 28
            if self.vertical:
                height = max(height, title)
            else:
                width = max(width, title)
            self.sizes[frame.key] = width, height

    def height(self, key: Key, way: str, source: Key) -> float:
        """Return the height at which a link meets a card, a port, or an inner frame's border."""
        if key in self.placed:
            port = self.index[key][way, source]
            return self.placed[key].corners[port][1] + 1.0 + self.pad[1]
        if key in self.chain:
            return self.sizes[key][1] / 2
        return 1.0

    def result(self) -> Layout:
        """Return the layout in absolute positions."""
        origin: dict[Key, Point] = {self.root.key: (0.0, 0.0)}
        found = Layout({}, {}, {}, 0.0, 0.0, self.vertical)
        for frame in self.frames:
            x, y = origin[frame.key]
            for child, (cx, cy) in zip(
                frame.children, self.placed[frame.key].corners, strict=False
            ):
                key: Key = child.key if isinstance(child, Frame) else child
                rect = Rect(x + cx, y + cy, *self.sizes[key])
                if isinstance(child, Frame):
                    found.frames[key] = rect
                    origin[key] = rect.x + self.pad[0], rect.y + self.pad[1]
                else:
                    found.cards[key] = rect
        for edge, hops in self.hops.items():
            route: list[Point] = []
            for frame_key, link in hops:
                x, y = origin[frame_key]
                points = self.placed[frame_key].routes[self.made[frame_key, link]]
                route += [(x + px, y + py) for px, py in points]
            found.routes[edge] = route
        whole = self.placed[self.root.key]
        found.width, found.height = whole.width, whole.height
        return found


def _transpose(layout: Layout) -> None:
    """Transpose a left-to-right layout to top to bottom."""
    for rects in (layout.cards, layout.frames):
        for key, r in rects.items():
            rects[key] = Rect(r.y, r.x, r.height, r.width)
    for edge, points in layout.routes.items():
        layout.routes[edge] = [(y, x) for x, y in points]
    layout.width, layout.height = layout.height, layout.width

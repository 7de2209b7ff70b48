"""The player of a recording: one page with data, pictures and script. Next: `recording.py`."""

from __future__ import annotations

import base64
import math
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.viz.elements.markup import clip, escape, printable
from autograd.viz.elements.theme import class_of, style
from autograd.viz.stepping.page import POLICY, asset, buttons, embedded, framed

from ..training.curves import BOTTOM, HEIGHT, LEFT, RIGHT, RULES, TOP, WIDTH, panel
from ..training.history import History
from .player_network import draw_network_of

if TYPE_CHECKING:
    from .recording import Recording

Array = np.ndarray[Any, Any]

_BYTES, _FRAMES = 600_000, 200
_LAYERS = 10
_CLASSES = 12
_BUTTONS = (
    ("first", "|◀", "To the start (Home)"),
    ("back", "◀", "One snapshot back (left arrow)"),
    ("play", "▶ Play", "Play or pause (space)"),
    ("next", "▶", "One snapshot on (right arrow)"),
    ("last", "▶|", "To the end (End)"),
)


def page(recording: Recording) -> str:
    """Return the whole page.

    Raises
    ------
    ValueError
        If there is no snapshot.
    """
    if not recording.rows:
        raise ValueError("a recording without a snapshot cannot be played; take one first")
    data = data_of(recording)
    title = f"Training of {recording.title}"
    scope = class_of(title)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,"><title>{escape(title)}</title>
<style>{style(scope, more=RULES)}
{asset("step.css")}{asset("player.css", __package__)}</style></head>
<body class="{scope}">
<header><h1>{escape(clip(title, 80))}</h1><span class="room"></span>
<output id="now"></output>
<button id="theme" title="Light or dark (t)" aria-label="Switch between light and dark">◐</button>
</header>
<main id="main" tabindex="-1">
{_network(recording)}
{_plane(recording)}
{_curves(recording, data)}
{_health()}
{_activations(recording, data)}
</main>
{_footer(data)}
<p id="live" class="hidden" aria-live="polite"></p>
<noscript>This page plays a training back with a script, which is switched off.</noscript>
<script type="application/json" id="data">{embedded(data)}</script>
<script>{asset("player.js", __package__)}</script>
</body></html>
"""


def frame(recording: Recording, height: int) -> str:
    """Return the player in an iframe, for a notebook."""
    return framed(page(recording), f"Training of {recording.title}", height)


# --------------------------------------------------------------------------------------------------
# Data for the script


def data_of(recording: Recording) -> dict[str, Any]:
    """Return the data of the script, for as many snapshots as a page holds."""
    structure, arrays = recording.structure, recording.arrays
    chosen = _chosen(len(recording), arrays)
    picked = {n: a[chosen] for n, a in arrays.items()}
    axis = _axis(recording.history)
    found: dict[str, Any] = {
        "count": len(chosen),
        "of": len(recording),
        "rows": [{n: _plain(x) for n, x in recording.rows[i].items()} for i in chosen],
        "places": [axis[i] for i in chosen],
        "findings": [recording.findings[i] for i in chosen],
        "samples": structure["samples"],
        "about": structure["gradients"],
        "parameters": [
            {
                "name": p["name"],
                "shape": list(p["shape"]),
                "rows": list(p["rows"]),
                "columns": list(p["columns"]),
            }
            for p in structure["parameters"]
        ],
        "outputs": [
            {k: o[k] for k in ("name", "activation", "units")} for o in structure["outputs"]
        ],
        "layers": _some(len(structure["outputs"]), _LAYERS),
        "surface": None,
    }
    found |= _packed_arrays(picked)
    if structure["surface"] is not None:
        found["surface"] = _surface_data(recording, picked["surface"])
    return found


def _packed_arrays(picked: dict[str, Array]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: _packed(picked[name], "<f4") for name in ("weights", "gradients", "units", "ranges")
    }
    for name in ("weight", "gradient"):
        found[f"{name}Norms"] = _packed(picked[f"{name}_statistics"][:, :, 0], "<f4")
    found["moments"] = _packed(picked["activation_statistics"], "<f4")
    histograms = np.nan_to_num(picked["histograms"])
    highest = np.maximum(histograms.max(axis=-1, keepdims=True), 1e-12)
    # square roots, so that a single high bar does not flatten all others
    found["histograms"] = _packed(np.round(255 * np.sqrt(histograms / highest)), "u1")
    found["bins"] = int(histograms.shape[-1])
    return found


def _chosen(count: int, arrays: dict[str, Array]) -> list[int]:
    """Return the snapshots that the page shows, including the first and the last."""
    each = sum(4 * arrays[n][0].size for n in ("weights", "gradients", "units"))
    each += arrays["surface"][0].size if "surface" in arrays else 0
    return _some(count, max(2, min(_FRAMES, _BYTES // max(each, 1))))


def _some(count: int, most: int) -> list[int]:
    if count <= most:
        return list(range(count))
    return sorted({round(k * (count - 1) / (most - 1)) for k in range(most)})


def _axis(history: History) -> list[Any]:
    """Return the epochs of the snapshots, or the steps where an epoch has several."""
    epochs = history["epoch"]
    return epochs if len(set(epochs)) == len(epochs) else history["step"]


def _packed(a: Array, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(a, kind).tobytes()).decode()


def _plain(x: Any) -> Any:
    return x if not isinstance(x, float) or math.isfinite(x) else str(x)


def _surface_data(recording: Recording, grids: Array) -> dict[str, Any]:
    """Return the plane as bytes: from -1 to 1, or class and probability, or low to high."""
    surface = recording.structure["surface"]
    grids = grids.astype(np.float64)
    low, high = 0.0, 0.0
    if surface["kind"] == "classes":
        grids[:, 1] *= 255
        packed = _packed(np.round(np.nan_to_num(grids)), "u1")
    else:
        if surface["kind"] == "values":
            finite = grids[np.isfinite(grids)]
            low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
            if finite.size and finite.min() > 0:
                low = float(finite.min())
            grids = (grids / 2 - low / 2) / ((high / 2 - low / 2) or 1) * 2 - 1
        packed = _packed(np.round(np.nan_to_num(np.clip(grids, -1, 1)) * 127), "i1")
    return {
        "kind": surface["kind"],
        "side": surface["side"],
        "low": low,
        "high": high,
        "grid": packed,
    }


# --------------------------------------------------------------------------------------------------
# Panels


def _section(name: str, title: str, body: str, aside: str = "") -> str:
    return (
        f'<section id="{name}" class="panel" aria-labelledby="h-{name}"><div class="head">'
        f'<h2 id="h-{name}">{title}</h2>{aside}</div>{body}</section>'
    )


def _network(recording: Recording) -> str:
    drawn = draw_network_of(recording.structure)
    switch = (
        '<div class="switch" role="group" aria-label="Colour by">'
        '<button id="by-weights" aria-pressed="true" title="Colour by weight (g switches)">'
        'Weights</button><button id="by-gradients" aria-pressed="false" '
        'title="Colour by gradient (g switches)">Gradients</button></div>'
    )
    key = (
        '<div class="key"><span class="scale" aria-hidden="true"></span><span id="most"></span>'
        '<span id="readout" class="note"></span></div>'
    )
    # on small screens the drawing scrolls, which needs the focus of the keyboard
    drawing = f'<div class="fit" tabindex="0" role="group" aria-label="Drawing">{drawn}</div>'
    return _section("network", "Network", drawing + key, switch)


def _plane(recording: Recording) -> str:
    surface = recording.structure["surface"]
    if surface is None:
        return ""
    body = (
        '<div class="plane"><canvas id="canvas" width="200" height="200" role="img" '
        'aria-label="What the model answers over the plane of its two inputs"></canvas>'
        f"{_points(recording.structure)}</div>{_key(recording.structure)}"
    )
    title = "Answers" if surface["kind"] == "values" else "Decision boundary"
    return _section("boundary", title, body)


def _points(structure: dict[str, Any]) -> str:
    surface, points = structure["surface"], structure["points"]
    (x0, x1), (y0, y1) = surface["x"], surface["y"]
    classes, values = points.get("classes"), points.get("values")
    most = 0.0 if values is None else float(np.abs(values).max(initial=0)) or 1.0
    out = []
    for k, (x, y) in enumerate(np.asarray(points["x"]).tolist()):
        a, b = 300 * (x - x0) / (x1 - x0), 300 * (y1 - y) / (y1 - y0)
        if values is None:
            out.append(_mark(-1 if classes is None else int(classes[k]) % _CLASSES, a, b))
            continue
        hue, share = "neg" if values[k] < 0 else "pos", abs(float(values[k])) / most
        fill = f"color-mix(in srgb,var(--glass-{hue}) {100 * share:.0f}%,var(--glass-bg))"
        out.append(f'<circle class="pv" style="fill:{fill}" cx="{a:.1f}" cy="{b:.1f}" r="3.6"/>')
    return f'<svg viewBox="0 0 300 300" aria-hidden="true">{"".join(out)}</svg>'


def _mark(kind: int, x: float, y: float, r: float = 3.6) -> str:
    """Return the marker of a class, with its own colour and shape."""
    name = f'class="pt k{kind % 6 if kind >= 0 else kind}"'
    if kind % 3 == 1:
        s = r * 0.9
        at = f'x="{x - s:.1f}" y="{y - s:.1f}" width="{2 * s:.1f}" height="{2 * s:.1f}"'
        return f"<rect {name} {at}/>"
    if kind >= 0 and kind % 3 == 2:
        s = r * 1.2
        d = f"M{x - s:.1f} {y:.1f}l{s:.1f} {-s:.1f} {s:.1f} {s:.1f} {-s:.1f} {s:.1f}z"
        return f'<path {name} d="{d}"/>'
    return f'<circle {name} cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>'


def _key(structure: dict[str, Any]) -> str:
    """Return the legend of the colours, and the part of the plane that is shown."""
    surface, count = structure["surface"], min(max(structure["surface"]["outputs"], 2), _CLASSES)
    ends = (f"{a:.3g} to {b:.3g}".replace("-", "−") for a, b in (surface["x"], surface["y"]))
    where = '<span class="note">x₁ {}, x₂ {}</span>'.format(*ends)
    if surface["kind"] == "values":
        key = '<span class="scale" aria-hidden="true"></span><span id="span"></span>'
        return f'<div class="key">{key}{where}</div>'
    names = structure["classes"][:count]
    if len(names) < count:
        names = [f"class {k}" for k in range(count)]
    marks = "".join(
        '<span class="mark"><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">'
        f"{_mark(k, 6, 6, 4)}</svg>{escape(clip(n, 24))}</span>"
        for k, n in enumerate(names)
    )
    return f'<div class="key">{marks}{where}</div>'


def _curves(recording: Recording, data: dict[str, Any]) -> str:
    history = recording.history
    axis = _axis(history)
    columns = {"epoch": axis, **{n: history[n] for n in history if n not in ("epoch", "step")}}
    shown = History(columns)
    names = [n for n in columns if n != "epoch" and not n.startswith("val_")]
    names += [n for n in columns if n.startswith("val_") and n.removeprefix("val_") not in names]
    # a number that never changed needs no curve
    names = [n for n in names if n == "loss" or len({x for x in columns[n] if x == x}) > 1]
    top, high = TOP, HEIGHT - TOP - BOTTOM
    data["curves"] = {"left": LEFT, "wide": WIDTH - LEFT - RIGHT, "ends": [axis[0], axis[-1]]}
    out = []
    for name in names:
        # the values are shown at the cursor
        inside = re.sub("<title>.*?</title>", "", panel(shown, name, 0, 0), flags=re.DOTALL)
        out.append(
            f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(name)} over the training">{inside}'
            f'<path class="cursor" d="M0 {top}v{high}"/></svg>'
        )
    return _section("curves", "Curves", f'<div class="row-of">{"".join(out)}</div>')


def _health() -> str:
    return _section("health", "Health", '<div id="verdict"></div><div id="norms"></div>')


def _activations(recording: Recording, data: dict[str, Any]) -> str:
    rows = []
    for k in data["layers"]:
        o = recording.structure["outputs"][k]
        name = " ".join(x for x in (o["name"], o["activation"]) if x)
        rows.append(
            f'<figure><figcaption><b>{escape(clip(name, 32))}</b> <span class="note" '
            f'id="moment-{k}"></span></figcaption><svg viewBox="0 0 240 52" '
            f'preserveAspectRatio="none" role="img" aria-label="Histogram of {escape(name)}">'
            f'<path class="ridge" id="ridge-{k}" d=""/><path class="zero" id="zero-{k}" d=""/>'
            "</svg>"
            f'<div class="ends note"><span id="low-{k}"></span><span id="high-{k}"></span></div>'
            "</figure>"
        )
    left = len(data["outputs"]) - len(rows)
    more = f'<p class="note">{left} more layers are in the recording.</p>' if left else ""
    return _section(
        "activations", "Activations", f'<div class="ridges">{"".join(rows)}</div>{more}'
    )


def _footer(data: dict[str, Any]) -> str:
    sick = "".join(
        f'<path d="M{k} 0h1.02v6h-1.02z"/>' for k, found in enumerate(data["findings"]) if found
    )
    strip = (
        f'<svg id="strip" viewBox="0 0 {data["count"]} 6" preserveAspectRatio="none" '
        f'aria-hidden="true">{sick}</svg>'
    )
    return (
        f'<footer>{buttons(_BUTTONS)}<div class="track">{strip}'
        f'<input id="scrub" type="range" min="0" max="{data["count"] - 1}" value="0" '
        'aria-label="Snapshot"></div><span id="count"></span></footer>'
    )


# --------------------------------------------------------------------------------------------------
# For terminals


def summary(recording: Recording) -> str:
    """Return a summary as lines of text."""
    if not recording.rows:
        return repr(recording)
    history = recording.history
    curves = repr(History({n: history[n] for n in history})).splitlines()[1:]
    lines = [repr(recording).strip("<>"), *curves, "gradient norms, first → last snapshot:"]
    norms = recording.arrays["gradient_statistics"][:, :, 0]
    for p, column in zip(recording.structure["parameters"], norms.T, strict=True):
        known = column[np.isfinite(column)]
        ends = f"{known[0]:.3g} → {known[-1]:.3g}" if known.size else "none"
        shape = "×".join(map(str, p["shape"])) or "1"
        lines.append(f"  {p['name']} {shape}: {ends}")
    lines.append("health:")
    told = [", ".join(dict.fromkeys(f["kind"] for f in found)) for found in recording.findings]
    for kinds, run in groupby(zip(history["epoch"], told, strict=True), key=lambda pair: pair[1]):
        epochs = [e for e, _ in run]
        span = f"{epochs[0]}" if epochs[0] == epochs[-1] else f"{epochs[0]} to {epochs[-1]}"
        lines.append(f"  epoch {span}: {kinds or 'healthy'}")
    return printable("\n".join(lines))

"""The page of a walk: data, picture, style and script in one file. Next: `step_through.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape as quoted
from importlib.resources import files
from typing import Any

from ..drawing.svg import Drawn
from ..elements.markup import escape
from ..elements.theme import style

_BUTTONS = (
    ("first", "|◀", "To the start (Home)"),
    ("back", "◀", "One step back (left arrow)"),
    ("play", "▶ Play", "Play or pause (space)"),
    ("next", "▶", "One step on (right arrow)"),
    ("jump", "⤶ Backward", "To the start of the backward pass (b)"),
    ("last", "▶|", "To the end (End)"),
)
_WIDE, _LOW = 760.0, 380.0
# nothing may be loaded from elsewhere
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def asset(name: str, package: str = "autograd.viz") -> str:
    """Return a file of a package's assets."""
    return (files(package) / "assets" / name).read_text(encoding="utf8")


def embedded(data: Any) -> str:
    """Write data as JSON that is harmless inside a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def framed(whole: str, title: str, height: int) -> str:
    """Return a whole page in an iframe as wide as the notebook cell that shows it."""
    return (
        f'<iframe srcdoc="{quoted(whole)}" title="{escape(title)}" sandbox="allow-scripts" '
        f'style="box-sizing:border-box;width:100%;height:{height}px;border:1px solid #8888;'
        'border-radius:8px"></iframe>'
    )


def page(data: dict[str, Any], drawn: Drawn, title: str, theme: str) -> str:
    """Return the whole page."""
    scope = drawn.scope
    known = "" if theme == "auto" else f' data-theme="{theme}"'
    return f"""<!doctype html>
<html lang="en"{known}><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="icon" href="data:,"><title>{escape(title)}</title>
<style>{style(scope)}
{asset("step.css")}</style></head>
<body class="{scope}">
{_header(data, title)}
<main id="main"{' class="flat"' if _is_flat(drawn) else ""}>
{_graph(data, drawn)}
<aside id="panel" aria-label="What happens" tabindex="0">
<div id="step" role="tabpanel" aria-labelledby="tab-step"></div>
<div id="orders" role="tabpanel" aria-labelledby="tab-orders" hidden></div>
</aside></main>
{_footer(data)}
<p id="live" class="hidden" aria-live="polite"></p>
<noscript>This page walks through a backward pass with a script, which is switched off.</noscript>
<script type="application/json" id="data">{embedded({"scope": scope, **data})}</script>
<script>{asset("panel.js")}
{asset("step.js")}</script>
</body></html>
"""


def _is_flat(drawn: Drawn) -> bool:
    """Whether the picture stands above the panel: it is wide, and low enough to be seen whole."""
    return drawn.width > _WIDE and drawn.height < _LOW


def _header(data: dict[str, Any], title: str) -> str:
    return f"""<header><h1>{escape(title)}</h1>
<div role="tablist" aria-label="Views">
<button role="tab" id="tab-step" aria-controls="step" aria-selected="true">Walk</button>
<button role="tab" id="tab-orders" aria-controls="orders" aria-selected="false" tabindex="-1">\
Naive order</button></div>
<span class="room"></span>
<button id="quiz" aria-pressed="false" title="Ask before showing (q)">Quiz</button>
<output id="score" aria-live="polite" hidden></output>
<label class="jump">Go to <select id="goto">{_choices(data)}</select></label>
<button id="smaller" title="Zoom out (-)" aria-label="Zoom out">−</button>
<button id="larger" title="Zoom in (+)" aria-label="Zoom in">+</button>
<button id="fit" aria-pressed="false" title="Fit the graph to its box (f)">Fit</button>
<button id="theme" title="Light or dark (t)" aria-label="Switch between light and dark">◐</button>
</header>"""


def _choices(data: dict[str, Any]) -> str:
    options = ['<option value="">a node …</option>']
    for k, unit in enumerate(data["units"]):
        options.append(f'<option value="{k}">{escape(unit["name"])}</option>')
    return "".join(options)


def _graph(data: dict[str, Any], drawn: Drawn) -> str:
    w, h = drawn.width, drawn.height
    label = escape(f"Computation graph: {data['summary']}. The steps are told in the panel.")
    return (
        f'<section id="graph" tabindex="0" aria-label="Graph">'
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" '
        f'viewBox="0 0 {w:.0f} {h:.0f}" width="{w:.0f}" height="{h:.0f}">{drawn.body}'
        '<g id="chips"></g></svg></section>'
    )


def buttons(rows: Iterable[tuple[str, str, str]]) -> str:
    """Return the buttons that move through a page, given (id, text, tooltip) of each."""
    found = "".join(
        f'<button id="{name}" title="{tip}" aria-label="{tip}">{text}</button>'
        for name, text, tip in rows
    )
    return f'<div class="buttons">{found}</div>'


def _footer(data: dict[str, Any]) -> str:
    return (
        f"<footer>{buttons(_BUTTONS)}"
        f'<input id="scrub" type="range" min="0" max="{len(data["steps"]) - 1}" value="0" '
        'aria-label="Step"><span id="count"></span></footer>'
    )

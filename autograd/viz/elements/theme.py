"""Colours of pictures, light and dark, and the style sheet made of them. Next: `markup.py`.

Blue is positive and orange negative: colour-blind readers tell them apart, and the sign is printed
too. A sheet is scoped by a class of its own, as the styles of one notebook cell reach all others.
"""

from __future__ import annotations

import zlib

from ...settings import checked_choice

LIGHT = {
    "bg": "#ffffff",
    "card": "#ffffff",
    "ink": "#1b2330",
    "mute": "#586374",
    "line": "#808c9e",
    "rim": "#c5cedb",
    "group": "#f3f6fa",
    "pos": "#2b7de0",
    "neg": "#e8871e",
    "accent": "#c2255c",
    "op": "#2f3a4b",
    "opink": "#ffffff",
    "param": "#6f42c9",
    "input": "#0f7350",
}
DARK = {
    "bg": "#12161d",
    "card": "#1b212b",
    "ink": "#e8edf4",
    "mute": "#9fabbc",
    "line": "#6c7b93",
    "rim": "#3b4658",
    "group": "#161b24",
    "pos": "#5aa5ff",
    "neg": "#ffa24a",
    "accent": "#ff7aa8",
    "op": "#d3dce9",
    "opink": "#12161d",
    "param": "#b79cff",
    "input": "#4fd1a1",
}
PALETTES = {"light": LIGHT, "dark": DARK}

# opacity of the colour behind the number of the largest gradient
TINT = 0.5

# attributes by which notebooks and documentation select a theme
_HOSTS = (
    ("@media(prefers-color-scheme:dark){", "", "dark", "}"),
    ("", '[data-jp-theme-light="true"] ', "light", ""),
    ("", '[data-jp-theme-light="false"] ', "dark", ""),
    ("", "body.vscode-light ", "light", ""),
    ("", "body.vscode-dark ", "dark", ""),
    ("", "[data-theme=light] ", "light", ""),
    ("", "[data-theme=dark] ", "dark", ""),
)

_SANS = 'system-ui,-apple-system,"Segoe UI","Noto Sans","DejaVu Sans",sans-serif'
_MONO = 'ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace'

_RULES = f"""
S text{{font-family:{_SANS};font-size:12px;fill:$ink}}
S .bg{{fill:$bg}}
S .c{{fill:$card;stroke:$rim}}
S .root .c{{stroke:$ink;stroke-width:1.6}}
S .ghost .c{{fill:$group;stroke:$line;stroke-dasharray:4 3}}
S .const .c{{fill:$group}}
S .f{{fill:$group;stroke:$rim}}
S .t{{font-weight:600}}
S .s{{fill:$mute;font-size:10px}}
S .k{{fill:$ink;font-size:10px}}
S .ft{{fill:$mute;font-weight:600;font-size:11px}}
S .m{{font-family:{_MONO};font-size:10.5px}}
S .d{{font-family:{_MONO};font-size:9.5px}}
S .r{{text-anchor:end}}
S .h{{text-anchor:middle}}
S .o{{fill:$op}}
S .ot{{fill:$opink;font-weight:700;font-size:10.5px;text-anchor:middle}}
S .e{{fill:none;stroke:$line;stroke-width:1.3}}
S .a{{fill:$line}}
S .p{{fill:$pos}}
S .n{{fill:$neg}}
S .x{{fill:$accent}}
S .w{{fill:none;stroke:$rim;stroke-width:.8}}
S .param .b,S .lp{{fill:$param}}
S .input .b,S .li{{fill:$input}}
S .const .b{{fill:$line}}
S .param .g{{fill:$param;font-size:9.5px}}
S .input .g{{fill:$input;font-size:9.5px}}
S .const .g{{fill:$mute;font-size:9.5px}}
S .nd:hover .c{{stroke:$accent}}
"""


def class_of(text: str) -> str:
    """Return a class name for a picture: equal texts have equal names."""
    return f"glass-{zlib.crc32(text.encode()):08x}"


def style(scope: str, theme: str = "auto", more: str = "") -> str:
    """Return the style sheet of a picture.

    Parameters
    ----------
    scope : str
        The class of the picture's element.
    theme : str
        "light" and "dark" have fixed colours, for programs without CSS variables; "auto" follows
        the page and the system.
    more : str
        Further rules, in the notation of this file: ``S`` is the picture, ``$ink`` a colour.
    """
    selector = f".{scope}"
    if theme != "auto":
        colours = PALETTES[check_theme(theme)]
        rules = _RULES + more
        for name in sorted(colours, key=len, reverse=True):
            rules = rules.replace(f"${name}", colours[name])
        return rules.replace("S ", selector + " ").strip()
    head = f"{selector}{{{_variables('light')}}}"
    for before, host, kind, after in _HOSTS:
        head += f"\n{before}{host}{selector}{{{_variables(kind)}}}{after}"
    rules = _RULES + more
    for name in sorted(LIGHT, key=len, reverse=True):
        rules = rules.replace(f"${name}", f"var(--glass-{name})")
    return head + rules.replace("S ", selector + " ").rstrip()


def _variables(theme: str) -> str:
    return ";".join(f"--glass-{name}:{colour}" for name, colour in PALETTES[theme].items())


def check_theme(theme: str) -> str:
    """Return the theme; raise ValueError for an unknown one."""
    found: str = checked_choice("theme", theme, "auto", *PALETTES)
    return found


def contrast(a: str, b: str) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(over: str, under: str, opacity: float) -> str:
    """Return the colour of one laid over another."""
    pairs = zip(_channels(over), _channels(under), strict=True)
    return "#" + "".join(f"{round(255 * (o * opacity + u * (1 - opacity))):02x}" for o, u in pairs)


def _channels(colour: str) -> list[float]:
    return [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

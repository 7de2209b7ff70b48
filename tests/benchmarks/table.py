"""What a case is, what it is measured against, and how the table is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

ORDER = (
    "written in C", "in-place", "clean", "seed code", "ours", "ours fused", "eager", "jit",
    "jit in C", "micrograd", "microgpt style",
    "torch", "torch fused", "torch.compile", "JAX jit", "tinygrad", "CasADi",
    "HIPS autograd", "mygrad",
)  # fmt: skip
LIMITS = ("written in C", "in-place", "clean", "seed code")
# what is not a time, in place of one
OTHER = ("B", "ns")


@dataclass(frozen=True)
class Target:
    """A bound on a ratio: ours / limit at most ``most``, peer / ours at least ``least``.

    A bound on what was measured itself where ``engine`` is ours. ``of`` is the engine that is ours,
    if it is not that of the case.
    """

    engine: str
    most: float | None = None
    least: float | None = None
    of: str = ""


@dataclass(frozen=True)
class Case:
    """A row of the table."""

    name: str
    targets: list[Target] = field(default_factory=list)
    steps: int = 2
    tolerance: float = 1e-9
    collector: bool = True
    slow: bool = False
    unit: str = "us"
    ours: str = "ours"


Times = dict[str, list[dict[str, float]]]


def middle(rounds: list[dict[str, float]], part: str = "total") -> float:
    """Return the median over rounds."""
    return median(r[part] for r in rounds)


def shown(seconds: float, unit: str) -> str:
    """Return a time with three digits and its unit."""
    if unit in OTHER:
        return f"{seconds:.3g} {unit}"
    if unit == "MB":
        return f"{seconds / 1e6:.1f} MB"
    for size, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if seconds >= size:
            count = seconds / size
            return f"{count:.3g} {name}" if count < 100 else f"{count:.0f} {name}"
    return f"{seconds * 1e9:.0f} ns"


def ratio(own: str, engine: str, found: dict[str, float]) -> float | None:
    """Return ours / limit, or peer / ours; ``own`` is the engine that is ours."""
    ours = found.get(own)
    other = found.get(engine)
    if ours is None or other is None or engine == own:
        return None
    return ours / other if engine in LIMITS else other / ours


def verdict(case: Case, target: Target, found: dict[str, float]) -> dict[str, Any] | None:
    """Return what was reached beside what was wanted; None if it was not measured."""
    own = target.of or case.ours
    value = found.get(own) if target.engine == own else ratio(own, target.engine, found)
    if value is None:
        return None
    met = value <= target.most if target.most is not None else value >= (target.least or 0)
    return {
        "of": target.of,
        "against": target.engine,
        "ratio": float(f"{value:.3g}"),
        "most": target.most,
        "least": target.least,
        "met": met,
    }


def summary(case: Case, times: Times) -> dict[str, Any]:
    """Return medians, parts, ratios and verdicts of a case, ready for JSON."""
    found = {engine: middle(rounds) for engine, rounds in times.items()}
    parts = {
        engine: {part: middle(rounds, part) for part in rounds[0]}
        for engine, rounds in times.items()
    }
    return {
        "case": case.name,
        "ours": case.ours,
        "unit": case.unit,
        "median": found,
        "parts": parts,
        "ratios": {e: r for e in found if (r := ratio(case.ours, e, found)) is not None},
        "targets": [v for t in case.targets if (v := verdict(case, t, found)) is not None],
    }


def _ratio_cell(row: dict[str, Any], engine: str) -> str:
    value = row["ratios"].get(engine)
    return "" if value is None else f"{value:.2f}x" if value < 100 else f"{value:.0f}x"


def _target_cell(row: dict[str, Any]) -> str:
    cells = []
    for t in row["targets"]:
        bound = f"<= {t['most']}" if t["most"] is not None else f">= {t['least']}"
        own = t["against"] == (t["of"] or row["ours"])
        if own:
            bound = f"<= {shown(t['most'], row['unit'])}"
        who = "" if own else f"x {t['against']}"
        of = (
            f"{t['of']}: {shown(t['ratio'], row['unit']) if own else t['ratio']} "
            if t["of"]
            else ""
        )
        cells.append(f"{of}{bound}{who}: {'met' if t['met'] else '**missed**'}")
    return "; ".join(cells)


def markdown(title: str, rows: list[dict[str, Any]]) -> str:
    """Return the table of a suite."""
    present = {e for row in rows for e in row["median"]}
    ours = {row["ours"] for row in rows}
    others = [e for e in ORDER if e in present and e not in ours]
    limits = [e for e in others if e in LIMITS]
    peers = [e for e in others if e not in LIMITS]
    heads = ["case", "ours"]
    heads += [f"ours / {e}" for e in limits] + [f"{e} / ours" for e in peers] + ["targets"]
    lines = [f"## {title}", "", f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for row in rows:
        own = row["median"].get(row["ours"])
        cells = [row["case"], "" if own is None else shown(own, row["unit"])]
        cells += [_ratio_cell(row, e) for e in limits + peers] + [_target_cell(row)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *_details(rows)]
    return "\n".join(lines)


def _details(rows: list[dict[str, Any]]) -> list[str]:
    """Return all medians, and the parts of a step where they were timed."""
    engines = [e for e in ORDER if any(e in row["median"] for row in rows)]
    lines = [f"| one step | {' | '.join(engines)} |", f"|{' --- |' * (len(engines) + 1)}"]
    for row in rows:
        unit, found = row["unit"], row["median"]
        cells = [shown(found[e], unit) if e in found else "" for e in engines]
        lines.append(f"| {row['case']} | {' | '.join(cells)} |")
        names = next(iter(row["parts"].values()))
        for part in names:
            if part != "total":
                cells = [
                    shown(row["parts"][e][part], unit) if e in row["parts"] else "" for e in engines
                ]
                lines.append(f"| &nbsp; {part} | {' | '.join(cells)} |")
    return [*lines, ""]


def line(row: dict[str, Any]) -> str:
    """Return one line on a case, shown while the others still run."""
    own = {e: shown(t, row["unit"]) for e, t in row["median"].items()}
    missed = [f"{t['of']} {t['against']} {t['ratio']}" for t in row["targets"] if not t["met"]]
    tail = f"  MISSED: {', '.join(missed)}" if missed else ""
    return f"{row['case']}: {', '.join(f'{e} {t}' for e, t in own.items())}{tail}"

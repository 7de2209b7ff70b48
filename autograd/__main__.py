"""The command line: ``python -m autograd demo``, ``draw``, ``step``, ``notebooks``, ``doctor``.

Next: `command_line/`.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_EXAMPLES = """\
examples:
  python -m autograd draw 'a*b + tanh(c)' a=2 b=-3 c=1 -o graph.svg
  python -m autograd step 'a*b + a' a=2 b=-3
  python -m autograd step 'a*b + a' a=2 b=-3 -o walk.html
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 if something is wrong, 2 for wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        return int(options.run(options))
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="Backpropagation you can see through.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command")
    demo = commands.add_parser("demo", help="train the networks of five posts on backpropagation")
    demo.add_argument(
        "-o", "--output", type=Path, default=Path("glassgrad-demo"), help="folder for the files"
    )
    demo.add_argument(
        "--epochs", type=_positive, default=10_000, help="epochs of the longest training"
    )
    demo.set_defaults(run=_demo)
    for name, ending, what in (
        ("draw", "graph.svg", "draw the graph of an expression or of a name in a file"),
        ("step", "-", "walk through the backward pass of one: as text, or as a page in a .html"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("source", help="as in 'a*b + tanh(c)', or file.py:loss")
        command.add_argument("numbers", nargs="*", type=_assignment, help="as in a=2 b=-3")
        command.add_argument("-o", "--output", default=ending, help="the file; - for the terminal")
        command.set_defaults(run=_draw if name == "draw" else _step)
    notebooks = commands.add_parser(
        "notebooks", help="copy the notebooks to a folder, and start Jupyter if it is installed"
    )
    notebooks.add_argument("folder", type=Path, nargs="?", default=Path("glassgrad-notebooks"))
    notebooks.set_defaults(run=_notebooks)
    doctor = commands.add_parser("doctor", help="tell versions, renderers, a clash of packages")
    doctor.set_defaults(run=_doctor)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of at least 1, got {text}")
    return int(text)


def _assignment(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        if name.isidentifier():
            return name, float(number)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not of the form a=2")


def _demo(options: Any) -> int:
    from .command_line.demo import demo

    print(f"\nFiles are in {demo(options.output, epochs=options.epochs)}")
    return 0


def _graph(options: Any) -> Any:
    from .command_line.expression import load

    loss = load(options.source, dict(options.numbers))
    if not options.source.rpartition(":")[0].endswith(".py"):
        loss.backward()
    return loss


def _draw(options: Any) -> int:
    from .viz import draw

    drawing = draw(_graph(options))
    if options.output == "-":
        print(drawing.text())
    else:
        drawing.save(options.output)
        print(f"drawn in {Path(options.output).resolve()}", file=sys.stderr)
    return 0


def _step(options: Any) -> int:
    from .viz import step_through, stepper

    loss = _graph(options)
    if options.output.lower().endswith((".html", ".htm")):
        step_through(loss).save(options.output)
        print(f"written to {Path(options.output).resolve()}", file=sys.stderr)
        return 0
    walk = stepper(loss)
    steps = [repr(walk)]
    while not walk.done:
        steps.append(repr(walk.next()))
    text = "\n".join(steps) + "\n"
    if options.output == "-":
        print(text, end="")
    else:
        Path(options.output).write_text(text, encoding="utf8")
        print(f"written to {Path(options.output).resolve()}", file=sys.stderr)
    return 0


def _notebooks(options: Any) -> int:
    from .notebooks import start

    return start(options.folder)


def _doctor(options: Any) -> int:
    from .command_line.doctor import doctor

    text, healthy = doctor()
    print(text)
    return 0 if healthy else 1


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that lacks a sign such as ∂ shows a question mark
            stream.reconfigure(errors="replace")
    sys.exit(main())

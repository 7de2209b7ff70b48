"""The command line: ``python -m autograd demo`` and ``python -m autograd doctor``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or 1 if something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m autograd", description="Backpropagation you can see through."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="train the networks of five posts on backpropagation")
    demo.add_argument(
        "-o", "--output", type=Path, default=Path("glassgrad-demo"), help="folder for the files"
    )
    demo.add_argument("--epochs", type=int, default=10_000, help="epochs of the longest training")
    commands.add_parser("doctor", help="tell versions, renderers, and a clash of packages")
    options = parser.parse_args(arguments)
    if options.command == "doctor":
        from .doctor import doctor

        text, healthy = doctor()
        print(text)
        return 0 if healthy else 1
    if options.epochs < 1:
        parser.error(f"--epochs must be at least 1, got {options.epochs}")
    from .demo import demo as run_demo

    try:
        folder = run_demo(options.output, epochs=options.epochs)
    except OSError as error:
        print(
            f"cannot write to {options.output}: {error}; choose a folder with -o", file=sys.stderr
        )
        return 1
    print(f"\nFiles are in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

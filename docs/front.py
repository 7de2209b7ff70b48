"""The pictures of the README: ``python docs/front.py`` draws them into ``docs/_static``.

The page to step through is photographed by a browser, for which Chromium or Chrome must be there.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from autograd import Value, draw, step_through  # noqa: E402

THEMES = ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
STEP = 7
SIZE = (1300, 640)


def example() -> Value:
    """Return the loss that the README computes, after its backward pass."""
    w, x, b = Value(-1.5, label="w"), Value(2.0, label="x"), Value(3.5, label="b")
    loss = (w * x + b).tanh() ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def drawings(loss: Value, folder: Path) -> list[Path]:
    """Write the graph as SVG, light and dark."""
    picture = draw(loss)
    found = []
    for theme in THEMES:
        found.append(folder / f"front-{theme}.svg")
        found[-1].write_text(picture.svg(theme), encoding="utf8")
    return found


def photographs(loss: Value, folder: Path, browser: str) -> list[Path]:
    """Write the page to step through as PNG, light and dark, in the middle of its way."""
    found = []
    for theme in THEMES:
        found.append(folder / f"step-{theme}.png")
        with tempfile.TemporaryDirectory() as scratch:
            page = step_through(loss, theme=theme).save(Path(scratch) / "page.html")
            command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            command += ["--disable-background-networking", "--disable-quic", "--no-first-run"]
            command += ["--disable-component-update", "--disable-sync"]
            command += [f"--user-data-dir={scratch}/profile", f"--screenshot={found[-1]}"]
            command += [f"--window-size={SIZE[0]},{SIZE[1]}", f"{page.as_uri()}#step={STEP}"]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
    return found


def main() -> None:
    """Write all pictures, and say what was written and what was not."""
    loss, folder = example(), HERE / "_static"
    written = drawings(loss, folder)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser:
        written += photographs(loss, folder, browser)
    else:
        print(f"no browser ({', '.join(BROWSERS)}): the photographs stay as they are")
    for path in written:
        print(f"{path}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()

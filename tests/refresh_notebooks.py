"""Run the notebooks afresh and write what they print and draw into their files.

``python -m tests.refresh_notebooks [NUMBER ...]`` runs those of these numbers, or all of them.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def executed(path, folder):
    """Return a notebook run from top to bottom in a fresh kernel, in a folder."""
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=os.environ | {"PYTHONPATH": str(ROOT)})
    return notebook


def clean(notebook):
    """Remove what tells of the machine and the moment, and number the cells."""
    notebook.metadata = METADATA
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in ("tags", "jupyter")}
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                # the way there is of one machine; what the reader learns from is the message
                output.traceback = [f"{output.ename}: {output.evalue}"]


def refresh(path):
    """Run a notebook and write it, unless it is as it was; return whether it changed."""
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        notebook = executed(path, folder)
    clean(notebook)
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    if path.read_text("utf8") == text:
        return False
    path.write_text(text, "utf8")
    return True


def main(numbers):
    """Refresh the notebooks whose names begin with these numbers, or all."""
    wanted = {f"{int(number):02d}" for number in numbers}
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not wanted or path.name[:2] in wanted:
            start = time.perf_counter()
            changed = refresh(path)
            spent = time.perf_counter() - start
            print(f"{path.name}: {'changed' if changed else 'as it was'}, {spent:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])

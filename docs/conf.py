"""The documentation's settings; `generate.py` makes the pages that are read out of the code."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generate  # noqa: E402
import mathml  # noqa: E402

import autograd  # noqa: E402

project = "glassgrad"
author = "the authors of glassgrad"
copyright = "the authors of glassgrad, MIT licence"
version = release = autograd.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "README.md"]
smartquotes = False  # names and commands in prose are to be copied
default_role = "py:obj"
html_theme = "furo"
html_title = "glassgrad"
html_static_path = ["_static"]
html_css_files = ["glassgrad.css"]
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f5fa8",
        "color-brand-content": "#1f5fa8",
        "font-stack": "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
        "font-stack--monospace": "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7db4f0",
        "color-brand-content": "#7db4f0",
    },
}
html_show_sphinx = False
html_copy_source = False
pygments_style = "a11y-light"
pygments_dark_style = "github-dark"

# nothing is fetched: formulas are MathML, search is local, notebooks come executed
html_math_renderer = "mathml"
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show the solution"
nb_code_prompt_hide = "Hide the solution"
myst_enable_extensions = ["dollarmath", "colon_fence", "attrs_block"]
myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "groupwise"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_param = False
toc_object_entries = False
napoleon_use_rtype = False
napoleon_preprocess_types = False


def setup(app):
    """Write the generated pages before Sphinx looks for pages, and add the writer of formulas."""
    generate.everything(HERE)
    mathml.setup(app)
    app.connect("autodoc-process-docstring", generate.hide_sign_posts)
    app.connect("autodoc-process-docstring", generate.escape_bars)

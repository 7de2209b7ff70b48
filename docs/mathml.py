"""Formulas in the pages as MathML, which browsers show with no library and no network."""

from docutils.nodes import SkipNode
from docutils.utils.math import latex2mathml


def _math(self, node, display):
    tree = latex2mathml.tex2mathml(node.astext(), as_block=display)
    self.body.append(tree)


def inline(self, node):
    """Write a formula within a line."""
    _math(self, node, False)
    raise SkipNode


def block(self, node):
    """Write a formula of its own."""
    self.body.append('<div class="math-block">')
    _math(self, node, True)
    self.body.append("</div>\n")
    raise SkipNode


def setup(app):
    """Register the writer."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))

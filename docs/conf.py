"""The documentation as a site: `uv run sphinx-build -W --keep-going docs docs/_build`.

The pages are the Markdown that reads on a code host as it is; the site adds contents, search and the reference from docstrings.
Nothing in it comes from another host: theme, icons and search lie in the packages that build it. There is no MathJax, since
no page has maths: equations stand in code font, with the names of the program.
"""

import inspect
import re
from typing import Any

from docutils import nodes
from pydantic import BaseModel
from sphinx.application import Sphinx

import coalsim

project = "coalsim"
copyright = "The coalsim authors"
release = version = coalsim.__version__
language = "en-GB"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
highlight_language = "none"  # of blocks that do not say theirs
exclude_patterns = ["_build", "__pycache__"]
myst_heading_anchors = 4  # as deep as links go; the anchors are those of code hosts

# Docstrings write code in single backticks, and say in words of what kind an argument is.
default_role = "code"
napoleon_google_docstring = False
napoleon_use_param = napoleon_use_rtype = False  # such words would be taken for names, and linked
napoleon_custom_sections = [("Attributes", "params_style")]
autosummary_generate = False
autodoc_default_options = {"members": True, "exclude-members": "model_config, model_post_init"}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
maximum_signature_line_length = 100
add_module_names = False
toc_object_entries_show_parents = "hide"

# Public names of coalsim must be found. Not at hand: other libraries' documentation, and types that only annotations name.
nitpicky = True
nitpick_ignore_regex = [(r"py:.*", r"(?!coalsim\.).*"), (r"py:.*", r"coalsim\.[a-z_]+\..*")]

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # the pages found would be fetched for it, which browsers refuse where they are files
html_sidebars = {"index": [], "tutorial": []}  # they have no pages below them
html_use_index = False
html_domain_indices = False
html_theme_options = {
    "logo": {"text": project},
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], "parameters": []},  # no room beside the widest table
}


def stand_under_one_title(app: Sphinx, doctree: nodes.document) -> None:
    """Put a page's later headings of the first level (the ODD has three parts) under its title, as contents expect."""
    sections = [node for node in doctree.children if isinstance(node, nodes.section)]
    for section in sections[1:]:
        doctree.remove(section)
        sections[0].append(section)


def read_as_written(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Before napoleon: "`Flow`s" is code with an s, and a property's "Words: more words" is no type with its meaning."""
    lines[:] = [re.sub(r"(`[^`]+`)(?=\w)", r"\1\\ ", line) for line in lines]
    if what == "property":
        lines[:0] = ["..", ""]  # an empty comment, which is all that napoleon then looks at


def describe_fields(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Describe a pydantic model by its fields: the descriptions that its checks and JSON Schema use."""
    if inspect.isclass(obj) and issubclass(obj, BaseModel):
        lines += ["", "Attributes", "----------"]
        for field, info in obj.model_fields.items():
            lines += [field, f"    {info.description or ''}"]


def without_fields(app: Sphinx, what: str, name: str, obj: Any, *ignored: Any) -> tuple[str, str] | None:
    """No signature of a pydantic model: it would only repeat the fields."""
    return ("", "") if inspect.isclass(obj) and issubclass(obj, BaseModel) else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("doctree-read", stand_under_one_title, priority=400)  # before contents are collected, at 500
    app.connect("autodoc-process-docstring", read_as_written, priority=400)  # before napoleon, at 500
    app.connect("autodoc-process-docstring", describe_fields, priority=400)
    app.connect("autodoc-process-signature", without_fields)

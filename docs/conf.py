"""Sphinx configuration. The build is strict: `make docs` turns every warning into an error."""

from importlib.metadata import version as installed_version

project = "qail"
author = "the qail contributors"
copyright = "2026, the qail contributors"
version = release = installed_version("qail")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "changelog.d"]
nitpicky = False  # autodoc turns every annotation into a reference, and not all of them are documented names

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Source"]

html_theme = "furo"
html_title = f"qail {release}"

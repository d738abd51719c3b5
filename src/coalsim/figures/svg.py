"""A figure as SVG that also those can read who do not see it, the same bytes for the same figure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

import matplotlib as mpl
from markupsafe import escape
from matplotlib.figure import Figure

BARE: Mapping[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}


def svg(
    figure: Figure, name: str, title: str, alt: str, metadata: Mapping[str, Any] | None = None, **options: Any
) -> str:
    """A figure as a whole SVG file.

    Parameters
    ----------
    name : what the names inside begin with, so that several figures can stand in one page
    title : shown where a pointer rests
    alt : what it shows, in words
    metadata, options : as in matplotlib's `savefig`; no date and no maker by default
    """
    stream = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "coalsim"}):  # text stays text, names do not change
        Figure.savefig(figure, stream, format="svg", metadata=dict(BARE) | dict(metadata or {}), **options)
    prolog, opening, rest = re.split(r"(<svg[^>]*)>", stream.getvalue(), maxsplit=1)
    # Numbered as they come: some of matplotlib's own names hang on where objects lie in memory.
    numbers = {old: f"{name}-{k}" for k, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', rest)))}
    rest = re.sub(r'(\bid="|href="#|url\(#)([^")]+)', lambda found: found[1] + numbers.get(found[2], found[2]), rest)
    title = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(alt)}</desc>'
    return f'{prolog}{opening} role="img" aria-labelledby="{name}-title {name}-desc">{title}{rest}'

"""Figures as SVG inside the page, with a title and a description for those who do not see them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from coalsim.reporting.section import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAGNIFIED = 1.1  # small print of figures beside the page's own


@contextmanager
def drawing() -> Iterator[None]:
    """Text stays text, dollar signs stay dollar signs, and the same figure gives the same bytes."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "coalsim", "text.parse_math": False}):
        yield


def inline(figure: Figure, name: str, alt: str, caption: str = "") -> Picture:
    """A figure as SVG whose names are its own in the page.

    Parameters
    ----------
    name : distinguishes it from other figures of the page
    alt : what it shows, in words
    """
    stream = StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    # Numbered as they come: some of matplotlib's own names hang on where objects lie in memory.
    numbers = {old: f"{name}-{k}" for k, old in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', text)))}
    text = re.sub(r'(\bid="|href="#|url\(#)([^")]+)', lambda found: found[1] + numbers[found[2]], text)
    opening, rest = text.split(">", 1)
    width = float(re.search(r' width="([\d.]+)pt"', opening)[1])  # type: ignore[index]
    opening = re.sub(r' (?:width|height)="[^"]*"', "", opening) + f' style="width: {MAGNIFIED * width:.0f}pt"'
    title = f'<title id="{name}-title">{escape(caption or alt)}</title><desc id="{name}-desc">{escape(alt)}</desc>'
    opening += f' role="img" aria-labelledby="{name}-title {name}-desc"'
    return Picture(Markup(f"{opening}>{title}{rest}"), alt, caption)


def embedded(png: bytes, alt: str, caption: str = "") -> Picture:
    """A picture that was drawn before, as data inside the page."""
    data = base64.b64encode(png).decode("ascii")
    return Picture(Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data, alt), alt, caption)

"""Figures as SVG inside the page, with a title and a description for those who do not see them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from markupsafe import Markup

from coalsim.figures.svg import svg
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
    text = svg(figure, name, caption or alt, alt)
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text[text.index("<svg") :], flags=re.DOTALL)
    opening, rest = text.split(">", 1)
    width = float(re.search(r' width="([\d.]+)pt"', opening)[1])  # type: ignore[index]
    opening = re.sub(r' (?:width|height)="[^"]*"', "", opening)
    opening = opening.replace(' role="img"', f' style="width: {MAGNIFIED * width:.0f}pt" role="img"')
    return Picture(Markup(f"{opening}>{rest}"), alt, caption)


def embedded(png: bytes, alt: str, caption: str = "") -> Picture:
    """A picture that was drawn before, as data inside the page."""
    data = base64.b64encode(png).decode("ascii")
    return Picture(Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data, alt), alt, caption)

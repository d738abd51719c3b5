"""A figure that says what it shows and where it comes from, in Jupyter and inside the files that are made of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from io import BytesIO, TextIOBase
from os import PathLike
from pathlib import Path
from typing import IO, Any, ClassVar, Literal

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from coalsim.figures.svg import svg

TYPES = {"png": "image/png", "svg": "image/svg+xml"}


class Picture(Figure):
    """A figure with its words; shows itself in Jupyter, whatever the plotting backend.

    Attributes
    ----------
    title : what stands above it, on one line
    shows : what is drawn, beyond the title, the panels and the key
    note : where it comes from, "" if nobody said
    key : what the legend explains
    in_jupyter : "png", or "svg" for what is sharp at any size; set it on the class for all figures
    """

    in_jupyter: ClassVar[Literal["png", "svg"]] = "png"

    def __init__(self, *, title: str = "", note: str = "", key: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.shows, self.note, self.key = _line(title, ". "), "", _line(note), list(map(_line, key))

    @property
    def alt(self) -> str:
        """What it shows, in words: its title, what is drawn, the panels with their units, and the key."""
        panels = "; ".join(filter(None, map(_panel, self.axes)))
        parts = [self.title, self.shows, panels and f"Panels: {panels}", self.key and f"Key: {'; '.join(self.key)}"]
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)

    def png(self, dpi: float = 100) -> bytes:
        """As a PNG file."""
        stream = BytesIO()
        self.savefig(stream, format="png", dpi=dpi)
        return stream.getvalue()

    def svg(self, metadata: Mapping[str, Any] | None = None, **options: Any) -> str:
        """As an SVG file, with title and description for readers of screens."""
        self._take_names_literally()
        known = {"Creator": f"coalsim {version('coalsim')}", "Source": self.note or None, **(metadata or {})}
        return svg(self, "figure", self.title, self.alt, known, **options)

    def savefig(self, fname: str | PathLike[str] | IO[Any], **kwargs: Any) -> None:
        """Write it as matplotlib does; a PNG or SVG file holds title, description and source, and no date."""
        suffix = Path(fname).suffix[1:] if isinstance(fname, str | PathLike) else ""
        kind = str(kwargs.get("format") or suffix or self.canvas.get_default_filetype()).lower()
        if kind == "svg":
            _write(fname, self.svg(**{name: value for name, value in kwargs.items() if name != "format"}))
            return
        self._take_names_literally()
        if kind == "png":
            words = {"Title": self.title, "Description": self.alt, "Source": self.note}
            kwargs["metadata"] = {name: text for name, text in words.items() if text} | (kwargs.get("metadata") or {})
        super().savefig(fname, **kwargs)

    def _take_names_literally(self) -> None:
        """A dollar in a name is a dollar, not the beginning of a formula."""
        for text in self.findobj(Text):
            text.set_parse_math(False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """An image with its description, and the bare image for what takes no HTML."""
        kind, alt = TYPES[self.in_jupyter], self.alt
        data = self.svg().encode() if self.in_jupyter == "svg" else self.png()
        text = base64.b64encode(data).decode("ascii")
        shown = Markup('<img src="data:{};base64,{}" alt="{}">').format(kind, text, alt)
        bare = data.decode() if self.in_jupyter == "svg" else text
        return {"text/html": str(shown), kind: bare, "text/plain": alt}, {kind: {"alt": alt}}


def _panel(axes: Axes) -> str:
    """A panel's heading, and in brackets what lies along it."""
    across, up = (_line(text) if axes.axison else "" for text in (axes.get_xlabel(), axes.get_ylabel()))
    if axes.get_label() == "<colorbar>":
        return f"colours: {across or up}" if across or up else ""
    heading = next((_line(text) for side in ("left", "center", "right") if (text := axes.get_title(side))), "")
    along = "; ".join(f"{way}: {text}" for way, text in (("across", across), ("upwards", up)) if text)
    return f"{heading} ({along})".strip() if along else heading


def _line(text: str, between: str = " ") -> str:
    """Text on one line."""
    return between.join(part.strip() for part in text.splitlines() if part.strip())


def _write(target: str | PathLike[str] | IO[Any], text: str) -> None:
    if isinstance(target, str | PathLike):
        Path(target).write_text(text, encoding="utf-8", newline="\n")
    else:
        target.write(text if isinstance(target, TextIOBase) else text.encode())

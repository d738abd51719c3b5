"""What a report is made of: sections of paragraphs, tables and pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    import pandas as pd

# Symbol of each verdict, and the class that colours it.
LIGHTS = {
    "better": ("▲", "better"),
    "likely better": ("△", "likely-better"),
    "no clear difference": ("–", "unclear"),  # noqa: RUF001, a dash
    "no difference": ("=", "unclear"),
    "likely worse": ("▽", "likely-worse"),
    "worse": ("▼", "worse"),
    "not applicable": ("", "unclear"),
    "gains money": ("▲", "better"),
    "pays, and its field gains": ("△", "likely-better"),
    "cannot be told": ("–", "unclear"),  # noqa: RUF001, a dash
    "does not pay in": ("=", "unclear"),
    "pays and does not gain": ("▼", "worse"),
}


@dataclass(frozen=True)
class Light:
    """A traffic light: symbol, word and figure, and a colour that only repeats them."""

    verdict: str
    figure: str = ""

    @property
    def symbol(self) -> str:
        """Its symbol."""
        return LIGHTS[self.verdict][0]

    @property
    def colour(self) -> str:
        """The class that colours it."""
        return LIGHTS[self.verdict][1]


@dataclass(frozen=True)
class Table:
    """A table as it is read, and the tidy data behind it.

    Attributes
    ----------
    name : file name of the data, without ending
    caption, header, rows : what is shown; the first cell of a row is its heading, and a row with nothing else divides the table
    data : what is written as CSV and Excel, with units in names or columns
    note : what stands below
    """

    name: str
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | Light]]
    data: pd.DataFrame
    note: str = ""
    is_long: bool = False  # folded away until asked for

    def __post_init__(self) -> None:
        """Let a name hold nothing that means something in a path or a page."""
        object.__setattr__(self, "name", re.sub(r"[^\w-]+", "_", self.name))

    @property
    def is_text(self) -> list[bool]:
        """Which columns hold words, and so are aligned to the left; the first always does."""
        columns = list(zip(*(row for row in self.rows if len(row) == len(self.header)))) or [()] * len(self.header)
        return [k == 0 or not all(map(_is_number, column)) for k, column in enumerate(columns)]


def _is_number(cell: str | Light) -> bool:
    return isinstance(cell, str) and (not cell or (cell[0] in "+-−£<>0123456789" and " " not in cell))  # noqa: RUF001


@dataclass(frozen=True)
class Picture:
    """A picture with what it shows in words."""

    markup: Markup
    alt: str
    caption: str


@dataclass(frozen=True)
class Section:
    """A part of the report under one heading."""

    id: str
    title: str
    paragraphs: Sequence[str] = ()
    bullets: Sequence[str] = ()
    points: Sequence[tuple[str, Sequence[str]]] = ()  # what is said of each of several, under its name
    parts: Sequence[Table | Picture] = field(default=())
    quoted: str = ""  # plain text as a program printed it
    code: Sequence[str] = ()
    afterwards: Sequence[str] = ()


def by_option(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of the options as one, with the option in the first column."""
    import pandas as pd

    whole = pd.concat([frame.assign(option=option) for option, frame in frames.items()], ignore_index=True)
    return whole[["option", *(name for name in whole.columns if name != "option")]]

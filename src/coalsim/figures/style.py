"""What all figures share: the sheet they are drawn on, colours, markers, units and the names of options.

Colours are those that colour-blind readers can tell apart (Okabe and Ito 2008); no figure rests on colour alone.
"""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from coalsim.figures.picture import Picture
from coalsim.indicators import Indicator, indicators
from coalsim.scenario.calendar import Month
from coalsim.text import output_label

type Array = NDArray[np.float64]

COLOURS = ("#000000", "#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
MARKERS = "Dos^vPX*"  # in the order of the colours
GREY = "#666666"  # dark enough for small print: contrast with white 5.7
PANEL = (4.6, 2.9)  # inches
EDGE = 0.08  # inches
TITLE, TEXT, SMALL, NOTE = 10.0, 8.0, 7.0, 6.5  # points
LETTER = 0.56  # width of a letter in its size, a generous mean of the default font
LINE = 1.25  # height of a line in its size
SHORT = 37  # months with the start, up to which an axis shows months
MONEY_ENDS = "last programme money is paid"


def sheet(width: float, height: float, *, title: str, note: str, key: Sequence[Artist] = ()) -> Picture:
    """An empty figure: the title and the key at the top, room for panels, the note at the lower right.

    What is then drawn on it is said in its `shows`, for those who do not see it.

    Parameters
    ----------
    width : of the whole, inches
    height : of the room for panels, inches; the rest is added
    note : where the figure comes from, "" for none
    key : what the legend explains, each with its label
    """
    figure = Picture(title=title, note=note, key=[str(entry.get_label()) for entry in key])
    inner = width - 2 * EDGE
    title, note = fold(title, inner, TITLE), fold(note, inner, NOTE)
    head, foot = EDGE + _height(title, TITLE), EDGE + _height(note, NOTE)
    columns, key_height = 1, 0.0
    if key:
        sign_width = 3.2 * TEXT / 72  # with its spaces
        labels = [fold(str(entry.get_label()), inner - sign_width, TEXT) for entry in key]
        for entry, text in zip(key, labels):
            entry.set_label(text)
        widths = [max(map(len, text.splitlines())) * LETTER * TEXT / 72 + sign_width for text in labels]
        columns = max(n for n in range(1, len(key) + 1) if n == 1 or sum(max(widths[k::n]) for k in range(n)) <= inner)
        rows = -(-len(key) // columns)
        key_height = rows * (_height(max(labels, key=lambda text: text.count("\n")), TEXT) + 0.5 * TEXT / 72) + EDGE
    total = head + key_height + height + foot
    figure.set_size_inches(width, total)
    figure.set_layout_engine("constrained", rect=(0, foot / total, 1, height / total))
    figure.suptitle(title, x=EDGE / width, y=1 - EDGE / total, ha="left", va="top", fontsize=TITLE)
    if key:
        figure.legend(
            handles=_by_rows(key, columns),
            ncols=columns,
            loc="upper left",
            bbox_to_anchor=(EDGE / width, 1 - head / total),
            borderaxespad=0.3,
            borderpad=0,
            columnspacing=1,
            handletextpad=0.5,
            frameon=False,
            fontsize=TEXT,
        )
    if note:
        place = (1 - EDGE / width, EDGE / total)
        figure.text(*place, note, ha="right", va="bottom", fontsize=NOTE, color=GREY)
    return figure


def sign(k: int) -> dict[str, Any]:
    """Colour and marker of option k, 0 being the counterfactual."""
    return {"color": COLOURS[k % 8], "marker": MARKERS[k % 8]}


def grid(n: int, panel: tuple[float, float] = PANEL) -> tuple[int, int, float, float]:
    """Rows and columns for n panels, and the width and height of all of them together, inches."""
    columns = min(n, 3) if n != 4 else 2
    rows = -(-n // columns)
    return rows, columns, panel[0] * columns, panel[1] * rows


def take(axes: Any, n: int) -> list[Axes]:
    """The first n of the axes in reading order; the others are left blank."""
    every = list(np.atleast_1d(axes).ravel())
    for spare in every[n:]:
        spare.set_axis_off()
    return every[:n]


def dress(axis: Axes) -> None:
    """Plain numbers of readable size, no box."""
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_formatter(FuncFormatter(plain))
    axis.tick_params(labelsize=SMALL)
    axis.spines[["top", "right"]].set_visible(False)


def dress_months(axis: Axes, start: str, months: int, money_ends: int, ticks: int = 6) -> None:
    """Calendar years below, months of a short run, with a dotted line where the programme's money ends."""
    dress(axis)
    if 0 < money_ends < months:
        axis.axvline(years(start, money_ends + 1)[-1], color="#777777", linestyle=":", linewidth=1.2)
    if months > SHORT:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=ticks))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda year, _: f"{year:.0f}"))
    else:
        # Named months, away from the ends, where they would meet those of the next panel.
        named = sorted({months * (2 * k + 1) // ticks for k in range(ticks // 2)})
        axis.set_xticks(years(start, months)[named], [str(Month.parse(start) + month) for month in named])


def marks(k: int, n: int, months: int) -> tuple[int, int]:
    """First month and step of the markers of line k of n: each stands elsewhere, so that lines that coincide show."""
    step = max(n, months // 10)
    return min(k * step // n, months - 1), step


def money_ends_key(months: int, money_ends: int) -> list[Artist]:
    """The dotted line's entry in the key, where there is such a line."""
    return [Line2D([], [], color="#777777", linestyle=":", label=MONEY_ENDS)] if 0 < money_ends < months else []


def shown(name: str, values: Iterable[Array], *, difference: bool = False) -> tuple[float, str]:
    """Factor and unit in which an indicator is drawn: shares as % or, of differences, percentage points; large money in
    millions."""
    unit = "1" if name.endswith("@growth") else declared(name).unit
    if unit == "1":
        return 100, "percentage points" if difference else "%"
    if (
        unit.startswith("GBP")
        and max((np.nan_to_num(np.abs(part)).max(initial=0) for part in values), default=0) >= 1e6
    ):
        return 1e-6, unit.replace("GBP", "GBP million")
    return 1, unit


def declared(name: str) -> Indicator:
    """The indicator of a name such as `jobs`, or of an output such as `jobs@end` or `jobs@month=120`."""
    return indicators[name.partition("@")[0]]


def heading(name: str) -> str:
    """An indicator's or output's name as a heading."""
    return output_label(name).capitalize()


def years(start: str, months: int) -> Array:
    """Calendar time of months 0, 1, ... in years."""
    first = Month.parse(start)
    return first.year + (first.month - 1 + np.arange(months)) / 12


def plain(value: float, _: Any = None) -> str:
    """A number for an axis, without the dust of floating point."""
    return f"{value + 0.0:,.10g}".replace("-", "−")  # noqa: RUF001, a minus sign


def fold(text: str, width: float, size: float) -> str:
    """The text broken into lines that fit a width in inches at a size in points; its own breaks stay."""
    letters = max(6, int(width * 72 / (LETTER * size)))
    return "\n".join(part for line in text.split("\n") for part in textwrap.wrap(line, letters) or [""])


def ink(background: Any) -> str:
    """Black or white, whichever reads better on a colour; the contrast is never below 4.5."""
    return max(("#000000", "#FFFFFF"), key=lambda colour: contrast(colour, background))


def contrast(one: Any, other: Any) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Any) -> float:
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _height(text: str, size: float) -> float:
    """Inches that lines of text take, 0 if there is none."""
    return (text.count("\n") + 1) * LINE * size / 72 if text else 0.0


def _by_rows(key: Sequence[Artist], columns: int) -> list[Artist]:
    """The entries in the order in which a legend, which fills column by column, shows them row by row."""
    return [entry for k in range(columns) for entry in key[k::columns]]

"""A traffic-light matrix in symbols and words, with colours from blue to orange."""

from collections.abc import Sequence

from matplotlib.patches import Patch, Rectangle

from coalsim.figures.picture import Picture
from coalsim.figures.style import LINE, SMALL, TEXT, fold, ink, sheet

# Symbol and background of each verdict, from the best to the worst.
VERDICTS = {
    "better": ("▲", "#0072B2"),
    "likely better": ("△", "#B3D4EA"),
    "no clear difference": ("–", "#EEEEEE"),  # noqa: RUF001, a dash
    "likely worse": ("▽", "#FBD9B5"),
    "worse": ("▼", "#E69F00"),
    "no difference": ("=", "#EEEEEE"),
    "not applicable": ("", "#FFFFFF"),
}
SYMBOL = 12.0  # points
HEADING = 1.5  # inches, of a row


def lights(
    cells: Sequence[Sequence[tuple[str, str]]],
    *,
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    note: str = "",
) -> Picture:
    """A matrix of verdicts, each with its symbol, its word and its figure.

    Parameters
    ----------
    cells : by row, then by column: verdict, one of `VERDICTS`, and figure as text, "" for none
    rows, columns : their headings
    note : where the figure comes from
    """
    width = min(2.0, max(1.2, 9 / len(columns)))
    words = [[fold(f"{verdict}\n{text}".strip(), width - 0.1, SMALL) for verdict, text in row] for row in cells]
    tops = [fold(column, width - 0.1, TEXT) for column in columns]
    sides = [fold(row, HEADING - 0.1, TEXT) for row in rows]
    most = max(text.count("\n") + 1 for row in words for text in row)
    tall = (SYMBOL + 8 + most * LINE * SMALL) / 72
    above = max(top.count("\n") + 1 for top in tops) * LINE * TEXT / 72 + 0.15
    key = [
        Patch(facecolor=colour, edgecolor="#888888", label=f"{s} {v}".strip()) for v, (s, colour) in VERDICTS.items()
    ]
    figure = sheet(width * len(columns) + HEADING, tall * len(rows) + above, title=title, note=note, key=key)
    figure.shows = "A matrix of verdicts. " + "; ".join(
        f"{row}: {', '.join(f'{of} {verdict} {text}'.strip() for of, (verdict, text) in zip(columns, of_row))}"
        for row, of_row in zip(rows, cells)
    )
    axis = figure.subplots()
    for i, row in enumerate(cells):
        for j, (verdict, _) in enumerate(row):
            symbol, colour = VERDICTS[verdict]
            axis.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, edgecolor="#FFFFFF", linewidth=2))
            # The symbol above, its words below, centred together on the cell.
            half = (words[i][j].count("\n") + 1) * LINE * SMALL / 2
            for text, size, up in ((symbol, SYMBOL, half), (words[i][j], SMALL, -SYMBOL / 2 if symbol else 0)):
                if text:
                    axis.annotate(
                        text,
                        (j, i),
                        xytext=(0, up),
                        textcoords="offset points",
                        ha="center",
                        va="center",
                        fontsize=size,
                        color=ink(colour),
                    )
    axis.set_xlim(-0.5, len(columns) - 0.5)
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_xticks(range(len(columns)), tops, fontsize=TEXT)
    axis.set_yticks(range(len(rows)), sides, fontsize=TEXT)
    axis.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    axis.spines[:].set_visible(False)
    return figure

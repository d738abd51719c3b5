"""A map of places as tiles, or by somebody's own boundaries: one value a place, in steps of colour that print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, Colormap
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from coalsim.figures.picture import Picture
from coalsim.figures.style import GREY, SMALL, TEXT, fold, grid, plain, sheet, take
from coalsim.figures.tiles import tiles

if TYPE_CHECKING:
    import geopandas

STEPS = 7  # of colour, about
PANEL = (4.4, 5.6)  # inches
EDGE = 0.9  # of a tile's frame, points


@dataclass(frozen=True)
class Mapped:
    """One panel: a value for each place, and places that are marked with a frame."""

    title: str
    values: NDArray[np.float64]  # (n,), nan for none
    marked: NDArray[np.bool_] | None = None  # (n,)


def tile_map(
    codes: Sequence[str],
    panels: Sequence[Mapped],
    *,
    title: str,
    unit: str,
    scale: float = 1,
    diverging: bool = False,
    mark: str = "",
    boundaries: geopandas.GeoDataFrame | None = None,
    note: str = "",
) -> Picture:
    """A panel for each set of values, all in the same colours.

    Parameters
    ----------
    codes : (n,) of the places
    diverging : whether nought is the middle, as for differences
    mark : what a frame means
    boundaries : shapes in the order of `codes`, drawn in place of tiles
    note : where the figure comes from
    """
    values = scale * np.concatenate([panel.values for panel in panels])
    colours, norm = steps(values[np.isfinite(values)], diverging)
    key = [Patch(facecolor="white", edgecolor="black", linewidth=EDGE, label=mark)] if mark else []
    if not np.isfinite(values).all():
        key.append(Patch(facecolor="white", edgecolor=GREY, hatch="////", linewidth=0.4, label="no value"))
    rows, columns, width, height = grid(len(panels), PANEL)
    figure = sheet(width, height, title=title, note=note, key=key)
    figure.shows = f"{'A tile for each place' if boundaries is None else 'Places by their shapes'}, coloured by value"
    axes = take(figure.subplots(rows, columns, squeeze=False), len(panels))
    for axis, panel in zip(axes, panels):
        marked = np.zeros(len(codes), dtype=bool) if panel.marked is None else panel.marked
        faces = [colours(norm(scale * value)) if np.isfinite(value) else (1, 1, 1, 1) for value in panel.values]
        if boundaries is None:
            draw_tiles(axis, codes, panel.values, faces, marked)
        else:
            draw_shapes(axis, boundaries, panel.values, faces, marked)
        axis.set_title(fold(panel.title, PANEL[0] - 0.3, TEXT + 1), fontsize=TEXT + 1, loc="left")
        axis.set_aspect("equal")
        axis.set_axis_off()
    bar = figure.colorbar(
        ScalarMappable(norm, colours), ax=axes, orientation="horizontal", shrink=0.6, aspect=35, pad=0.02
    )
    bar.set_label(fold(unit, 0.6 * width, TEXT), fontsize=TEXT)
    bar.ax.xaxis.set_major_formatter(lambda value, _: plain(value, 0))
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def steps(values: NDArray[np.float64], diverging: bool) -> tuple[Colormap, BoundaryNorm]:
    """Colours that colour-blind readers can tell apart, and the limits between them; ends take in nineteen of twenty values."""
    low, high = (float(q) for q in np.quantile(values, [0.025, 0.975])) if values.size else (0.0, 1.0)
    if diverging:
        high = max(abs(low), abs(high))
        low = -high
    if not high > low:
        low, high = low - 0.5, high + 0.5
    limits = MaxNLocator(nbins=STEPS).tick_values(low, high)
    colours = colormaps["PuOr" if diverging else "viridis_r"]
    return colours, BoundaryNorm(limits, colours.N, extend="both")


def draw_tiles(
    axis: Axes, codes: Sequence[str], values: NDArray[np.float64], faces: Sequence[Any], marked: NDArray[np.bool_]
) -> None:
    """A square for each place, framed where it is marked, hatched where it has no value."""
    cells = tiles(codes)
    for cell, value, face, has_frame in zip(cells.tolist(), values, faces, marked):
        missing = not np.isfinite(value)
        frame = "black" if has_frame else GREY if missing else "white"
        size = 0.86 if has_frame else 0.92
        corner = cell[0] + (1 - size) / 2, cell[1] + (1 - size) / 2
        line = EDGE if has_frame else 0.3
        axis.add_patch(
            Rectangle(
                corner, size, size, facecolor=face, edgecolor=frame, linewidth=line, hatch="////" if missing else None
            )
        )
    axis.set_xlim(-0.5, cells[:, 0].max() + 1.5)
    axis.set_ylim(-0.5, cells[:, 1].max() + 1.5)


def draw_shapes(
    axis: Axes, shapes: Any, values: NDArray[np.float64], faces: Sequence[Any], marked: NDArray[np.bool_]
) -> None:
    """The places' own shapes."""
    frames = ["black" if has_frame else "white" for has_frame in marked]
    lines = [EDGE if has_frame else 0.2 for has_frame in marked]
    hatched = ~np.isfinite(values)
    shapes.plot(ax=axis, color=[tuple(face) for face in faces], edgecolor=frames, linewidth=lines)
    if hatched.any():
        shapes[hatched].plot(ax=axis, facecolor="white", edgecolor=GREY, hatch="////", linewidth=0.3)


def read_boundaries(path: str, codes: Sequence[str], names: Sequence[str]) -> geopandas.GeoDataFrame:
    """Shapes of a GeoJSON, TopoJSON or any file that geopandas reads, in the order of the places.

    A place is found by its code or its name in any column of text.

    Raises
    ------
    ValueError
        When geopandas is not there, the file cannot be read, or a place has no shape.
    """
    try:
        import geopandas
    except ImportError:
        raise ValueError("--boundaries needs geopandas: install coalsim with its extra `maps`") from None
    try:
        shapes = geopandas.read_file(path)
    except Exception as error:  # whatever the reading library thinks of it
        raise ValueError(
            f"--boundaries {path}: it cannot be read as shapes: {' '.join(str(error).split())[:200]}"
        ) from None
    texts = [
        column for column in shapes.columns if column != shapes.geometry.name and shapes[column].dtype.kind in "OUT"
    ]
    where: Mapping[str, int] = {str(v).strip(): k for column in texts for k, v in enumerate(shapes[column])}
    rows = [where.get(code, where.get(name)) for code, name in zip(codes, names)]
    missing = [name for name, row in zip(names, rows) if row is None]
    if missing:
        few = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        hint = (
            f"it has columns {', '.join(texts)}; one must hold the places' codes or names"
            if texts
            else "it holds no text"
        )
        raise ValueError(f"--boundaries {path}: there is no shape for {few}; {hint}")
    return shapes.iloc[[row for row in rows if row is not None]].reset_index(drop=True)

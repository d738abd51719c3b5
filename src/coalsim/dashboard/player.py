"""A map of neighbourhoods that plays: one page with films of one or two options, which needs nothing but itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from matplotlib import colormaps
from matplotlib.colors import to_hex
from numpy.typing import NDArray

from coalsim.dashboard.film import Film
from coalsim.names import DOMAINS
from coalsim.scenario.calendar import Month

COLOURS = 64
SIDE = 10.0  # of a hexagon, units of the drawing
WIDEST = 620  # pixels of one map

# Label, unit, which way is better, digits, and factor of each measure.
MEASURES = {
    "deprivation": ("deprivation", "national standard deviations", "lower", 2, 1),
    **{name: (f"condition: {name}", "0 to 1", "higher", 2, 1) for name in DOMAINS},
    "unemployed": ("unemployed", "% of residents aged 16-64", "lower", 1, 100),
}


def player(films: Mapping[str, Film], start: str, money_ends: int = 0) -> str:
    """The page.

    Parameters
    ----------
    films : of the same place, by what stands above each map; the first is what others are compared with
    start : first month, as 2006-04
    money_ends : month in which the programmes' money ends, 0 if none
    """
    first = next(iter(films.values()))
    first_month = Month.parse(start)
    ranges: dict[str, Any] = {}
    sides: dict[str, dict[str, str]] = {title: {} for title in films}
    for name, (_, unit, better, digits, scale) in MEASURES.items():
        values = {title: scale * one.neighbourhoods[name] for title, one in films.items()}
        low, high = min(map(np.min, values.values())), max(map(np.max, values.values()))
        base = next(iter(values.values()))
        changes = [np.abs(one - other).max() for one in values.values() for other in (base, one[0])]
        most = max(changes) or 1.0
        ranges[name] = {
            "low": float(low), "high": float(high), "most": float(most), "unit": unit, "better": better, "digits": digits,
        }  # fmt: skip
        for title, one in values.items():
            sides[title][name] = packed(one, float(low), float(high))
    weights = np.full(first.column.size, 1 / first.column.size)
    data = {
        "n": int(first.column.size),
        "months": first.months,
        "start": 12 * first_month.year + first_month.month - 1,
        "ends": money_ends if 0 < money_ends <= first.months else 0,
        "measures": ranges,
        "sides": list(sides.values()),
        "weights": weights.tolist(),
        "higher": ramp("cividis"),
        "lower": ramp("cividis_r"),
        "diverging": ramp("PuOr_r"),
    }
    cells, box = hexagons(first.column, first.row)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string((files("coalsim.dashboard") / "player.html.jinja").read_text(encoding="utf-8"))
    context: dict[str, Any] = {
        "months": first.months,
        "measures": [{"name": name, "label": told[0]} for name, told in MEASURES.items()],
        "sides": [{"title": title} for title in films],
        "cells": cells,
        "box": box,
        "widest": WIDEST,
        "data": Markup(json.dumps(data).replace("<", "\\u003c")),
    }
    return template.render(context)


def packed(values: NDArray[np.floating[Any]], low: float, high: float) -> str:
    """Values as 16-bit steps between two ends, in base 64."""
    steps = np.rint((values - low) / ((high - low) or 1.0) * 65535)
    return base64.b64encode(steps.astype("<u2").tobytes()).decode("ascii")


def hexagons(column: NDArray[np.int64], row: NDArray[np.int64]) -> tuple[list[str], str]:
    """Outlines of the neighbourhoods on their grid, odd rows half a step to the right, and the box that holds them all."""
    wide, tall = SIDE * np.sqrt(3), 1.5 * SIDE
    x = wide * (column + 0.5 * (row % 2) + 0.5)
    y = tall * row + SIDE
    angle = np.pi / 3 * np.arange(6) + np.pi / 6
    corners = 0.96 * SIDE * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    cells = [
        "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in corners + (x[k], y[k])) + "Z" for k in range(column.size)
    ]  # fmt: skip
    return cells, f"0 0 {x.max() + wide / 2:.1f} {y.max() + SIDE:.1f}"


def ramp(name: str) -> list[str]:
    """A colour map as hexadecimal colours."""
    return [to_hex(colour) for colour in colormaps[name](np.linspace(0, 1, COLOURS))]

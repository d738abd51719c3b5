"""Short HTML for Jupyter: a sentence that says it and a table with units; everything in it is escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

MOST = 60  # rows of a table


def paragraphs(*texts: str) -> str:
    """A paragraph for each text that says something."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text)


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], *, most: int = MOST) -> str:
    """A table, its numbers to the right; of many rows the first, with how many are left out."""
    every = list(rows)
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in header)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in every[:most])
    left_out = paragraphs(f"and {len(every) - most:,} more rows" if len(every) > most else "")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{left_out}"


def frame(data: Any, units: dict[str, str] | None = None, *, most: int = MOST) -> str:
    """A pandas data frame as a table; `units` go into the headings of its columns."""
    named = {name: f"{str(name).replace('_', ' ')}, {unit}" for name, unit in (units or {}).items()}
    header = [named.get(name, str(name).replace("_", " ")) for name in data.columns]
    return table(header, data.itertuples(index=False), most=most)


def folded(summary: str, text: str) -> str:
    """Plain text behind a line that opens it."""
    return f"<details><summary>{escape(summary)}</summary><pre>{escape(text)}</pre></details>"


def number(value: float) -> str:
    """Four figures that matter; nothing for nan."""
    if math.isnan(value):
        return ""
    return f"{value:,.0f}" if 1000 <= abs(value) < math.inf else f"{value:.4g}"


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return f'<td style="text-align:left">{escape(value or "")}</td>'
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return f'<td style="text-align:left">{"yes" if value else "no"}</td>'
    try:
        text = number(float(value))
    except (TypeError, ValueError):
        return f'<td style="text-align:left">{escape(str(value))}</td>'
    return f'<td style="text-align:right">{text}</td>'

"""How much of what an option brings is additional, with the guide's figures beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from coalsim.experiments.telling import title
from coalsim.reporting import words
from coalsim.reporting.section import Section, Table, by_option

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison


def section(comparison: Comparison) -> Section:
    """Additionality measured, with the guide's figures beside it."""
    frames = {option: comparison.worth(option).additionality.table() for option in comparison.options[1:]}
    first = next(iter(frames.values()))
    rows = []
    for k, step in enumerate(first["step"]):
        cells = []
        for frame in frames.values():
            one = frame.iloc[k]
            cells.append(measured(one))
        rows.append(
            [step.capitalize(), *cells, first["ready_reckoner"][k], first["past_evaluations"][k], first["note"][k]]
        )
    table = Table(
        "additionality",
        "How much would not have happened anyway: jobs in the last year, 95% intervals",
        [
            "Step",
            *(title(comparison, option) for option in frames),
            "Ready reckoner, low / medium / high",
            "Past evaluations",
            "Note",
        ],
        rows,
        by_option(frames),
        "Measured from runs on the same luck, not assumed. The ready reckoner's bands and the means of past evaluations are from "
        "memory and stand beside as a yardstick only. A share is not told where what it is a share of may be nought.",
    )
    says = []
    if all(comparison.worth(option).additionality.displacement is None for option in frames):
        says.append(
            "Displacement beyond the places simulated is not measured here: what they win may be lost elsewhere. Social value is "
            "that of these places, not the nation's. scenarios/england_2006.yaml simulates every place."
        )
    return Section("additionality", "How much is additional", says, parts=[table])


def measured(row: pd.Series) -> str:
    """A step's value with its interval."""
    value, low, high = row["value"], row["low"], row["high"]
    if not np.isfinite(value):
        return "–" if row["note"] else ""  # noqa: RUF001, a dash
    if row["unit"] == "jobs":
        return words.number(value, 0) + (
            f" ({words.number(low, 0)} to {words.number(high, 0)})" if np.isfinite(low) else ""
        )
    if not np.isfinite([low, high]).all():
        return "cannot be told"
    if row["unit"] == "times":
        return f"{words.number(value)} ({words.number(low)} to {words.number(high)})"
    return f"{words.percent(value)} ({words.percent(low)} to {words.percent(high)})"

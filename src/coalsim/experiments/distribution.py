"""Who gains: effects on groups of residents and of neighbourhoods, pair by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coalsim import analysis
from coalsim.indicators import indicators
from coalsim.indicators.distribution import GROUPINGS, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.experiments.comparison import Comparison

NAMES = [
    "locality", "grouping", "group", "residents", "indicator", "unit", "option", "mean", "effect", "low", "high",
    "p_better", "pairs",
]  # fmt: skip


def effects_by_group(comparison: Comparison, grouping: str | None = None) -> pd.DataFrame:
    """A row per locality, grouping, group, outcome and option; see `Comparison.distribution`.

    Outcomes that a grouping fixes (qualification by qualification, illness by health) are left out.

    Raises
    ------
    ValueError
        When there is no such grouping.
    """
    import pandas as pd

    known = [one.name for one in GROUPINGS]
    if grouping is not None and grouping not in known:
        raise ValueError(f"grouping {grouping!r}: give one of {', '.join(known)}")
    wanted = [grouping] if grouping else [name for name in known if name != "neighbourhood"]
    rows = comparison.ensemble.distribution()
    rows = rows[rows["grouping"].isin(wanted)]
    if comparison.place is not None:
        rows = rows[rows["locality"] == comparison.place]
    design = comparison.ensemble.design
    by_option = {}
    for option in comparison.options:
        ids = design.run_ids(comparison.cell(option))
        of_option = rows[rows["run_id"].isin(ids)]
        keys = of_option["run_id"].map({run_id: k for k, run_id in enumerate(ids)})
        by_option[option] = of_option.assign(replicate=keys).set_index(["replicate", "locality", "grouping", "group"])
    base = by_option[comparison.counterfactual]
    groups = list(dict.fromkeys(key[1:] for key in base.index))
    found = []
    for locality, name, group in groups:
        for outcome in OUTCOMES:
            if (name, outcome) in (("qualification", "level_3_or_above"), ("health", "limiting_illness")):
                continue
            what = indicators[outcome]
            columns = {
                option: frame[outcome].xs((locality, name, group), level=("locality", "grouping", "group"))
                for option, frame in by_option.items()
            }
            residents = base["residents"].xs((locality, name, group), level=("locality", "grouping", "group")).mean()
            for option, column in columns.items():
                both = pd.concat([columns[comparison.counterfactual], column], axis=1, join="inner").dropna().to_numpy()
                row = (locality, name, group, residents, outcome, what.unit, option, float(column.mean()))
                if len(both) < 2:
                    found.append((*row, *[np.nan] * 4, len(both)))
                else:
                    e = analysis.compare_paired(both[:, 0], both[:, 1], what.better, interval=comparison.interval)
                    found.append((*row, e.effect, e.low, e.high, e.p_better, e.n))
    return pd.DataFrame(found, columns=NAMES)

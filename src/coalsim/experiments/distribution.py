"""Who gains: effects on groups of residents and of neighbourhoods, pair by pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coalsim import analysis
from coalsim.experiments import places
from coalsim.indicators import indicators
from coalsim.indicators.distribution import GROUPINGS, MOST_PARTS, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.experiments.comparison import Comparison

NAMES = [
    "locality", "grouping", "group", "residents", "indicator", "unit", "option", "mean", "effect", "low", "high",
    "p_better", "pairs",
]  # fmt: skip
FIXED = {("qualification", "level_3_or_above"), ("health", "limiting_illness")}  # all or nothing by definition


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
    rows = comparison.ensemble.distribution([grouping] if grouping else [name for name in known if name != known[-1]])
    if comparison.place is not None:
        rows = rows[rows["locality"] == comparison.place]
    if rows.empty:
        return pd.DataFrame(columns=NAMES)
    if places.is_nation(comparison):
        rows = together(rows)
    # Every run has the same groups in the same order.
    n_groups = int((rows["run_id"] == rows["run_id"].iloc[0]).sum())
    run_ids = rows["run_id"].to_numpy()[::n_groups]
    groups = rows[["locality", "grouping", "group"]].iloc[:n_groups].itertuples(index=False)
    numbers = rows[["residents", *OUTCOMES]].to_numpy().reshape(len(run_ids), n_groups, -1)
    design = comparison.ensemble.design
    values = {}  # by option: (replicates, groups, 1 + outcomes), nan where a run is missing
    for option in comparison.options:
        ids = np.array(design.run_ids(comparison.cell(option)))
        values[option] = np.full((len(ids), *numbers.shape[1:]), np.nan)
        found = np.isin(run_ids, ids)
        values[option][np.searchsorted(ids, run_ids[found])] = numbers[found]
    base = values[comparison.counterfactual]
    table = []
    for g, (locality, name, group) in enumerate(groups):
        residents = mean_of(base[:, g, 0])
        for k, outcome in enumerate(OUTCOMES, 1):
            if (name, outcome) in FIXED:
                continue
            what = indicators[outcome]
            for option, of_option in values.items():
                row = (locality, name, group, residents, outcome, what.unit, option, mean_of(of_option[:, g, k]))
                first, second = base[:, g, k], of_option[:, g, k]
                both = np.isfinite(first) & np.isfinite(second)
                if both.sum() < 2:
                    table.append((*row, *[np.nan] * 4, int(both.sum())))
                else:
                    e = analysis.compare_paired(first[both], second[both], what.better, interval=comparison.interval)
                    table.append((*row, e.effect, e.low, e.high, e.p_better, e.n))
    return pd.DataFrame(table, columns=NAMES)


def together(rows: pd.DataFrame) -> pd.DataFrame:
    """Groups of all places as one: residents added up, outcomes averaged over them; neighbourhoods stay with their places.

    Places with too few neighbourhoods for fifths are left out of those.
    """
    import pandas as pd

    common = {(one.name, group) for one in GROUPINGS[:-1] for group in one.groups(MOST_PARTS)}
    single = rows["grouping"] == GROUPINGS[-1].name
    rows = rows[single | np.array([key in common for key in zip(rows["grouping"], rows["group"])])]
    single = rows["grouping"] == GROUPINGS[-1].name
    weighted = rows[~single].copy()
    seen = weighted[list(OUTCOMES)].notna()
    people = seen.mul(weighted["residents"], axis=0)
    weighted[list(OUTCOMES)] = weighted[list(OUTCOMES)].fillna(0.0).mul(weighted["residents"], axis=0)
    keys = ["run_id", "grouping", "group"]
    sums = weighted.groupby(keys, sort=False)[["residents", *OUTCOMES]].sum()
    weights = people.assign(**{key: weighted[key] for key in keys}).groupby(keys, sort=False)[list(OUTCOMES)].sum()
    sums[list(OUTCOMES)] = sums[list(OUTCOMES)] / weights.where(weights > 0)
    whole = sums.reset_index().assign(locality="all places")
    return pd.concat([whole, rows[single]], ignore_index=True).sort_values("run_id", kind="stable", ignore_index=True)


def mean_of(values: np.ndarray) -> float:
    """Mean of the finite values, nan if there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else np.nan

"""Figures of studies of uncertain factors: which numbers go into which kind of figure, and what stands above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coalsim import figures
from coalsim.analysis import Box, Limit, Sensitivity
from coalsim.analysis.discovery.box import as_cases, inside, is_numeric
from coalsim.analysis.sensitivity.factors import Factor
from coalsim.analysis.sensitivity.finding import Output
from coalsim.analysis.sensitivity.main_effects import course, independent, tails
from coalsim.experiments.titles import in_words, short_title
from coalsim.experiments.uncertain.question import Question
from coalsim.experiments.uncertain.telling import title_of, unit_of

if TYPE_CHECKING:
    from coalsim.experiments.uncertain.discovery import DiscoveryStudy
    from coalsim.experiments.uncertain.sensitivity import SensitivityStudy
    from coalsim.figures import Picture

type Array = NDArray[np.float64]

MOST_BARS, MOST_SHAPES, MOST_CELLS = 12, 6, 10

NAMES = {
    "ST": ("total index ST", "first-order index S1", "share of the variance"),
    "S1": ("first-order index S1", "", "share of the variance"),
    "mu_star": ("mean size of effects mu*", "", "in the output's unit, over the whole range"),
    "delta": ("delta", "", "distance between distributions, 0 to 1"),
    "median": ("PAWN, median", "", "distance between distributions, 0 to 1"),
    "distance": ("distance", "", "distance between distributions, 0 to 1"),
}


def sensitivity_pictures(study: SensitivityStudy, note: str) -> dict[str, Picture]:
    """Every figure by name, the most telling first; none where nothing varies."""
    return dict(_sensitivity(study, note))


def discovery_pictures(study: DiscoveryStudy, note: str) -> dict[str, Picture]:
    """A figure for each case that has boxes."""
    found = {}
    for k, (name, one) in enumerate(study.cases.items(), 1):
        if one.boxes:
            title = f"{study.question.name}: where {name}"
            panels = [_face(name, box, study) for box in one.boxes]
            found[f"boxes_{k}"] = figures.boxes(panels, interest=study.condition(name), title=title, note=note)
    return found


def _sensitivity(study: SensitivityStudy, note: str) -> Iterator[tuple[str, Picture]]:
    found, q = study.found, study.question
    varying = found.varying
    if not varying:
        return
    whole, first, axis = NAMES[found.headline]
    panels = [_bars(one, found, q) for one in varying]
    options: dict[str, Any] = {"level": found.level, "note": note}
    yield (
        "indices",
        figures.indices(
            panels,
            axis_label=axis,
            whole=whole,
            first=first,
            title=f"{q.name}: which factors matter",
            **options,
        ),
    )
    screened = found if found.headline == "mu_star" else found.screening
    if screened is not None and screened.varying:
        effects = [_effects(one, q) for one in screened.varying]
        yield "morris", figures.morris(effects, title=f"{q.name}: screening by elementary effects", **options)
    for k, one in enumerate(varying, 1):
        suffix = f"_{k}" if len(varying) > 1 else ""
        if one.pairs is not None:
            yield f"interactions{suffix}", _interactions(one, found, q, options)
        if not found.factors.has_groups and not tails(found, one).empty:
            yield f"tornado{suffix}", _tornado(one, found, q, options)
            yield f"conditional_means{suffix}", _shapes(one, found, q, options)


def _bars(one: Output, found: Sensitivity, q: Question) -> figures.Bars:
    ranked = one.ranked(found.headline).head(MOST_BARS)
    in_units = found.headline == "mu_star"
    scale, _, unit = unit_of(one.name, q, difference=True) if in_units else (1.0, 0, "")
    has_first = found.headline == "ST" and "S1" in ranked
    share = one.noise[0]
    says = "" if not np.isfinite(share) else f"luck makes {share:.0%} of a run's variance"
    if one.fit is not None:
        says += f"; the emulator foretells {max(one.fit, 0.0):.0%}"
    is_share = found.headline in ("ST", "S1") and found.replicates == 1 and np.isfinite(share)
    return figures.Bars(
        title=title_of(one.name, q) + (f", {unit}" if unit else ""),
        says=says,
        factors=[short_title(str(name)) for name in ranked.index],
        whole=scale * ranked[found.headline].to_numpy(),
        whole_half=scale * ranked[f"{found.headline}_conf"].to_numpy(),
        first=ranked["S1"].to_numpy() if has_first else None,
        first_half=ranked["S1_conf"].to_numpy() if has_first else None,
        luck=share if is_share else None,
        floor=float(ranked["dummy"].iloc[0]) if "dummy" in ranked else None,
    )


def _effects(one: Output, q: Question) -> figures.Effects:
    assert one.table is not None
    scale, _, unit = unit_of(one.name, q, difference=True)
    table = one.table
    return figures.Effects(
        title_of(one.name, q),
        unit,
        [short_title(str(name)) for name in table.index],
        *(scale * table[column].to_numpy() for column in ("mu_star", "mu_star_conf", "sigma")),
    )


def _interactions(one: Output, found: Sensitivity, q: Question, options: dict[str, Any]) -> Picture:
    assert one.pairs is not None
    ranked = one.ranked(found.headline).head(MOST_CELLS)
    names = list(map(str, ranked.index))
    pairs = np.full((2, len(names), len(names)), np.nan)
    for (a, b), row in zip(one.pairs.index, one.pairs.to_numpy()):
        if a in names and b in names:
            i, j = sorted((names.index(a), names.index(b)))
            pairs[:, i, j] = row
    return figures.interactions(
        [short_title(name) for name in names],
        ranked["S1"].to_numpy(),
        *pairs,
        title=f"{q.name}: which factors act together on {title_of(one.name, q)}",
        **options,
    )


def _tornado(one: Output, found: Sensitivity, q: Question, options: dict[str, Any]) -> Picture:
    scale, _, unit = unit_of(one.name, q)
    ends = scale * tails(found, one)
    ends = ends.loc[(ends["high"] - ends["low"]).abs().sort_values(ascending=False).index].head(MOST_BARS)
    low, high = ((ends[end].to_numpy(), ends[f"{end}_conf"].to_numpy()) for end in ("low", "high"))
    return figures.tornado(
        [short_title(str(name)) for name in ends.index],
        low,
        high,
        mean=scale * float(independent(found, one)[1].mean()),
        x_label=f"{title_of(one.name, q)}, {unit}",
        title=f"{q.name}: {title_of(one.name, q)} where factors are low and where they are high",
        **options,
    )


def _shapes(one: Output, found: Sensitivity, q: Question, options: dict[str, Any]) -> Picture:
    scale, _, unit = unit_of(one.name, q)
    leading = list(map(str, one.ranked(found.headline).index))[:MOST_SHAPES]
    points, y = independent(found, one)
    panels = []
    for name in leading:
        k = found.factors.names.index(name)
        factor, along = found.factors.each[k], course(found, one, name)
        values, ticks = coordinates(factor, points[:, k])
        at, _ = coordinates(factor, along["u"].to_numpy())
        means, half = scale * along["mean"].to_numpy(), scale * along["conf"].to_numpy()
        panels.append(figures.Shape(short_title(name), values, scale * y, at, means, half, ticks))
    return figures.conditional_means(
        panels,
        y_label=f"{title_of(one.name, q)}, {unit}",
        title=f"{q.name}: how {title_of(one.name, q)} goes with the leading factors",
        **options,
    )


def coordinates(factor: Factor, u: Array) -> tuple[Array, Sequence[str]]:
    """Where quantiles of a factor lie on an axis, and names of values that are no numbers."""
    values = factor.at(u)
    if not factor.is_categorical:
        return np.asarray(values, dtype=float), ()
    assert factor.values is not None
    return np.array([factor.values.index(one) for one in values], dtype=float), list(map(str, factor.values))


def _face(name: str, box: Box, study: DiscoveryStudy) -> figures.Face:
    """A box over the two factors whose limits tell most; where there is one limit only, over the first other factor, too."""
    known, hits = study.of_interest(name)
    inputs = study.explored.inputs[known]
    ordered = sorted(box.limits, key=lambda one: one.p_value)
    shown = [one.factor for one in ordered][:2]
    shown += [str(other) for other in inputs if other not in shown][: 2 - len(shown)]
    x, y = (_axis(inputs[factor], next((one for one in ordered if one.factor == factor), None)) for factor in shown)
    where = in_words(" and ".join(map(str, ordered)), study.question.factors)
    others = inside([one for one in ordered if one.factor not in shown], as_cases(inputs))
    return figures.Face(
        f"Where {where}: {box.density:.0%} of cases, {box.coverage:.0%} of all such cases",
        x._replace(label=short_title(shown[0])),
        y._replace(label=short_title(shown[1])),
        hits,
        others,
    )


def _axis(values: Any, limit: Limit | None) -> figures.Side:
    """A factor's values and the box's ends on an axis; values that are no numbers stand at whole ones."""
    if is_numeric(values):
        ends = (None, None) if limit is None else (limit.low, limit.high)
        return figures.Side("", values.to_numpy(dtype=float), ends)
    texts = [str(one) for one in values]
    ticks = sorted(set(texts))
    ends = (None, None)
    if limit is not None and limit.values is not None:
        at = [ticks.index(str(one)) for one in limit.values]
        ends = (min(at) - 0.4, max(at) + 0.4)
    return figures.Side("", np.array([ticks.index(one) for one in texts], dtype=float), ends, ticks)

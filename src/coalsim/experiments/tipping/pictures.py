"""A study's figures: which numbers go into which kind of figure, and what stands above it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coalsim import figures
from coalsim.analysis import Threshold
from coalsim.experiments.outputs import Output
from coalsim.experiments.telling import shown
from coalsim.experiments.tipping.evidence import Definition, Study
from coalsim.experiments.tipping.telling import ranked
from coalsim.experiments.tipping.trace import Trace
from coalsim.experiments.titles import path_title
from coalsim.figures.style import heading
from coalsim.text import label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coalsim.figures import Picture

CURVE, MAP = 161, 81  # points along a lever


def pictures(study: Study, trace: Trace | None, note: str) -> dict[str, Picture]:
    """Every figure by name, the most telling first."""
    return dict(_pictures(study, trace, note))


def _pictures(study: Study, trace: Trace | None, note: str) -> Iterator[tuple[str, Picture]]:
    name = study.question.name
    levers = [path_title(path) for path in study.question.levers]
    if study.definitions:
        panels = [_dose(one) for one in study.definitions]
        title = f"{name}: the chance of tipping, by what counts as success"
        yield "dose_response", figures.dose_response(panels, x_label=levers[0], title=title, note=note)
    if study.boundary is not None and len(levers) == 2 and study.boundary.process is not None:
        yield "phase_diagram", _phase_diagram(study, note)
    if study.hysteresis:
        loops = []
        for output, one in study.hysteresis.items():
            scale, unit = _unit(output)
            responses = [scale * response.mean(axis=0) for response in one.responses]
            is_loop = one.verdict in ("hysteresis", "one_way")
            turns = [
                (turn, *ends) if is_loop and math.isfinite(turn) else None
                for turn, ends in ((one.up, one.up_interval), (one.down, one.down_interval))
            ]
            loops.append(
                figures.Loop(f"{heading(output)}, {unit}", _short(one.sentence), one.values, responses, *turns)
            )
        if all(loop.responses for loop in loops):
            title = f"{name}: raised slowly, then lowered slowly"
            yield "hysteresis", figures.hysteresis_loop(loops, x_label=levers[0], title=title, note=note)
    if study.starts:
        yield "basins", _basins(study, note)
    if study.knock_outs:
        yield "knock_out", _knock_out(study, note)
    if trace is not None:
        yield "turning", _turning(trace, note)


def _dose(one: Definition) -> figures.Dose:
    found: Threshold = one.threshold
    at = np.linspace(*found.range, CURVE)
    threshold = (found.value, found.low, found.high) if found.verdict == "threshold" else None
    if one.met_at_start:
        says = "met at the start: cannot tip"
    elif threshold is not None:
        says = f"threshold {found.value:.3g} ({found.low:.3g} to {found.high:.3g})"
    else:
        tipped = f"{int(found.outcomes.sum())} of {found.outcomes.size} runs tipped"
        says = f"{found.verdict.replace('_', ' ')}: {tipped}"
    return figures.Dose(one.criterion.title, says, found.points, found.outcomes, at, *found.probability(at), threshold)


def _phase_diagram(study: Study, note: str) -> Picture:
    found = study.boundary
    assert found is not None
    x, y = (np.linspace(*found.ranges[name], MAP) for name in found.names)
    at = np.stack([axis.ravel() for axis in np.meshgrid(x, y)], axis=1)
    chance, (low, high) = found.probability(at), found.band(at)
    best = study.cheapest
    x_label, y_label = (path_title(name) for name in found.names)
    return figures.phase_diagram(
        x,
        y,
        chance.reshape(MAP, MAP),
        low=low.reshape(MAP, MAP),
        high=high.reshape(MAP, MAP),
        points=found.points,
        tipped=found.outcomes,
        x_label=x_label,
        y_label=y_label,
        title=f"{study.question.name}: the chance of tipping",
        says=_short(found.sentence),
        cheapest=None if best is None else (best.point[found.names[0]], best.point[found.names[1]]),
        note=note,
    )


def _basins(study: Study, note: str) -> Picture:
    panels = []
    for output, one in study.starts.items():
        scale, unit = _unit(output)
        valley = scale * one.basins.boundary if one.basins.n_basins == 2 else None
        shares = " and ".join(f"{weight:.0%}" for weight in one.basins.weights)
        parts = f"two basins ({shares})" if one.basins.n_basins == 2 else "one basin"
        says = f"{one.starts.verdict}; {parts}, dip p = {one.basins.p_value:.2g}"
        panels.append(figures.Ends(f"{heading(output)}, {unit}", says, scale * one.low, scale * one.high, valley))
    restarts = None
    if study.committor is not None and study.committor.coordinate.size:
        one_ = study.committor
        scale, unit = _unit(study.question.outputs[0])
        critical = None
        if one_.verdict == "critical mass":
            critical = (scale * one_.critical, scale * one_.low, scale * one_.high)
        restarts = figures.Restarts(
            f"{heading(study.question.outputs[0])}, {unit}",
            f"restarts: {one_.verdict}",
            scale * one_.coordinate,
            one_.probability,
            one_.lows,
            one_.highs,
            critical,
        )
    return figures.basins(panels, restarts, title=f"{study.question.name}: where it ends from two starts", note=note)


def _knock_out(study: Study, note: str) -> Picture:
    own = study.threshold
    rows, band = [], None
    if own is not None and own.verdict == "threshold":
        (path,) = study.question.levers
        unit = f"change of the threshold: {path_title(path)}"
        band = (own.low - own.value, own.high - own.value)
        for one in ranked(study):
            found = one.threshold
            if found is not None and found.verdict == "threshold":
                change = tuple(end - own.value for end in (found.value, found.low, found.high))
                rows.append(figures.Knocked(one.mechanism, one.strength, change))  # type: ignore[arg-type]
            elif found is not None:
                rows.append(figures.Knocked(one.mechanism, one.strength, None, found.verdict.replace("_", " ")))
    else:
        output = study.question.outputs[0]
        scale, unit = _unit(output)
        unit = f"change of the programme's effect on {label(output)}, {'points' if unit == '%' else unit}"
        for one in ranked(study):
            effect = one.effects[output]
            if np.isfinite(effect.effect):
                change = tuple(scale * end for end in (effect.effect, effect.low, effect.high))
                rows.append(figures.Knocked(one.mechanism, one.strength, change))  # type: ignore[arg-type]
    return figures.knock_out(rows, band=band, unit=unit, title=f"{study.question.name}: what it hangs on", note=note)


def _turning(trace: Trace, note: str) -> Picture:
    measures = {}
    for name, course in trace.measures.items():
        scale, unit = _unit(name)
        limits = [
            scale
            * {"plus": course[0] + limit.value, "times": course[0] * limit.value}.get(limit.is_relative, limit.value)
            for limit in trace.criterion.limits
            if limit.indicator == name
        ]
        measures[f"{label(name)}, {unit}"] = (scale * course, limits)
    outcome = f"tipped in month {trace.tipped}" if trace.tipped is not None else "it did not tip"
    return figures.turning(
        trace.membership,
        {label(name): course for name, course in trace.money.items()},
        trace.conditions,
        measures,
        start=trace.start,
        turned=trace.tipped,
        events=trace.happenings,
        money_ends=min(trace.money_ends, len(next(iter(trace.money.values())))),
        title=f"{trace.title}, seed {trace.seed}: {outcome}",
        note=note,
    )


def _unit(output: str) -> tuple[float, str]:
    scale, _, unit = shown(Output.parse(output))
    return scale, unit


def _short(sentence: str) -> str:
    """The first clause of a sentence."""
    return sentence.split(" (")[0].rstrip(".")

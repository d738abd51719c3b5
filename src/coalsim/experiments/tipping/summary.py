"""A study of a tipping point as JSON: what `coalsim tipping --json` prints and `tipping.json` holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from coalsim.analysis import EarlyWarning, Paired, Threshold
from coalsim.experiments.tipping.evidence import Definition, KnockOut, Size, Study
from coalsim.experiments.tipping.trace import Trace


def summary(study: Study, trace: Trace | None = None, *, quick: bool = False) -> dict[str, Any]:
    """Everything as JSON; what was not looked for is null."""
    q = study.question
    place = q.scenario.places[q.place]
    return {
        "name": q.name,
        "question": q.scenario.question,
        "quick": quick,
        "verdict": study.verdict,
        "tests": study.tests,
        "place": place.name,
        "world": q.scenario.world.name,
        "policy": q.policy,
        "counterfactual": q.counterfactual,
        "levers": {path: lever.model_dump() for path, lever in q.levers.items()},
        "tips_when": str(q.success),
        "population": round(place.adults * q.scenario.sample),
        "population_in_life": place.adults,
        "sample": q.scenario.sample,
        "months": q.scenario.months,
        "window": q.success.months_running,
        "starting_state": f"{place.name} in {q.scenario.start}",
        "seed": q.seed,
        "threshold": None if study.threshold is None else {**_threshold(study.threshold), **_quoted_with(study)},
        "boundary": None if study.boundary is None else _boundary(study),
        "definitions": {one.criterion.name: _definition(one) for one in study.definitions},
        "size": None if study.size is None else {"verdict": study.size.verdict(q.decisive), **_size(study.size)},
        "hysteresis": {
            output: {
                "verdict": one.verdict,
                "up": _number(one.up),
                "down": _number(one.down),
                "area": _number(one.area),
                "p_value": _number(one.p_value),
            }
            for output, one in study.hysteresis.items()
        }
        or None,
        "basins": _basins(study),
        "early_warning": {
            "runs_that_turned": study.turned,
            "outputs": {output: _warning(one) for output, one in study.warning.items()},
        },
        "knock_outs": [_knock_out(one, study.threshold) for one in study.knock_outs] or None,
        "withdrawn": [
            {
                "month": one.month,
                "tipped": one.tipped,
                "of": one.of,
                "effects": {
                    output: {when: paired(effect) for when, effect in effects.items()}
                    for output, effects in one.effects.items()
                },
            }
            for one in study.withdrawals
        ]
        or None,
        "trace": None if trace is None else {"seed": trace.seed, "tipped_month": trace.tipped, "lines": trace.lines},
        "runs": study.runs,
        "failed_runs": [{"run": q.told(one.task), "error": one.error} for one in study.failed],
    }


def _quoted_with(study: Study) -> dict[str, Any]:
    """What a threshold is never quoted without."""
    q = study.question
    return {
        "population": round(q.scenario.places[q.place].adults * q.scenario.sample),
        "horizon_months": q.scenario.months,
        "window_months": q.success.months_running,
        "starting_state": f"{q.scenario.places[q.place].name} in {q.scenario.start}",
        "size_test": None if study.size is None else study.size.verdict(q.decisive),
    }


def paired(effect: Paired) -> dict[str, Any]:
    """A paired difference."""
    return {"effect": _number(effect.effect), "low": _number(effect.low), "high": _number(effect.high), "n": effect.n}


def _threshold(one: Threshold) -> dict[str, Any]:
    return {
        "verdict": one.verdict,
        "value": _number(one.value),
        "low": _number(one.low),
        "high": _number(one.high),
        "level": one.level,
        "width_10_90": _number(one.width_10_90),
        "reason": one.reason,
        "runs": one.runs,
        "tipped_runs": int(np.sum(one.outcomes)),
    }


def _boundary(study: Study) -> dict[str, Any]:
    one, cheapest = study.boundary, study.cheapest
    assert one is not None
    line = one.contour()
    return {
        "verdict": one.verdict,
        "runs": one.runs,
        "tipped_runs": int(np.sum(one.outcomes)),
        "uncertainty": _number(one.uncertainty),
        "contour": {name: [float(value) for value in line[name]] for name in one.names},
        "cheapest": None
        if cheapest is None
        else {
            "point": {name: float(value) for name, value in cheapest.point.items()},
            "cost": _number(cheapest.cost),
            "probability": _number(cheapest.probability),
            "low": _number(cheapest.low),
            "high": _number(cheapest.high),
            "chance_asked_for": study.question.chance,
        },
    }


def _definition(one: Definition) -> dict[str, Any]:
    return {
        "title": one.criterion.title,
        "limits": str(one.criterion),
        "met_at_start": one.met_at_start,
        "tip_without_programme": one.by_itself,
        "of": one.of,
        **_threshold(one.threshold),
    }


def _size(size: Size) -> dict[str, Any]:
    return {
        "at": size.point,
        "tipped": {str(residents): {"tipped": yes, "of": of} for residents, (yes, of) in size.shares.items()},
        "residents": {output: one.verdict for output, one in size.residents.items()},
        "partners": None if size.partners is None else size.partners.verdict,
    }


def _basins(study: Study) -> dict[str, Any] | None:
    if not study.starts:
        return None
    return {
        "outputs": {
            output: {
                "n_basins": one.basins.n_basins,
                "dip": _number(one.basins.dip),
                "p_value": _number(one.basins.p_value),
                "boundary": _number(one.basins.boundary),
                "weights": [float(weight) for weight in one.basins.weights],
                "two_starts": one.starts.verdict,
                "difference": _number(one.starts.difference),
                "low": _number(one.starts.low),
                "high": _number(one.starts.high),
            }
            for output, one in study.starts.items()
        },
        "committor": None
        if study.committor is None
        else {
            "verdict": study.committor.verdict,
            "coordinate": study.question.outputs[0],
            "critical": _number(study.committor.critical),
            "low": _number(study.committor.low),
            "high": _number(study.committor.high),
            "runs": study.committor.runs,
        },
    }


def _warning(one: EarlyWarning) -> dict[str, Any]:
    return {
        "alarm": bool(one.alarm),
        "variance_tau": _number(one.variance_tau),
        "variance_p": _number(one.variance_p),
        "autocorrelation_tau": _number(one.autocorrelation_tau),
        "autocorrelation_p": _number(one.autocorrelation_p),
    }


def _knock_out(one: KnockOut, own: Threshold | None) -> dict[str, Any]:
    moved = None
    if one.threshold is not None and own is not None:
        moved = _number(one.threshold.value - own.value)
    return {
        "mechanism": one.mechanism,
        "strength": one.strength,
        "threshold": None if one.threshold is None else _threshold(one.threshold),
        "moves_by": moved,
        "effect_on_programme": {output: paired(effect) for output, effect in one.effects.items()},
    }


def _number(value: Any) -> float | None:
    """A finite number, or null."""
    return float(value) if value is not None and math.isfinite(value) else None

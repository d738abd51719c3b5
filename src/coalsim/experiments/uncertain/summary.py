"""Studies of uncertain factors as JSON: what the commands print with --json and `summary.json` holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from coalsim.analysis import Box, Discovery, Failure, Sensitivity
from coalsim.analysis.sensitivity.factors import Factor
from coalsim.analysis.sensitivity.finding import Output
from coalsim.experiments.titles import path_title
from coalsim.experiments.uncertain.question import Question

if TYPE_CHECKING:
    from coalsim.experiments.uncertain.discovery import DiscoveryStudy
    from coalsim.experiments.uncertain.sensitivity import SensitivityStudy


def sensitivity_summary(study: SensitivityStudy) -> dict[str, Any]:
    """Indices of every output, luck's share, what failed; what there is nothing to say of is null."""
    found, plan = study.found, study.plan
    return {
        **_asked(study.question, quick=plan.is_quick),
        "method": plan.method,
        "samples": found.samples,
        "replicates": found.replicates,
        "level": found.level,
        "groups": {group: list(members) for group, members in plan.groups.items()},
        "correlations": [[*pair, rho] for pair, rho in plan.correlations.items()],
        "complete": found.is_complete,
        "outputs": {one.name: _indices(one, found) for one in found.outputs},
        "second_order": {one.name: _pairs(one) for one in found.outputs if one.pairs is not None},
        "screening": None
        if found.screening is None
        else {one.name: _indices(one, found.screening) for one in found.screening.outputs},
        "noise_share": {one.name: number(one.noise[0]) for one in found.outputs},
        "noise_share_interval": {one.name: [number(one.noise[1]), number(one.noise[2])] for one in found.outputs},
        "foretold_by_emulator": {one.name: one.fit for one in found.outputs if one.fit is not None},
        "constant": {one.name: one.constant for one in found.outputs if one.constant is not None},
        "undefined": {one.name: one.undefined for one in found.outputs if one.undefined},
        "mean": {one.name: number(one.mean) for one in found.outputs},
        "sd": {one.name: number(one.sd) for one in found.outputs},
        "threshold": dict(study.beyond) or None,
        "sentence": found.sentence,
        **_runs(study.question, found.all_runs, found.all_failures),
        "fingerprint": study.fingerprint,
    }


def discovery_summary(study: DiscoveryStudy) -> dict[str, Any]:
    """Boxes of every case, with the tree's rules beside them."""
    return {
        **_asked(study.question, quick=study.is_quick),
        "samples": len(study.explored.inputs),
        "replicates": study.question.replicates,
        "cases": {name: _case(one) for name, one in study.cases.items()},
        "noise_share": {name: number(one[0]) for name, one in study.explored.noise.items()},
        "threshold": dict(study.beyond) or None,
        **_runs(study.question, study.explored.runs, study.explored.failures),
        "fingerprint": study.fingerprint,
    }


def number(value: float) -> float | None:
    """JSON has no nan."""
    return float(value) if math.isfinite(value) else None


def _asked(q: Question, *, quick: bool) -> dict[str, Any]:
    return {
        "name": q.name,
        "question": q.scenario.question,
        "quick": quick,
        "places": [place.name for place in q.scenario.places],
        "place": None if q.place is None else q.scenario.places[q.place].name,
        "world": q.scenario.world.name,
        "policy": q.policy,
        "against": q.against,
        "months": q.scenario.months,
        "sample": q.scenario.sample,
        "seed": q.seed,
        "tips_when": str(q.criterion),
        "factors": {one.name: {"title": path_title(one.name), **_spread(one)} for one in q.every.each},
    }


def _spread(one: Factor) -> dict[str, Any]:
    if one.values is not None:
        return {"values": list(one.values)}
    if one.ends is not None:
        return {"low": one.ends[0], "high": one.ends[1], "shape": "uniform"}
    low, high = one.distribution.support()
    return {"low": float(low), "high": float(high), "shape": one.distribution.dist.name}


def _indices(one: Output, found: Sensitivity) -> dict[str, dict[str, float | None]]:
    """Of every factor; of one that screening left out there are none."""
    if one.table is None:
        return {group: {found.headline: None} for group in found.groups}
    return {
        str(group): {str(column): number(value) for column, value in row.items()} for group, row in one.table.iterrows()
    }


def _pairs(one: Output) -> list[dict[str, Any]]:
    assert one.pairs is not None
    return [
        {"factor": pair[0], "with": pair[1], "S2": number(row["S2"]), "S2_conf": number(row["S2_conf"])}  # type: ignore[index]
        for pair, row in one.pairs.iterrows()
    ]


def _runs(q: Question, runs: int, failures: Sequence[Failure]) -> dict[str, Any]:
    told = [
        {"run": q.told((tuple(one.where[path] for path in q.factors), one.seed)), "error": one.error}
        for one in failures
    ]
    return {"runs": runs, "failed_runs": len(failures), "failures": told}


def _case(one: Discovery) -> dict[str, Any]:
    return {
        "verdict": one.verdict,
        "cases": one.n,
        "of_interest": one.of_interest,
        "base_rate": number(one.base_rate),
        "boxes": [_box(box) for box in one.boxes],
        "tree": [_box(box) for box in one.rules],
        "sentence": one.sentence,
    }


def _box(box: Box) -> dict[str, Any]:
    return {
        "limits": {
            one.factor: {
                "low": one.low,
                "high": one.high,
                "values": None if one.values is None else list(one.values),
                "quasi_p": number(one.p_value),
                "stability": number(one.stability),
            }
            for one in box.limits
        },
        "coverage": box.coverage,
        "density": box.density,
        "mass": box.mass,
        "fresh_coverage": number(box.fresh_coverage),
        "fresh_density": number(box.fresh_density),
        "p_value": number(box.p_value),
        "sentence": box.sentence,
    }

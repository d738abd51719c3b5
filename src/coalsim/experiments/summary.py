"""A comparison as JSON: what `coalsim compare --json` prints and `summary.json` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coalsim.analysis import Paired
from coalsim.experiments import places
from coalsim.experiments.outputs import GAIN
from coalsim.indicators import indicators

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison


def summary(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison; `options` is that of the first case."""
    cases = [
        {
            "world": case.world,
            "factors": dict(case.factors),
            "options": options(case),
            "who_gains": who_gains(case),
            "nation": places.summary(case),
        }
        for case in comparison.cases()
    ]
    return {
        "scenario": comparison.scenario.name,
        "counterfactual": comparison.counterfactual,
        "replicates": comparison.replicates,
        "quick": comparison.is_quick,
        "months": comparison.scenario.months,
        "interval": comparison.interval,
        "options": cases[0]["options"],
        "cases": cases,
        "nation": cases[0]["nation"],
        "robustness": robustness(comparison),
        "scaled": dict(comparison.scaled),
        "precision": precision(comparison),
        "runs": comparison.ensemble.counts._asdict(),
        "failed_runs": [{"run_id": k, "error": error} for k, error in comparison.failures.items()],
        "identical_replicates": comparison.ensemble.identical(),
        "results": comparison.ensemble.name,
        "fingerprint": comparison.fingerprint,
        "conclusion": comparison.conclusion(),
    }


def options(case: Comparison) -> dict[str, Any]:
    """Every option of a case: effects on the outputs, tipping, money."""
    robust = case.robustness
    told: dict[str, Any] = {}
    for k, option in enumerate(case.options):
        share, low, high = map(number, case.p_tipped(option))
        told[option] = {
            output.text: {"mean": number(case.mean(option, output)), **effect(case.effect(option, output))}
            for output in case.outputs
        } | {
            "p_tipped": share,
            "p_tipped_low": low,
            "p_tipped_high": high,
            "pooled_share": number(case.pooled_share(option)),
            "cost": number(case.cost(option)),
            **appraised(case, option),
            "regret": None if robust is None else number(robust.largest[k]),
        }
    return told


def appraised(case: Comparison, option: str) -> dict[str, Any]:
    """Net present social value, GBP, ratio and what else the appraisal says; null for the counterfactual and without accounts."""
    if option == case.counterfactual or not case.can_appraise:
        return {"npv": None, "bcr": None, "appraisal": None}
    told = case.worth(option).summary()
    return {"npv": told["npsv"]["value"], "bcr": told["bcr"]["value"], "appraisal": told}


def who_gains(case: Comparison) -> dict[str, Any]:
    """Effects on the employment rate by locality, grouping, group and option; `Comparison.distribution` has more outcomes."""
    told: dict[str, Any] = {"outcome": GAIN, "unit": indicators[GAIN].unit}
    table = case.distribution()
    for row in table[table["indicator"] == GAIN].to_dict("records"):
        group = told.setdefault(row["locality"], {}).setdefault(row["grouping"], {}).setdefault(row["group"], {})
        group[row["option"]] = {name: number(row[name]) for name in ("mean", "effect", "low", "high", "p_better")}
    return told


def effect(paired: Paired) -> dict[str, Any]:
    """One effect."""
    names = ("effect", "low", "high", "p_better", "p_pair_better", "sd", "detectable")
    return {name: number(getattr(paired, name)) for name in names} | {"pairs": paired.n}


def robustness(comparison: Comparison) -> dict[str, Any] | None:
    """Regret of every option over all worlds and factors."""
    robust, output = comparison.robustness, comparison.deciding
    if robust is None or output is None:
        return None
    cases = [case.case for case in comparison.cases()]
    return {
        "output": output.text,
        "unit": output.unit,
        "options": {
            option: {
                "regret": dict(zip(cases, map(float, robust.regret[:, k]))),
                **{name: float(getattr(robust, name)[k]) for name in ("largest", "low", "high", "mean", "p_least")},
            }
            for k, option in enumerate(comparison.options)
        },
    }


def precision(comparison: Comparison) -> dict[str, Any] | None:
    """The precision asked for, whether it was reached, and how many replicates it takes."""
    if not comparison.precision:
        return None
    return {
        "wanted": dict(comparison.precision),
        "reached": comparison.is_precise(),
        "replicates_needed": comparison.runs_for(),
    }


def number(value: float) -> float | None:
    """The number for JSON, which knows no nan."""
    return float(value) if np.isfinite(value) else None

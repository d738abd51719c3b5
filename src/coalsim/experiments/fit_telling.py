"""A calibration in words, plain tables and JSON: what was fitted, what the targets pin down and what not, how stable it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coalsim.analysis.calibration import IDENTIFIED, MET
from coalsim.analysis.findings import Calibration, Fit
from coalsim.experiments.telling import amount, shown, signed
from coalsim.text import plain_table

if TYPE_CHECKING:
    from coalsim.experiments.calibrate import Quantity, Question
    from coalsim.figures import Picture

TOGETHER = 0.9  # correlation from which two parameters are said to be known only together
FEW = 100  # effective draws below which the posterior is rough


def tell(found: Calibration, question: Question, name: str) -> str:
    """The whole calibration."""
    places = ", ".join(place.name for place in question.scenario.places)
    first, last = int(found.seeds[0]), int(found.seeds[-1])
    lines = [
        f"{name} ({places}; world: {question.scenario.world.name}; {question.scenario.options[question.policy].name}; "
        f"{question.scenario.months} months; seeds {first} to {last}; {found.runs} runs at {len(found.points)} points)",
        "",
        "FITTED VALUES: the posterior's mean, its 5% and 95%, and its standard deviation against that of the range",
        parameters_table(found),
        "",
        f"TARGETS: means of {found.seeds.size} replicates at the fitted values, and of as many on new seeds",
        targets_table(found, question),
        "",
        *conclusion(found, question),
    ]
    return "\n".join(lines)


def parameters_table(found: Calibration) -> str:
    """A row for each parameter."""
    rows = []
    for one in found.parameters:
        rows.append(
            [
                one.name,
                f"{one.value:.6g}",
                f"{one.low:.4g} to {one.high:.4g}",
                f"{one.prior_low:.4g} to {one.prior_high:.4g}",
                f"{one.contraction:.2f}",
                "yes" if one.is_identified else "NO",
            ]
        )
    return plain_table(["parameter", "value", "5% to 95%", "looked for from", "sd ratio", "pinned down"], rows)


def targets_table(found: Calibration, question: Question) -> str:
    """A row for each target."""
    rows = []
    for fit, quantity in zip(found.targets, question.quantities, strict=True):
        scale, digits, unit = shown(quantity.output)
        digits = max(digits, _digits(scale * fit.tolerance))
        rows.append(
            [
                fit.name,
                unit,
                amount(fit.observed, scale, digits),
                amount(fit.simulated, scale, digits),
                f"{amount(fit.low, scale, digits)} to {amount(fit.high, scale, digits)}",
                amount(fit.tolerance, scale, digits),
                f"{fit.implausibility:.1f}",
                "yes" if fit.is_met else "NO",
                amount(fit.on_new_seeds, scale, digits),
            ]
        )
    header = ["target", "unit", "wanted", "simulated", "95% interval", "tolerance", "distance", "met", "new seeds"]
    return plain_table(header, rows)


def conclusion(found: Calibration, question: Question) -> list[str]:
    """What that means, in plain words."""
    says = [*met(found, question), *pinned_down(found), *noise(found), *stability(found, question)]
    if found.effective_size < FEW:
        says.append(
            f"The posterior rests on {found.effective_size:.0f} effective draws only: its intervals are rough. Narrow the ranges."
        )
    says.append(
        "A value is fitted to these targets, in this world and with all other parameters as they are; it is no measurement."
    )
    return says


def met(found: Calibration, question: Question) -> list[str]:
    """Whether the targets are met, and what is off where not."""
    missed = [(fit, one) for fit, one in zip(found.targets, question.quantities) if not fit.is_met]
    if not missed:
        return [f"Every target is met, within {MET:.0f} standard deviations of tolerance and Monte Carlo error."]
    told = "; ".join(f"{fit.name} by {difference(fit, one)}" for fit, one in missed)
    return [
        f"{len(missed)} of {len(found.targets)} targets {'is' if len(missed) == 1 else 'are'} missed: {told}. No point in the "
        "ranges meets them all within their tolerances: widen the ranges, free other parameters, or say that the model may be "
        "further off."
    ]


def pinned_down(found: Calibration) -> list[str]:
    """Which parameters the targets pin down, and which they leave open."""
    known = [one.name for one in found.parameters if one.is_identified]
    left = [one.name for one in found.parameters if not one.is_identified]
    rule = f"posterior standard deviation below {IDENTIFIED:g} of the range's"
    if not left:
        says = [f"The targets pin down {_list(known)} ({rule})."]
    elif known:
        says = [f"The targets pin down {_list(known)} ({rule}), and not {_list(left)}."]
    else:
        says = [f"The targets pin down none of the parameters on its own ({rule}): {_list(left)}."]
    says += [
        f"{str(ridge)[0].upper()}{str(ridge)[1:]}." if ridge.names[0][0].isupper() else f"{ridge}."
        for ridge in found.ridges
    ]
    in_ridge = {name for ridge in found.ridges for name in ridge.names}
    for k, one in enumerate(found.names):
        for j in range(k):
            if abs(found.correlations[k, j]) > TOGETHER and not {one, found.names[j]} <= in_ridge:
                says.append(
                    f"{found.names[j]} and {one} are known only together: correlation {found.correlations[k, j]:+.2f}."
                )
    alone = [name for name in left if name not in in_ridge]
    if alone:
        more = "them" if len(alone) > 1 else "it"
        says.append(
            f"Of {_list(alone)} the targets say little: the fitted value is the mean of what is left. Give a target that "
            f"depends on {more}, a smaller tolerance, or leave {more} out."
        )
    return says


def noise(found: Calibration) -> list[str]:
    """Targets of which luck, and not the tolerance, sets the limit."""
    replicates = found.seeds.size
    loud = [(one.name, one.sd / one.tolerance) for one in found.targets if one.sd > one.tolerance * np.sqrt(replicates)]
    if not loud:
        return []
    wanted = int(np.ceil(max(ratio for _, ratio in loud) ** 2))
    return [
        f"The Monte Carlo error exceeds the tolerance of {_list([name for name, _ in loud])}: "
        f"{wanted} replicates or a larger sample would tell more."
    ]


def stability(found: Calibration, question: Question) -> list[str]:
    """How far the fit hangs on the seeds."""
    moves = found.stability.moves
    name = max(moves, key=lambda one: moves[one])
    first, second = found.stability.halves[name]
    told = (
        f"With either half of the seeds alone {name} would be {first:.4g} or {second:.4g}, {moves[name]:.1f} posterior standard "
        "deviations off at most"
    )
    worst = max(
        zip(found.targets, question.quantities),
        key=lambda pair: abs(pair[0].on_new_seeds - pair[0].simulated) / (pair[0].tolerance or 1),
    )
    scale, digits, unit = shown(worst[1].output)
    moved = signed(
        scale * (worst[0].on_new_seeds - worst[0].simulated), max(digits, _digits(scale * worst[0].tolerance))
    )
    told += f"; on new seeds {worst[0].name} moves by {moved} {'points' if unit == '%' else unit}"
    verdict = (
        "The fit is stable across seeds."
        if found.stability.is_stable
        else "The fit is NOT stable across seeds: more replicates."
    )
    return [f"{verdict} {told}."]


def difference(fit: Fit, quantity: Quantity) -> str:
    """How far a target is missed."""
    scale, digits, unit = shown(quantity.output)
    digits = max(digits, _digits(scale * fit.tolerance))
    return f"{signed(scale * (fit.simulated - fit.observed), digits)} {'points' if unit == '%' else unit}"


def summary(found: Calibration, question: Question, name: str, written: str | None) -> dict[str, Any]:
    """Everything as JSON."""
    return {
        "calibration": name,
        "scenario": question.scenario.name,
        "places": [place.name for place in question.scenario.places],
        "world": question.scenario.world.name,
        "policy": question.policy,
        "months": question.scenario.months,
        "replicates": question.replicates,
        "seeds": [int(seed) for seed in found.seeds],
        "new_seeds": [int(seed) for seed in found.new_seeds],
        "parameters": {
            one.name: {
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "prior_low": one.prior_low,
                "prior_high": one.prior_high,
                "mean": one.mean,
                "sd": one.sd,
                "best_simulated": one.best,
                "contraction": one.contraction,
                "identified": one.is_identified,
            }
            for one in found.parameters
        },
        "targets": [
            {
                "target": fit.name,
                "output": quantity.output.text,
                "unit": quantity.output.unit,
                "observed": fit.observed,
                "simulated": fit.simulated,
                "low": fit.low,
                "high": fit.high,
                "sd": fit.sd,
                "tolerance": fit.tolerance,
                "implausibility": fit.implausibility,
                "met": fit.is_met,
                "on_new_seeds": fit.on_new_seeds,
                "source": quantity.source,
            }
            for fit, quantity in zip(found.targets, question.quantities, strict=True)
        ],
        "ridges": [
            {"combination": one.combination, "coefficients": dict(one.coefficients), "value": one.value, "sd": one.sd}
            for one in found.ridges
        ],
        "correlations": {
            one: dict(zip(found.names, map(float, row))) for one, row in zip(found.names, found.correlations)
        },
        "stability": {
            "stable": found.stability.is_stable,
            "halves": {name: list(halves) for name, halves in found.stability.halves.items()},
            "moves": {name: float(move) for name, move in found.stability.moves.items()},
            "target_moves": {name: float(move) for name, move in found.stability.target_moves.items()},
        },
        "met": found.is_met,
        "effective_size": found.effective_size,
        "waves": [{"points": wave.points, "not_ruled_out": wave.not_ruled_out} for wave in found.waves],
        "points": len(found.points),
        "runs": found.runs,
        "written": written,
    }


def draw(found: Calibration, question: Question, name: str, note: str) -> Picture:
    """The figure: parameters with their ranges, targets in tolerances."""
    return found.plot(name, note)


def _digits(size: float) -> int:
    """Decimals that show a number of this size with two digits."""
    return int(np.clip(1 - np.floor(np.log10(size)), 0, 8)) if size > 0 else 0


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

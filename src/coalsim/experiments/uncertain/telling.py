"""Studies of uncertain factors in words and plain tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from coalsim.analysis import Failure, Sensitivity
from coalsim.analysis.sensitivity.finding import WEAK_FIT, Output
from coalsim.analysis.sensitivity.main_effects import tails
from coalsim.experiments import outputs, telling
from coalsim.experiments.files.uncertain import THRESHOLD
from coalsim.experiments.titles import in_words, path_title, short_title
from coalsim.experiments.uncertain.question import Question
from coalsim.text import output_label, plain_table

if TYPE_CHECKING:
    from coalsim.experiments.uncertain.discovery import DiscoveryStudy
    from coalsim.experiments.uncertain.sensitivity import SensitivityStudy

MOST_ROWS, MOST_PAIRS = 20, 10

MEANS = {
    "S1": "S1: share of the variance that would go if the factor were known. ST: share that would stay if all others were known; "
    "ST above S1 is interaction.",
    "mu_star": "mu*: mean change of the output, whatever its sign, when the factor moves over its whole range; sigma: how much "
    "that depends on the other factors.",
    "delta": "delta: how far the output's whole distribution moves when the factor is known, 0 to 1.",
    "median": "median, maximum: how far the output's distribution moves when the factor is known, 0 to 1, over ten slices; "
    "dummy: the same of a factor that does nothing.",
    "distance": "distance: how differently the factor is distributed where the output is high and where it is low, 0 to 1.",
}


def tell_sensitivity(study: SensitivityStudy) -> str:
    """The whole study."""
    found, plan = study.found, study.plan
    sections = [opening(study.question, found.all_runs, plan.is_quick)]
    sections[0] += _method(study)
    sections += [_output(one, found, study) for one in found.outputs]
    sections.append(_closing(found))
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def tell_discovery(study: DiscoveryStudy) -> str:
    """The whole study."""
    q = study.question
    sections = [opening(q, study.explored.runs, study.is_quick)]
    sections[0].append(f"{len(q.factors)} factors, {len(study.explored.inputs):,} points evenly over their ranges.")
    for name, found in study.cases.items():
        share, low, high = study.explored.noise[study.plan.cases[name].output]
        lines = [f"WHERE {name.upper()}", f"({study.condition(name)}) {in_words(found.sentence, q.factors)}"]
        if np.isfinite(share):
            mean = f"; cases are means of {q.replicates} runs" if q.replicates > 1 else ""
            lines.append(f"Luck makes {share:.0%} ({low:.0%} to {high:.0%}) of the variance of a run{mean}.")
        for k, box in enumerate(found.boxes, 1):
            rows = [
                [
                    path_title(one.factor),
                    "" if one.low is None else f"{one.low:.3g}",
                    "" if one.high is None else f"{one.high:.3g}",
                    " or ".join(map(str, one.values or ())),
                    f"{one.p_value:.1g}",
                    f"{one.stability:.0%}",
                ]
                for one in box.limits
            ]
            lines += ["", plain_table([f"box {k}", "at least", "at most", "is", "quasi-p", "in halves"], rows)]
        if found.rules:
            lines += ["", "A classification tree says:"]
            lines += [f"  {in_words(box.sentence, q.factors)}" for box in found.rules]
        sections.append(lines)
    sections.append(_failed(study.explored.failures, study.explored.runs))
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def index_rows(study: SensitivityStudy) -> tuple[list[str], list[list[Any]]]:
    """Heading and a row for each output and each of the factors that lead it."""
    found, rows = study.found, []
    for one in found.varying:
        in_units = found.headline == "mu_star"
        scale, _, unit = unit_of(one.name, study.question, difference=True) if in_units else (1.0, 0, "1")
        for name, row in one.ranked(found.headline).head(MOST_PAIRS).iterrows():
            ends = (scale * row[found.headline], scale * row[f"{found.headline}_conf"])
            rows.append([title_of(one.name, study.question), path_title(str(name)), *ends, unit])
    return ["output", "factor", _column(found.headline), f"± ({found.level:.0%} interval)", "unit"], rows


def box_rows(study: DiscoveryStudy) -> tuple[list[str], list[list[Any]]]:
    """Heading and a row for each limit of each box."""
    rows: list[list[Any]] = []
    for name, found in study.cases.items():
        for k, box in enumerate(found.boxes, 1):
            for one in box.limits:
                values = " or ".join(map(str, one.values or ()))
                rows.append(
                    [name, str(k), path_title(one.factor), one.low, one.high, values, box.coverage, box.density]
                )
    return ["where", "box", "factor", "at least", "at most", "is", "coverage, 0 to 1", "density, 0 to 1"], rows


def opening(q: Question, runs: int, quick: bool) -> list[str]:
    """What was asked, of which places, for how long."""
    places = ", ".join(place.name for k, place in enumerate(q.scenario.places) if q.place in (None, k))
    option = q.scenario.options[q.policy].name
    against = f" against {q.scenario.options[q.against].name}" if q.against is not None else ""
    lines = [f"{q.name} ({places}; world: {q.scenario.world.name}; {option}{against})"]
    lines += [q.scenario.question] if q.scenario.question else []
    lines.append(
        f"{q.scenario.sample:g} of residents aged 16-64 simulated, {q.scenario.months} months from {q.scenario.start}, "
        f"seeds from {q.seed}, {runs:,} runs."
    )
    if any(one.name in outputs.TIPPING for one in q.outputs) or q.threshold is not None:
        lines.append(f"Tipped: {q.criterion}.")
    if quick:
        lines.append("QUICK: a few runs that show that it works, not what is true.")
    return lines


def unit_of(name: str, q: Question, *, difference: bool = False) -> tuple[float, int, str]:
    """Factor, decimals and unit in which an output, or a difference of it, is shown."""
    if name == THRESHOLD:
        return 1, 3, "of the lever"
    output = outputs.Output.parse(name)
    scale, digits, unit = telling.shown(output)
    is_difference = difference or q.against is not None or output.when == "change"
    return scale, digits, "points" if is_difference and unit == "%" else unit


def title_of(name: str, q: Question) -> str:
    """An output as words."""
    if name == THRESHOLD and q.threshold is not None:
        return f"threshold of {short_title(q.threshold.lever)}"
    against = f", difference from {q.scenario.options[q.against].name}" if q.against is not None else ""
    return f"{output_label(name)}{against}"


def _method(study: SensitivityStudy) -> list[str]:
    found = study.found
    if found.screening is None:
        return [f"{len(found.groups)} factors, method {found.method}, {found.samples:,} samples."]
    left = [group for group in found.screening.groups if group not in found.groups]
    lines = [
        f"{len(found.screening.groups)} factors, screened by {found.screening.samples} Morris trajectories "
        f"({found.screening.runs:,} runs): {len(found.groups)} have, for some output, at least a tenth of the largest mean "
        f"effect, within its interval, and went on to {found.method} with {found.samples:,} base points."
    ]
    if left:
        lines.append(f"Left in the middle of their ranges: {', '.join(map(path_title, left))}.")
    return lines


def _output(one: Output, found: Sensitivity, study: SensitivityStudy) -> list[str]:
    q = study.question
    scale, digits, unit = unit_of(one.name, q)
    lines = [title_of(one.name, q).upper()]
    if one.table is None:
        if one.constant is not None:
            shown = f"{scale * one.constant:,.{digits}f} {unit}"
            return [*lines, f"It is {shown} in every run: there is nothing to attribute."]
        return [*lines, "It does not vary beyond luck, or too few runs ended well: there is nothing to attribute."]
    lines.append(
        f"Over all points {scale * one.mean:,.{digits}f} ± {scale * one.sd:,.{digits}f} {unit} (mean, sd of runs)."
    )
    share, low, high = one.noise
    if np.isfinite(share):
        lines.append(f"Luck makes {share:.0%} ({low:.0%} to {high:.0%}) of the variance of a run{_kept_apart(found)}.")
    if one.name == THRESHOLD:
        beyond = study.beyond
        lines.append(
            f"Of the runs {beyond['within']:,} tip within the range looked at; {beyond['above']:,} do not tip even at its upper "
            f"end and {beyond['below']:,} tip at its lower end, and count as that end."
        )
    if one.undefined:
        lines.append(
            f"Undefined in {one.undefined:,} runs, which are left out: what follows holds where it is defined."
        )
    if one.fit is not None:
        lines.append(
            f"The emulator foretells {max(one.fit, 0.0):.0%} of the variance at points it was not fitted to"
            + ("." if one.fit >= WEAK_FIT * (1 - found.luck_left(one)) else ": too little to trust what follows.")
        )
    ranked = one.ranked(found.headline)
    if found.sure(one).empty:
        lines.append("No factor stands out beyond its interval: these runs do not tell what it depends on.")
    ends = tails(found, one)
    header = ["factor", *(_column(name) for name in ranked if not str(name).endswith("_conf"))]
    can_point = not ends.empty and all(name in ends.index for name in ranked.index)
    header += [f"at its lowest, {unit}", "at its highest"] if can_point else []
    in_units = found.headline == "mu_star"
    rows = []
    for group, row in ranked.head(MOST_ROWS).iterrows():
        cells = [path_title(str(group))]
        for name in ranked:
            if not str(name).endswith("_conf"):
                cells.append(_figure(row, str(name), scale if in_units else 1.0, digits if in_units else 3))
        if can_point:
            tail = ends.loc[str(group)]
            cells += [
                f"{scale * tail[end]:,.{digits}f} ± {scale * tail[f'{end}_conf']:,.{digits}f}"
                for end in ("low", "high")
            ]
        rows.append(cells)
    lines += ["", plain_table(header, rows)]
    if len(ranked) > MOST_ROWS:
        lines.append(f"... and {len(ranked) - MOST_ROWS} factors that matter less.")
    if one.pairs is not None:
        lines += _pairs(one)
    return lines


def _pairs(one: Output) -> list[str]:
    assert one.pairs is not None
    ranked = one.pairs.sort_values("S2", ascending=False).head(MOST_PAIRS)
    sure = ranked[ranked["S2"] > ranked["S2_conf"]]
    if sure.empty:
        return ["", "No pair of factors has a share of its own beyond its interval."]
    rows = [
        [path_title(pair[0]), path_title(pair[1]), _figure(row, "S2", 1.0, 3)]  # type: ignore[index]
        for pair, row in sure.iterrows()
    ]
    return ["", plain_table(["together", "with", "S2"], rows)]


def _figure(row: Any, name: str, scale: float, digits: int) -> str:
    value = row[name]
    if not np.isfinite(value):
        return ""
    half = row.get(f"{name}_conf", float("nan"))
    if name == "p_value":
        return f"{value:.1g}"
    told = f"{scale * value:,.{digits}f}"
    return f"{told} ± {scale * half:,.{digits}f}" if np.isfinite(half) else told


def _column(name: Any) -> str:
    return {"mu_star": "mu*", "p_value": "p"}.get(str(name), str(name))


def _kept_apart(found: Sensitivity) -> str:
    if found.headline not in ("ST", "S1"):  # no shares of a variance
        return ""
    if found.replicates == 1:
        return "; shares below are of a run's variance, luck included"
    return f"; shares below are of what the mean over luck varies ({found.replicates} runs a point)"


def _closing(found: Sensitivity) -> list[str]:
    lines = [MEANS.get("S1" if found.headline in ("ST", "S1") else found.headline, "")]
    lines.append(f"± is half a {found.level:.0%} interval.")
    if found.apart.size:
        lines[-1] += " 'At its lowest' is the mean over the lowest fifth of the factor's distribution."
    return lines + _failed(found.all_failures, found.all_runs)


def _failed(failures: Sequence[Failure], runs: int) -> list[str]:
    if not failures:
        return []
    return [f"{len(failures):,} of {runs:,} runs failed and are left out; the first: {failures[0].error}"]

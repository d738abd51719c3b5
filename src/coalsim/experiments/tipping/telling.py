"""A study of a tipping point in words and plain tables: the verdict first, then what it rests on."""

from __future__ import annotations

import numpy as np

from coalsim.analysis import Paired, Threshold
from coalsim.experiments.outputs import Output
from coalsim.experiments.telling import QUICK, shown, signed
from coalsim.experiments.tipping.evidence import KnockOut, Study
from coalsim.experiments.tipping.study import AFTER
from coalsim.experiments.tipping.trace import Trace
from coalsim.experiments.titles import path_title
from coalsim.text import label, plain_table

VERDICTS = {
    "threshold": "There is a tipping point",
    "smooth": "The chance of tipping passes one half, but there is no tipping point",
    "never": "It never tips",
    "always": "It always tips",
    "not_monotone": "More is not always better",
    "undetermined": "These runs do not tell",
}


def tell(study: Study, trace: Trace | None, *, quick: bool = False) -> str:
    """The whole study."""
    sections = [
        opening(study, quick=quick),
        verdict(study),
        definitions(study),
        size(study),
        jumps(study),
        basins(study),
        warning(study),
        why(study),
        withdrawn(study),
        [] if trace is None else ["ONE RUN, MONTH BY MONTH", f"{trace.title}, seed {trace.seed}", *trace.lines],
        closing(study),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def opening(study: Study, *, quick: bool = False) -> list[str]:
    """What was asked, of which place, with which people, for how long."""
    q = study.question
    place = q.scenario.places[q.place]
    option = q.scenario.options[q.policy].name
    levers = "; ".join(f"{path_title(path)} from {lever.low:g} to {lever.high:g}" for path, lever in q.levers.items())
    lines = [f"{q.name} ({place.name}; world: {q.scenario.world.name}; {option}; {levers or 'no lever'})"]
    lines += [q.scenario.question] if q.scenario.question else []
    lines.append(
        f"{place.adults * q.scenario.sample:,.0f} residents aged 16-64 simulated ({q.scenario.sample:g} of them all), "
        f"{q.scenario.months} months from {q.scenario.start}, seeds from {q.seed}, {study.runs} runs, {len(study.failed)} failed."
    )
    lines.append(f"Tipped: {q.success}.")
    if quick:
        lines.append(QUICK)
    return lines


def verdict(study: Study) -> list[str]:
    """The finding in one line, and why."""
    said = VERDICTS[study.verdict]
    lines = [f"{said}." if study.verdict != "threshold" else f"{said}: {_where(study)}."]
    if any(one.met_at_start for one in study.definitions[:1]):
        lines.append("It meets this definition at the start, so that by it nothing can tip; see the rival definitions.")
    for found in (study.threshold, study.boundary):
        if found is not None:
            lines.append(found.sentence)
    if study.cheapest is not None:
        point = ", ".join(f"{path_title(name)} {value:.4g}" for name, value in study.cheapest.point.items())
        lines.append(
            f"Cheapest point that tips with a chance of {study.question.chance:.0%}: {point}, at GBP "
            f"{study.cheapest.cost / 1e6:,.1f} million of programme money over the run; chance {study.cheapest.probability:.0%} "
            f"({study.cheapest.low:.0%} to {study.cheapest.high:.0%})."
        )
    elif study.boundary is not None:
        lines.append(f"No point of this space tips with a chance of {study.question.chance:.0%}.")
    if any(
        found is not None and found.verdict in ("threshold", "boundary") for found in (study.threshold, study.boundary)
    ):
        lines += [f"{test} {answer.capitalize()}." for test, answer in study.tests.items()]
    return lines


def definitions(study: Study) -> list[str]:
    """The threshold under every definition of success side by side."""
    if not study.definitions:
        return []
    limits = [f"{one.criterion.title}: {one.criterion}." for one in study.definitions[1:]]
    return ["DOES IT HANG ON THE DEFINITION OF SUCCESS?", plain_table(*definitions_rows(study)), *limits]


def definitions_rows(study: Study) -> tuple[list[str], list[list[str]]]:
    """Heading and a row for each definition."""
    rows = [
        [
            one.criterion.title,
            "met at the start" if one.met_at_start else one.threshold.verdict.replace("_", " "),
            *interval(one.threshold),
            f"{int(np.sum(one.threshold.outcomes))} of {one.threshold.runs}",
            f"{one.by_itself} of {one.of}",
        ]
        for one in study.definitions
    ]
    return ["definition", "verdict", "threshold", "interval", "10 to 90%", "tipped", "tip without programme"], rows


def size(study: Study) -> list[str]:
    """What becomes of the turn with more residents and more partners."""
    found = study.size
    if found is None:
        return []
    where = ", ".join(f"{path_title(path)} {value:.4g}" for path, value in found.point.items())
    shares = "; ".join(f"{yes} of {of} with {residents:,} residents" for residents, (yes, of) in found.shares.items())
    lines = ["DOES IT SHARPEN WITH SIZE? A true transition keeps two states apart; a mere crossover blurs into one"]
    lines.append(f"At {where}: tipped {shares}.")
    lines += [f"{label(output).capitalize()}: {one.sentence}" for output, one in found.residents.items()]
    if found.partners is not None:
        alone = "The partnership on its own, neither choice favoured, with 8 to 128 partners"
        lines.append(f"{alone}: {found.partners.sentence}")
    return lines


def jumps(study: Study) -> list[str]:
    """Where it jumps on the way up and on the way down."""
    if not study.hysteresis:
        return []
    rest = [f"{label(output).capitalize()}: {one.sentence}" for output, one in study.hysteresis.items()]
    return ["DOES IT JUMP, AND NOT BACK? The lever raised slowly, then lowered slowly", *rest]


def basins(study: Study) -> list[str]:
    """Whether the place remembers where it started."""
    if not study.starts:
        return []
    lines = ["ARE THERE TWO STATES THAT LAST? From the place as it is, and from the place after the strongest push"]
    for output, one in study.starts.items():
        lines.append(f"{label(output).capitalize()}: {one.starts.sentence} {one.basins.sentence}")
    if study.committor is not None:
        lines.append(f"Restarts of saved states, by {label(study.question.outputs[0])}: {study.committor.sentence}")
    return lines


def warning(study: Study) -> list[str]:
    """Signs before the turn."""
    if study.size is None:
        return []
    lines = ["WAS THERE A WARNING? Months before the turn"]
    if not study.warning:
        return [*lines, f"Only {study.turned} runs turned at this point: too few to look for signs before it."]
    return lines + [f"{label(output).capitalize()}: {one.sentence}" for output, one in study.warning.items()]


def why(study: Study) -> list[str]:
    """Mechanisms by how much hangs on them."""
    if not study.knock_outs:
        return []
    return ["WHY? Each mechanism off and at half strength, on the same luck", plain_table(*why_rows(study))]


def why_rows(study: Study) -> tuple[list[str], list[list[str]]]:
    """Heading and a row for each knock-out, those on which most hangs first."""
    output = Output.parse(study.question.outputs[0])
    scale, digits, unit = shown(output)
    own = study.threshold if study.threshold is not None and study.threshold.verdict == "threshold" else None
    rows = [
        [
            label(one.mechanism),
            f"{one.strength:g}",
            *([] if own is None else [_moved(one, own)]),
            *effect(one.effects[output.name], scale, digits),
        ]
        for one in ranked(study)
    ]
    changes = f"programme's effect on {label(output.name)} changes by ({'points' if unit == '%' else unit})"
    return ["mechanism", "strength", *([] if own is None else ["threshold"]), changes, "interval"], rows


def ranked(study: Study) -> list[KnockOut]:
    """Knock-outs, those on which most hangs first: how far the threshold moves, else how much the programme's effect changes."""
    own, output = study.threshold, study.question.outputs[0]

    def weight(one: KnockOut) -> float:
        if one.threshold is not None and own is not None:
            gone = {"never": float("inf"), "always": float("inf")}.get(one.threshold.verdict, -1.0)
            return abs(one.threshold.value - own.value) if one.threshold.verdict == "threshold" else gone
        found = one.effects[output]
        return abs(found.effect) if np.isfinite(found.effect) else 0.0

    by_mechanism: dict[str, list[KnockOut]] = {}
    for one in study.knock_outs:
        by_mechanism.setdefault(one.mechanism, []).append(one)
    order = sorted(by_mechanism.values(), key=lambda those: -max(map(weight, those)))
    return [one for those in order for one in those]


def withdrawn(study: Study) -> list[str]:
    """What stays when the programme ends."""
    if not study.withdrawals:
        return []
    return ["WHAT STAYS WHEN THE PROGRAMME ENDS?", plain_table(*withdrawn_rows(study))]


def withdrawn_rows(study: Study) -> tuple[list[str], list[list[str]]]:
    """Heading, and for each output a row for each withdrawal."""
    rows = []
    for output in study.question.outputs:
        scale, digits, unit = shown(Output.parse(output))
        rows.append([f"{label(output)} ({'points' if unit == '%' else unit})", *[""] * 4])
        for one in study.withdrawals:
            when = "never withdrawn" if one.month is None else f"withdrawn after {one.month / 12:g} years"
            found = one.effects.get(output, {})
            cells = [
                " ".join(effect(found[moment], scale, digits)) if moment in found else ""
                for moment in ("withdrawn", "later", "end")
            ]
            rows.append([f"  {when}", *cells, f"{one.tipped} of {one.of}"])
    header = [
        "difference from business as usual",
        "when withdrawn",
        f"{AFTER // 12} years later",
        "at the end",
        "tipped",
    ]
    return header, rows


def closing(study: Study) -> list[str]:
    """How far to trust it."""
    q = study.question
    place = q.scenario.places[q.place]
    lines = [
        f"These findings hold for {place.name} with {place.adults * q.scenario.sample:,.0f} simulated residents, "
        f"{q.scenario.months} months, a window of {q.success.months_running} months and the starting state of "
        f"{q.scenario.start}; intervals show luck within the model only."
    ]
    lines += [f"Failed: {q.told(one.task)}: {one.error}" for one in study.failed[:5]]
    return lines


def effect(found: Paired, scale: float, digits: int) -> list[str]:
    """A difference and its interval."""
    if not np.isfinite(found.effect):
        return ["-", "-"]
    return [
        signed(scale * found.effect, digits + 1),
        f"({signed(scale * found.low, digits + 1)} to {signed(scale * found.high, digits + 1)})",
    ]


def _where(study: Study) -> str:
    if study.threshold is not None:
        (path,) = study.question.levers
        return f"{path_title(path)} {' '.join(interval(study.threshold)[:2])}"
    return "a boundary in the space of the levers"


def interval(one: Threshold) -> list[str]:
    """Threshold, its interval, and the width over which the chance rises; blanks where there is none."""
    if one.verdict != "threshold":
        return ["", "", ""]
    return [f"{one.value:.3g}", f"({one.low:.3g} to {one.high:.3g})", f"{one.width_10_90:.2g}"]


def _moved(one: KnockOut, own: Threshold) -> str:
    if one.threshold is None:
        return ""
    if one.threshold.verdict != "threshold":
        return one.threshold.verdict
    return f"{one.threshold.value:.3g} ({one.threshold.value - own.value:+.2g})"

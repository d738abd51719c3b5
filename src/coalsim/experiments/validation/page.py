"""A validation as a page in Markdown with its figures, as plain text, and as figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import coalsim
from coalsim import figures
from coalsim.atomic import write_text
from coalsim.experiments.files.validate import ValidateFile
from coalsim.experiments.parts import write_figure
from coalsim.experiments.validation.validate import Found, Validation
from coalsim.text import plain_table

if TYPE_CHECKING:
    from coalsim.figures import Picture

FORECASTS = {"model": "model", "persistence": "stays as it was", "ar1": "towards the nation, AR(1)"}
USES = {
    "held out": "nothing was set by it, though it had been seen in some cases",
    "fitted": "parameters or the form of a rule were fitted to it, or chosen while it was looked at",
    "start": "it describes the starting state, which is built from related figures",
    "input": "a parameter says it, so that the run shows only whether the model keeps it",
}
PERCENT = 100
MARK = "<!-- Written by `coalsim validate-model"


def rows(found: Validation) -> tuple[list[str], list[list[str]]]:
    """Heading and a row for each pattern."""
    cells = [
        [
            "pass" if one.passed else "FAIL",
            one.title,
            one.unit,
            number(one.evidence.observed),
            number(one.simulated),
            f"{number(one.low)} to {number(one.high)}",
            number(one.evidence.tolerance),
            one.evidence.use,
        ]
        for one in found.found
    ]
    return ["", "pattern", "unit", "observed", "simulated", "95% interval", "tolerance", "use"], cells


def tell(found: Validation) -> str:
    """What the command prints."""
    lines = [headline(found), "", plain_table(*rows(found)), "", verdict(found)]
    if found.is_quick:
        lines.append("A quick validation shows that it works; too few districts and replicates to judge the model by.")
    lines += ["", "HINDCAST", plain_table(*score_rows(found)), *hindcast_words(found)]
    return "\n".join(lines)


def headline(found: Validation) -> str:
    """What was run."""
    effort = found.effort
    return (
        f"{found.name}: {found.districts} districts in {effort.nation} replicates, the four places in {effort.places}, "
        f"seeds from {found.seed}, model version {coalsim.MODEL_VERSION}"
    )


def verdict(found: Validation) -> str:
    """How many patterns pass, and how many of those by which nothing was set."""
    held_out = [one for one in found.found if one.evidence.use == "held out"]
    kept = sum(one.passed for one in held_out)
    return (
        f"{found.passed} of {len(found.found)} patterns are within tolerance; of the {len(held_out)} by which nothing "
        f"was set, {kept}."
    )


def number(value: float) -> str:
    """Three figures that matter, plainly written."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def score_rows(found: Validation) -> tuple[list[str], list[list[str]]]:
    """Error measures of each forecast, points of residents."""
    rows = [
        [
            score.indicator.replace("_", " "),
            FORECASTS[score.forecast],
            *(
                f"{PERCENT * value:.2f}"
                for value in (score.mean_absolute_error, score.root_mean_square_error, score.bias)
            ),
        ]
        for score in found.hindcast.scores
    ]
    return ["indicator", "forecast", "mean absolute error, pp", "root mean square error, pp", "bias, pp"], rows


def hindcast_words(found: Validation) -> list[str]:
    """Who wins, and how much of what came the model's intervals held."""
    return [
        f"Of the {indicator.replace('_', ' ')} the best forecast is: {FORECASTS[best]}. The model's "
        f"{found.hindcast.nominal:.0%} intervals hold {found.hindcast.coverage[indicator]:.0%} of what came."
        for indicator, best in found.hindcast.winners.items()
    ]


def draw_patterns(found: Validation, note: str) -> Picture:
    """Every pattern in units of its tolerance."""
    tolerance = np.array([one.evidence.tolerance for one in found.found])
    observed = np.array([one.evidence.observed for one in found.found])
    mean, low, high = (
        (np.array([getattr(one, end) for one in found.found]) - observed) / tolerance
        for end in ("simulated", "low", "high")
    )
    labels = [one.title for one in found.found]
    return figures.patterns(mean, low, high, labels=labels, title="How near the model comes", note=note)


def draw(found: Validation, note: str) -> dict[str, Picture]:
    """The figures by name."""
    drawn = {"patterns": draw_patterns(found, note)}
    for indicator in dict.fromkeys(point.indicator for point in found.hindcast.points):
        panels = []
        for place in dict.fromkeys(point.place for point in found.hindcast.points):
            own = [p for p in found.hindcast.points if p.place == place and p.indicator == indicator]
            lines = {name: PERCENT * np.array([getattr(p, name) for p in own]) for name in ("observed", *FORECASTS)}
            interval = PERCENT * np.array([[p.low for p in own], [p.high for p in own]])
            heading = f"{place} (another area's change)" if own[0].is_proxy else place
            panels.append((heading, [p.year for p in own], lines, interval))
        title = f"Hindcast: {indicator.replace('_', ' ')}"
        drawn[f"hindcast_{indicator}"] = figures.hindcast(panels, unit="%", title=title, note=note)
    z = found.samples["deprivation"]
    drawn["neighbourhoods"] = figures.against(
        z[0], z[72], xlabel="deprivation at the start, national standard deviations", ylabel="six years later",
        lines={"no change": (1.0, 0.0)}, title="Neighbourhoods stay where they are, nearly (first replicate)", note=note,
    )  # fmt: skip
    before, after = (PERCENT * found.samples[f"claimants_{year}"] for year in (2007, 2009))
    slope, intercept = np.polyfit(before, after - before, 1)
    middle = float((after - before).mean() - 0.20 * before.mean())
    drawn["recession"] = figures.against(
        before, after - before, xlabel="claimant rate 2007, %", ylabel="rise to 2009, pp",
        lines={f"first replicate: slope {slope:.2f}": (slope, intercept), "observed slope 0.20": (0.20, middle)},
        title="The recession of 2008 in the districts", note=note,
    )  # fmt: skip
    return drawn


def page(found: Validation, experiment: ValidateFile, images: str) -> str:
    """The page; `images` is where its figures lie, with what their names begin with."""
    failing = [one for one in found.found if not one.passed]
    points = [
        f"| {p.place}{' (proxy)' if p.is_proxy else ''} | {p.indicator.replace('_', ' ')} | {p.year} | "
        f"{PERCENT * p.observed:.1f} | {PERCENT * p.model:.1f} | {PERCENT * p.low:.1f} to {PERCENT * p.high:.1f} | "
        f"{PERCENT * p.persistence:.1f} | {PERCENT * p.ar1:.1f} |"
        for p in found.hindcast.points
    ]
    header, rows = score_rows(found)
    lines = [
        MARK + " experiments/validation.yaml --page docs/validation.md`; do not edit. -->",
        "",
        "# Validation",
        "",
        "What is known about English places, held against what the model shows under business as usual, and in comparisons of",
        "policies where a pattern is about those. Tolerances were written down from the evidence and its own error, and no",
        "tolerance was moved by a result; but first runs of the model had been seen by then. A pattern that fails stays in the",
        "table. What the model is fit for despite its failures is said in [assumptions.md](assumptions.md).",
        "",
        f"{headline(found)}. {verdict(found)}",
        "",
        f"![Every pattern in units of its tolerance]({images}patterns.png)",
        "",
        "## Patterns",
        "",
        "*Simulated* is the mean over replicates, with the 95% interval of that mean (Student's t). A pattern passes when the",
        "mean lies within the tolerance of the observed figure. Unit 1 is a share or a pure number. *Use* says whether the model",
        "could have failed:",
        "",
        *(f"- **{use}**: {meaning}" for use, meaning in USES.items()),
        "",
        "| pattern | unit | observed | simulated | 95% interval | tolerance | use | result |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(pattern_row(one) for one in found.found),
        "",
        "## Failures",
        "",
        *(failure(one) for one in failing),
        "" if failing else "None.",
        "## Why these tolerances, and where the figures come from",
        "",
        "| pattern | tolerance because | source | status |",
        "| --- | --- | --- | --- |",
        *(
            f"| {one.title} | {cell(one.evidence.reason)} | {cell(one.evidence.source)} | "
            f"{one.evidence.status.replace('_', ' ')} |"
            for one in found.found
        ),
        "",
        "## Neighbourhoods and districts",
        "",
        f"![Deprivation of neighbourhoods at the start and six years later]({images}neighbourhoods.png)",
        "",
        f"![Rise of claimants from 2007 to 2009 by district]({images}recession.png)",
        "",
        "## Hindcast",
        "",
        f"From {experiment.hindcast.start} with the figures of 2004-06. {' '.join(experiment.hindcast.note.split())}",
        "",
        *(f"{place}: {' '.join(why.split())}" for place, why in experiment.hindcast.proxies.items()),
        "",
        f"![Claimant rates]({images}hindcast_claimant_rate.png)",
        "",
        f"![Employment rates]({images}hindcast_employment_rate.png)",
        "",
        "Percent of residents aged 16 to 64; the model's interval covers nine tenths, with the luck of the place and the error",
        "of the survey.",
        "",
        "| place | indicator | year | observed | model | 90% interval | stays as it was | towards the nation |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *points,
        "",
        f"| {' | '.join(header)} |",
        f"|{' --- |' * len(header)}",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *hindcast_words(found),
        "Proxies are left out of the measures.",
        "",
    ]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text within a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def pattern_row(one: Found) -> str:
    """One pattern as a row."""
    known = one.evidence
    return (
        f"| {one.title} | {one.unit} | {number(known.observed)} | {number(one.simulated)} | "
        f"{number(one.low)} to {number(one.high)} | {number(known.tolerance)} | {known.use} | "
        f"{'pass' if one.passed else '**fail**'} |"
    )


def failure(one: Found) -> str:
    """Why a pattern fails, as far as it is known."""
    why = cell(one.evidence.note) or "The cause has not been found yet."
    unit = "" if one.unit == "1" else f" ({one.unit})"
    return (
        f"- **{one.title}**: observed {number(one.evidence.observed)}, simulated {number(one.simulated)}{unit}. {why}"
    )


def check(path: Path) -> None:
    """Refuse to write a page over a file that this command has not written."""
    if path.exists() and not path.read_bytes().startswith(MARK.encode()):
        raise ValueError(f"{path} was not written by coalsim validate-model and is left as it is; name another file")


def write(found: Validation, experiment: ValidateFile, path: Path, note: str) -> list[Path]:
    """Write the page and its figures beside it, in `images`; returns what was written."""
    images = path.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    written = []
    for name, figure in draw(found, note).items():
        target = images / f"{path.stem}_{name}.png"
        write_figure(target, figure, dpi=110)
        written.append(target)
    write_text(path, page(found, experiment, f"images/{path.stem}_"))
    return [path, *written]

"""What several studies found as a page in Markdown for readers who make policy, with figures beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import coalsim
from coalsim.atomic import write_text
from coalsim.experiments.parts import write_figure
from coalsim.experiments.tipping.finding import TippingPoint
from coalsim.experiments.tipping.telling import VERDICTS, definitions_rows, interval, verdict, withdrawn_rows
from coalsim.experiments.tipping.telling import why_rows as mechanisms_rows

if TYPE_CHECKING:
    from coalsim.figures import Picture

MARK = "<!-- Written by `coalsim tipping"

MEANS = {
    "threshold": "below it the place mostly stays as it is, above it it mostly turns, and tests show two states",
    "smooth": "the chance of success passes one half somewhere, but nothing jumps: more brings more, and that is all",
    "never": "within the range looked at, success stays less likely than not, however far the lever is raised",
    "always": "success is more likely than not even where the lever is lowest",
    "not_monotone": "success is likely only in between: too much fails as too little does, or more makes it worse",
    "undetermined": "the runs are too few, or too many failed, to say",
}


def check(path: Path) -> None:
    """Refuse to write a page over a file that this command has not written."""
    if path.exists() and not path.read_bytes().startswith(MARK.encode()):
        raise ValueError(f"{path} was not written by coalsim tipping and is left as it is; name another file")


def write(found: Mapping[str, TippingPoint], path: Path) -> None:
    """Write the page and its figures beside it, in `images`."""
    images = path.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, list[tuple[str, str]]] = {}
    for stem, one in found.items():
        for name, figure in worth_showing(one).items():
            target = images / f"{path.stem}_{stem.removeprefix('tipping_')}_{name}.png"
            write_figure(target, figure, dpi=100)
            drawn.setdefault(stem, []).append((name.replace("_", " "), f"images/{target.name}"))
    write_text(path, page(found, drawn))


def worth_showing(one: TippingPoint) -> dict[str, Picture]:
    """Every figure of a study in which something turns; of the others what the programme hangs on."""
    drawn = one.figures()
    if one.verdict in ("threshold", "smooth"):
        return drawn
    return {name: figure for name, figure in drawn.items() if name == "knock_out"}


def page(found: Mapping[str, TippingPoint], drawn: Mapping[str, list[tuple[str, str]]]) -> str:
    """The page; `drawn` are each study's figures, their title and file."""
    verdicts = [one.verdict for one in found.values()]
    lines = [
        f"{MARK} experiments/tipping_*.yaml --page docs/findings.md`; do not edit. -->",
        "",
        "# When does a tipping point emerge?",
        "",
        "A growth coalition is said to carry a place past a tipping point, after which it keeps a mixed, sustainable economy",
        "on its own. This page says what the model finds when that is put to the test, and where it finds nothing. "
        + _tally(len(found), verdicts.count("threshold")),
        "",
        "| question | verdict | threshold | runs |",
        "| --- | --- | --- | --- |",
        *(_row(stem, one) for stem, one in found.items()),
        "",
        "What the verdicts mean:",
        "",
        *(f"- **{name.replace('_', ' ')}**: {what}." for name, what in MEANS.items() if name in verdicts),
        "",
        "Every verdict holds for the place, the world, the number of residents simulated, the months and the definition of",
        "success named with it, and for one model whose assumptions are listed in [assumptions.md](assumptions.md). Intervals",
        "show luck within the model, not doubt about it. [howto/tipping.md](howto/tipping.md) tells how each test works.",
    ]
    for stem, one in found.items():
        lines += ["", *_section(one, drawn.get(stem, []))]
    lines += ["", f"Model version {coalsim.MODEL_VERSION}.", ""]
    return "\n".join(lines)


def _tally(studies: int, turned: int) -> str:
    told = {1: "one", 2: "two", 3: "three"}
    none = f"Of {studies} studies, {told.get(turned, str(turned)) if turned else 'none'} "
    return none + ("finds" if turned == 1 or not turned else "find") + " a tipping point."


def _row(stem: str, one: TippingPoint) -> str:
    threshold = "" if one.threshold is None else " ".join(interval(one.threshold)[:2])
    name = one.study.question.name
    anchor = "".join(letter for letter in name.lower() if letter.isalnum() or letter in " -").replace(" ", "-")
    return f"| [{name}](#{anchor}) | {one.verdict.replace('_', ' ')} | {threshold} | {one.study.runs:,} |"


def _section(one: TippingPoint, drawn: list[tuple[str, str]]) -> list[str]:
    study = one.study
    q = study.question
    residents = q.scenario.places[q.place].adults * q.scenario.sample
    lines = [
        f"## {q.name}",
        "",
        f"{q.scenario.question} World: {q.scenario.world.name}; {residents:,.0f} residents simulated, {q.scenario.months} months "
        f"from {q.scenario.start}. Tipped: {q.success}.",
        "",
        f"**{VERDICTS[study.verdict]}.** " + " ".join(verdict(study)[1:]),
    ]
    if study.definitions:
        lines += ["", *_table(*definitions_rows(study))]
    for output, found in study.hysteresis.items():
        lines += ["", f"Raised and lowered slowly, {output.replace('_', ' ')}: {found.sentence}"]
    for output, start in study.starts.items():
        lines += ["", f"From two starts, {output.replace('_', ' ')}: {start.starts.sentence} {start.basins.sentence}"]
    if study.committor is not None:
        lines += ["", f"Restarts of saved states: {study.committor.sentence}"]
    if study.size is not None:
        yes, of = list(study.size.shares.values())[-1]
        lines += [
            "",
            f"With {max(study.size.shares):,} residents {yes} of {of} runs tip at the point tested."
            + (f" The partnership on its own: {study.size.partners.sentence}" if study.size.partners else ""),
        ]
    if study.knock_outs:
        lines += ["", *_table(*mechanisms_rows(study))]
    if study.withdrawals:
        lines += ["", *_table(*withdrawn_rows(study))]
    for title, file in drawn:
        lines += ["", f"![{q.name}: {title}]({file})"]
    return lines


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table; rows of which only the first cell is filled stand out as headings."""
    told = [[f"**{row[0]}**", *row[1:]] if not any(row[1:]) else row for row in rows]
    cells = [[cell.strip().replace("|", "\\|") for cell in row] for row in [header, *told]]
    return [
        f"| {' | '.join(cells[0])} |",
        f"|{' --- |' * len(header)}",
        *(f"| {' | '.join(row)} |" for row in cells[1:]),
    ]

"""Who pays and who gains: bodies by year, and pooling as each partner sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coalsim.experiments import gains
from coalsim.experiments.outputs import Output
from coalsim.experiments.telling import difference, heading, title
from coalsim.reporting import words
from coalsim.reporting.drawing import inline
from coalsim.reporting.section import Light, Picture, Section, Table
from coalsim.scenario.calendar import Month

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison

SECTORS = {
    "public": "Public bodies: money at their disposal",
    "residents": "Residents, by fifth of neighbourhoods",
    "businesses": "Businesses: output less pay, an outcome and in no sum",
}


def section(comparison: Comparison) -> Section:
    """The matrix of bodies by year, and pooling as each partner sees it."""
    worths = {option: comparison.worth(option) for option in comparison.options[1:]}
    start = Month.parse(comparison.scenario.start)
    parts: list[Table | Picture] = []
    picture = gains.who_pays(comparison, comparison.options[1:])
    alt = "Present value of what each public body and each part of the place gains or pays, by option, with 95% intervals; the "
    parts.append(inline(picture, "bodies", f"{alt}numbers stand in the tables below.", "Who pays and who gains"))
    bullets = []
    for option, worth in worths.items():
        parts += [partners(comparison, option), matrix(comparison, option, start)]
        losers = [words.body(one) for one in worth.losers]
        bullets.append(
            f"{title(comparison, option)}: "
            + (f"{words.joined(losers)} {'pays' if len(losers) == 1 else 'pay'} into the pot and "
               f"{'does' if len(losers) == 1 else 'do'} not gain." if losers
               else "no partner that pays in can be said to lose.")
        )  # fmt: skip
    says = [
        "What a body has at its disposal is what it spends itself and what the pot spends on the condition that it serves; for "
        "central government it is what it pays less. All public bodies together gain what demand-led spending is avoided, less "
        "what running the partnership takes. Residents' gains are theirs, after taxes and lost payments; they and businesses' "
        "surplus are not added to public money."
    ]
    return Section("bodies", "Who pays and who gains", says, bullets, parts=parts)


def partners(comparison: Comparison, option: str) -> Table:
    """Pooling as each partner sees it."""
    frame = comparison.worth(option).partners
    rows: list[list[str | Light]] = []
    for row in frame.to_dict("records"):
        condition = Output.parse(row["condition"])
        effect, interval, _ = difference(comparison.effect(option, condition), condition)
        rows.append(
            [words.body(row["body"]), Light(row["case"], words.gained(row["net"])), words.span(row["net_low"], row["net_high"]),
             words.money(row["pays_in"]), words.money(row["from_pot"]), words.money(row["avoided"]),
             words.money(row["from_government"]), f"{heading(condition)}: {effect}{f' ({interval})' if interval else ''}"]
        )  # fmt: skip
    return Table(
        f"partners_{option}",
        f"{title(comparison, option)}: the case for pooling as each partner sees it, present values",
        ["Partner", "Net", "95% interval", "Pays in", "Pot spends on its field", "Demand-led spending avoided",
         "More from government", "Its field, last year"],
        rows,
        frame,
        "Net is what comes back from the pot, what is avoided and what government gives, less what is paid in. Bodies that serve "
        "one field share what the pot spends on it as they paid in.",
    )  # fmt: skip


def matrix(comparison: Comparison, option: str, start: Month) -> Table:
    """Bodies by year."""
    frame = comparison.worth(option).who_pays
    years = [name for name in frame.columns if name.startswith("year ")]
    header = ["Body (£m)", *(str((start + 12 * k).year) for k in range(len(years))), "Present value", "95% interval"]
    rows: list[list[str]] = []
    for sector, heading_ in SECTORS.items():
        rows.append([heading_])
        for row in frame[frame["sector"] == sector].to_dict("records"):
            by_year = [words.number(row[year] / 1e6, 2) for year in years]
            rows.append(
                [
                    words.body(row["body"]),
                    *by_year,
                    words.money(row["present_value"]),
                    words.span(row["low"], row["high"]),
                ]
            )
    return Table(
        f"who_pays_{option}", f"{title(comparison, option)}: who pays and who gains, by year (not discounted) and in all",
        header, rows, frame, f"Years of twelve months that begin in {start}.", is_long=True,
    )  # fmt: skip

"""Write the tables of docs/ from the declarations: `uv run python docs/make_parameters.py`.

`tests/test_docs.py` compares what is committed with what this makes.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from coalsim.agents import coalition, locality
from coalsim.agents.business import SECTOR
from coalsim.agents.partner import BLOCK_DOMAINS, BLOCK_OF, DOMAIN_OF
from coalsim.indicators import indicators
from coalsim.indicators.distribution import GROUPINGS, OUTCOMES, Distribution
from coalsim.names import DOMAINS
from coalsim.phases import enterprise
from coalsim.policies import Instrument, instruments, reward_grant
from coalsim.policies.where import Where
from coalsim.scenario.parameter import declared
from coalsim.scenario.schema import Success
from coalsim.scenario.world import World
from coalsim.start import geography, market, profiles, rates, settling

HERE = Path(__file__).parent
NOTE = "<!-- Made by docs/make_parameters.py from the code; change the declarations and run it again. -->"
COMMON = tuple(Instrument.model_fields)

# Numbers that stand in the code and cannot be set in a scenario: module, name, meaning.
FIXED: tuple[tuple[Any, str, str], ...] = (
    (coalition, "EVIDENCE_FROM_ENGAGEMENT", "evidence that everybody's engagement would add (assumption)"),
    (coalition, "EVIDENCE_FROM_REVIEWS", "evidence that outcome-focused reviews add (assumption)"),
    (
        reward_grant,
        "EXPECTED_AT_FIRST",
        "share of the largest reward that partners expect in an agreement's first year",
    ),
    (enterprise, "REMEMBERED", "months over which businesses remember how short labour was (assumption)"),
    (
        enterprise,
        "ALWAYS_OPEN",
        "posts, as a share of those open at the start, that count as open in any case (assumption)",
    ),
    (enterprise, "NATION", "residents of England aged 16 to 64 (ONS 2006, rounded)"),
    (market, "REACH", "share of a higher-qualified resident's local finds that are higher-skilled posts (assumption)"),
    (market, "OLDEST", "months, oldest business at the start"),
    (settling, "MOST_LOCAL", "largest share of employed residents of a tier who may work in the locality"),
    (rates, "LEAST_SEPARATION", "least other separation, 1/month"),
    (rates, "BAND_MONTHS", "months in each band of time out of work but the last"),
    (rates, "LONGEST", "months out of work that are told apart at the start"),
    (locality, "SEVERE", "national z-score of the worst tenth of neighbourhoods"),
    (
        locality,
        "COMPONENTS",
        "weight in the score, national standard deviation (weights IMD 2004, deviations from memory)",
    ),
    (geography, "CUTS", "national z-scores of the worst 5, 10, 20, 30 and 50% of neighbourhoods"),
    (geography, "WORST", "z-score of the worst neighbourhood of a place that has any in the worst twentieth"),
    (geography, "BEST", "least z-score of a neighbourhood"),
    (geography, "SCORE_AT_MEAN", "log odds of the IMD score, over 100, at z = 0 (computed, IMD 2004)"),
    (geography, "SCORE_SLOPE", "log odds of the IMD score per z (computed, IMD 2004)"),
    (profiles, "SLOPE", "log odds of a rate on the deprivation score (derived)"),
    (profiles, "LOADING", "correlation of a rate's own score with deprivation (derived, partly from memory)"),
    (profiles, "CONDITION_MEAN", "mean of every condition at the start (assumption)"),
    (profiles, "CONDITION_SD", "standard deviation of every condition at the start (assumption)"),
    (profiles, "CONDITION_LOADING", "correlation of conditions with deprivation, in the order of the domains"),
    (profiles, "CONDITION_LOW", "least condition at the start"),
    (profiles, "CONDITION_HIGH", "greatest condition at the start"),
    (profiles, "MIDDLE_LEVELS", "levels 1, 2 and 3 among those between none and level 4 (assumption)"),
    (profiles, "ILL_BY_LEVEL", "relative frequency of limiting illness by level (from memory)"),
    (profiles, "INACTIVE_BY_LEVEL", "relative frequency of inactivity by level (from memory)"),
    (profiles, "UNEMPLOYED_BY_LEVEL", "relative frequency of unemployment by level (from memory)"),
    (profiles, "MOST", "largest share of a cell that may be ill, inactive or unemployed"),
)


def pages() -> dict[str, str]:
    """Every page that is made, by file name."""
    return {"parameters.md": parameters(), "indicators.md": measured(), "instruments.md": offered()}


def parameters() -> str:
    """Parameters of the world and of success, and the numbers that are fixed in the code."""
    lines = [
        NOTE,
        "# Parameters",
        "Every parameter of a world (`world.…`) and of what counts as success (`success.…`), by the dotted path that `--set`",
        "and `overrides:` take. *Range* is the range of uncertainty that a sensitivity analysis would draw from, not the hard",
        "bounds. *Status*: verified = seen in the named source; derived = arithmetic on such figures; recall_unverified = from",
        "memory, to be checked; assumption = no direct evidence was found. What each parameter does is in [odd.md](odd.md).",
    ]
    for model, prefix in ((World, "world"), (Success, "success")):
        lines += [f"\n## `{prefix}`\n"]
        rows = [
            (code(f"{prefix}.{p.path}"), shown(p.default), span(p.low, p.high), p.unit, p.status, p.source, p.doc)
            for p in declared(model)
        ]
        lines += table(("path", "value", "range", "unit", "status", "source", "meaning"), rows)
    lines += ["\n## Whole numbers without a declared range\n"]
    lines += table(("path", "value", "meaning"), [*plain(World, "world"), *plain(Success, "success")])
    lines += [
        "\n## Public bodies\n",
        "Which condition a body's own money serves, and its block in a four-block agreement.\n",
    ]
    bodies = [
        (code(body), DOMAINS[domain], BLOCK_OF[body], ", ".join(DOMAINS[d] for d in BLOCK_DOMAINS[BLOCK_OF[body]]))
        for body, domain in DOMAIN_OF.items()
    ]
    lines += table(("body", "own condition", "block", "conditions its block may serve"), bodies)
    lines += ["\n## Sectors\n", "Fixed in the code (`coalsim.agents.business.SECTOR`), from memory.\n"]
    sectors = [
        (name, "yes" if s.is_tradable else "no", s.higher_share, s.productivity, s.cyclicality, s.market, shown(s.pull))
        for name, s in SECTOR.items()
    ]
    header = ("sector", "tradable", "posts at level 3+", "relative GVA a job", "cyclicality", "response to profit")
    lines += table((*header, f"pull of {', '.join(DOMAINS)}"), sectors)
    lines += ["\n## Stretch targets\n", "Relative to the baseline (`coalsim.agents.coalition.STRETCH`; assumption).\n"]
    stretch = [(code(name), f"{size:+g}", ", ".join(points)) for name, (size, points) in coalition.STRETCH.items()]
    lines += table(("measure", "stretch", "conditions a shortfall points to"), stretch)
    lines += ["\n## Other fixed numbers\n"]
    fixed = [(code(f"{module.__name__}.{name}"), shown(getattr(module, name)), what) for module, name, what in FIXED]
    lines += table(("constant", "value", "meaning"), fixed)
    return "\n".join(lines) + "\n"


def measured() -> str:
    """Indicators by subject."""
    lines = [
        NOTE,
        "# Indicators",
        "Written down for every locality at the start (row 0) and at the end of every month (row 1 is the end of the first",
        "month). Unit 1 is a share or a pure number; *better* is the direction a comparison calls better, where there is one.",
        "Counts of people, jobs and businesses are scaled up from the sample.",
    ]
    for subject in dict.fromkeys(i.subject for i in indicators.values()):
        rows = [(code(i.name), i.unit, i.better, i.doc) for i in indicators.values() if i.subject == subject]
        lines += [f"\n## {subject.capitalize()}\n", *table(("indicator", "unit", "better", "meaning"), rows)]
    lines += [
        "\n## By group\n",
        f"`{Distribution.__name__}` ({code(Distribution.__module__)}) takes {', '.join(map(code, OUTCOMES))}",
        "for each group of each of these groupings, as means over the months that it records.\n",
        *table(("grouping", "groups are"), [(code(grouping.name), grouping.doc) for grouping in GROUPINGS]),
    ]
    return "\n".join(lines) + "\n"


def offered() -> str:
    """Instruments with their settings."""
    lines = [
        NOTE,
        "# Instruments",
        "A policy file names instruments and their settings. In each month in which it is in force an instrument acts at the",
        "beginning of its phase. *Time-limited* instruments bring money that counts as temporary support.",
        "`Policy.scaled(factor)` multiplies the setting that *scales*, its money, and with it what the money buys, up to that",
        "setting's own bound.",
        "\n## What every instrument takes\n",
        *table(
            ("setting", "default", "bounds", "meaning"), [setting(n, f) for n, f in Instrument.model_fields.items()]
        ),
    ]
    lines += [
        "\n## Where a policy is adopted\n",
        "A policy may say `where`, by one of the first four; the other places stay with the counterfactual, the scenario's first",
        "option. Without it all places adopt the policy.\n",
        *table(("setting", "default", "bounds", "meaning"), [setting(n, f) for n, f in Where.model_fields.items()]),
    ]
    for name, kind in instruments.items():
        meaning = " ".join((kind.__doc__ or "").split())
        limited = "time-limited" if kind.is_time_limited else "brings no money of its own"
        scales = ", with it ".join(code(setting) for setting in kind.scales)
        limited += f"; scales {scales}" if scales else ""
        lines += [f"\n## `{name}`\n", meaning, f"\nPhase: {kind.phase}; {limited}.\n"]
        own = [setting(n, f) for n, f in kind.model_fields.items() if n not in COMMON]
        lines += table(("setting", "default", "bounds", "meaning"), own)
    return "\n".join(lines) + "\n"


def plain(model: type[BaseModel], path: str) -> Iterable[tuple[str, str, str]]:
    """Fields with a default that carry no unit: whole numbers of months."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from plain(inner, f"{path}.{name}")
        elif inner is int:
            yield code(f"{path}.{name}"), shown(field.default), field.description or ""


def setting(name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    """One setting of an instrument as a row."""
    ends = {type(rule).__name__: next(iter(vars_of(rule).values())) for rule in field.metadata if vars_of(rule)}
    low, high = ends.get("Ge", ends.get("Gt")), ends.get("Le", ends.get("Lt"))
    choices = getattr(field.annotation, "__args__", ())
    bounds = ", ".join(map(str, choices)) if choices and isinstance(choices[0], str) else span(low, high)
    return code(name), shown(field.default), bounds, field.description or ""


def vars_of(rule: Any) -> dict[str, Any]:
    """The ends that a rule such as `Ge(0)` sets."""
    return {end: getattr(rule, end) for end in ("ge", "gt", "le", "lt") if hasattr(rule, end)}


def code(text: str) -> str:
    """Text as code."""
    return f"`{text}`"


def span(low: float | None, high: float | None) -> str:
    """A range in words; empty where there is none."""
    return "" if low is None and high is None else f"{shown(low)} to {shown(high)}"


def shown(value: Any) -> str:
    """A value as a reader writes it, six digits at most."""
    if value is None or isinstance(value, str):
        return value or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {shown(one)}" for key, one in value.items())
    return ", ".join(shown(float(one)) for one in value)


def table(header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """A table in Markdown; nothing but a word where there are no rows."""
    found = [tuple(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    if not found:
        return ["No settings of its own."]
    return [f"| {' | '.join(row)} |" for row in (header, tuple("---" for _ in header), *found)]


def main() -> None:
    """Write every page beside this file."""
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()

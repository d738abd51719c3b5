"""What the options change: traffic lights, paired effects, courses over time, drivers, groups and worlds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from coalsim.experiments import pictures, places
from coalsim.experiments.outputs import Output
from coalsim.experiments.telling import amount, difference, heading, points, shown, title, verdict
from coalsim.indicators import indicators
from coalsim.reporting import words
from coalsim.reporting.drawing import inline
from coalsim.reporting.section import Light, Picture, Section, Table

if TYPE_CHECKING:
    import pandas as pd

    from coalsim.experiments.comparison import Comparison

# How a policy is thought to work, from money to lives, in the order in which it would happen.
CHAIN = (
    "pooled_share", "breadth", "trust", "evidence", "businesses_engaged", "residents_engaged", "condition_skills",
    "condition_environment", "condition_health", "condition_cohesion", "condition_infrastructure", "place_quality",
    "level_3_or_above", "limiting_illness", "businesses", "jobs", "employment_rate", "claimant_rate",
)  # fmt: skip


def lights(comparison: Comparison) -> Section:
    """Options by outputs, better or worse, and by social value."""
    import pandas as pd

    rows: list[list[str | Light]] = []
    appraised = comparison.can_appraise
    for option in comparison.options[1:]:
        row: list[str | Light] = [title(comparison, option)]
        row += [Light(*verdict(comparison.effect(option, output), output)) for output in comparison.outputs]
        if appraised:
            case = comparison.worth(option).economic
            row.append(Light(worth_verdict(case.npsv_estimate), words.gained(case.npsv)))
        rows.append(row)
    data = [
        (option, what, light.verdict, light.figure)
        for option, row in zip(comparison.options[1:], rows)
        for what, light in zip([*(output.text for output in comparison.outputs), "net_present_social_value"], row[1:])
        if isinstance(light, Light)
    ]
    header = [
        "Option",
        *(heading(output).capitalize() for output in comparison.outputs),
        *(["Social value"] if appraised else []),
    ]
    table = Table(
        "traffic_lights",
        f"Against {title(comparison, comparison.counterfactual).lower()}, last year of the run",
        header,
        rows,
        pd.DataFrame(data, columns=["option", "output", "verdict", "difference"]),
        "▲ better and ▼ worse: the 95% interval leaves out nought. △ likely better and ▽ likely worse: a chance of at least 90%. "
        "– no clear difference. Colours repeat the symbols and words.",  # noqa: RUF001
    )
    return Section("lights", "At a glance", parts=[table])


def worth_verdict(estimate: tuple[float, float, float]) -> str:
    """A traffic light's word for a net present social value."""
    value, low, high = estimate
    if value == low == high == 0:
        return "no difference"
    return "better" if low > 0 else "worse" if high < 0 else "no clear difference"


def effects(comparison: Comparison) -> Section:
    """Paired effects with intervals, pair by pair and over time."""
    rows, n = [], comparison.replicates
    for output in comparison.outputs:
        scale, digits, _ = shown(output)
        for option in comparison.options[1:]:
            effect, interval, chance = difference(comparison.effect(option, output), output)
            rows.append(
                [
                    f"{heading(output).capitalize()}: {title(comparison, option)}",
                    amount(comparison.mean(comparison.counterfactual, output), scale, digits),
                    amount(comparison.mean(option, output), scale, digits), effect, interval, points(output), chance,
                ]
            )  # fmt: skip
    table = Table(
        "effects",
        "Paired effects: option less counterfactual, in the last year of the run unless the output says otherwise",
        ["Output and option", "Without", "With", "Difference", "95% interval", "Unit", "Chance of being better"],
        rows,
        comparison.table(),
    )
    against = title(comparison, comparison.counterfactual).lower()
    shows = f"{len(comparison.options) - 1} options against {against}, {words.joined([heading(o) for o in comparison.outputs])}"
    drawn: list[Table | Picture] = [
        table,
        inline(pictures.pairs(comparison), "pairs", f"Difference of each of {n} pairs of runs with mean and 95% interval: "
               f"{shows}. The numbers stand in the table above.", "Every pair of runs"),
        inline(pictures.differences(comparison), "differences", f"Differences over time: {shows}; line mean, band 5th to 95th "
               "percentile of pairs. Quantiles by month are in the table courses.", "Differences over time"),
        inline(pictures.fan(comparison), "fan", f"Fan charts of levels over time: {shows}; median, central half and central nine "
               "tenths of runs.", "Levels over time"),
    ]  # fmt: skip
    if places.is_nation(comparison) and (out := comparison.deciding) is not None and out.is_course and not out.when:
        drawn.append(
            inline(pictures.place_map(comparison), "map", f"A tile for each place, coloured by the effect on {heading(out)}.",
                   "Where")
        )  # fmt: skip
    drawn += [every_pair(comparison), courses(comparison)]
    return Section("effects", "What changes", parts=drawn)


def every_pair(comparison: Comparison) -> Table:
    """The difference of every pair of runs."""
    import pandas as pd

    rows, frames = [], []
    seeds = comparison.ensemble.design.seed + np.arange(comparison.replicates)
    for output in comparison.outputs:
        for option in comparison.options[1:]:
            base, own = (comparison.values(one, output) for one in (comparison.counterfactual, option))
            both = np.isfinite(base) & np.isfinite(own) & comparison.compared
            frame = pd.DataFrame({"option": option, "output": output.text, "unit": output.unit, "seed": seeds[both]})
            frames.append(frame.assign(without=base[both], **{"with": own[both]}, difference=(own - base)[both]))
            better = comparison.effect(option, output).p_pair_better
            what = f"{heading(output).capitalize()}: {title(comparison, option)}"
            rows.append([what, str(both.sum()), words.percent(better) if output.better else ""])
    return Table(
        "pairs", "Pairs of runs: in how many the option is better (each pair in the data)",
        ["Output and option", "Pairs", "Better in"], rows, pd.concat(frames, ignore_index=True), is_long=True,
    )  # fmt: skip


def courses(comparison: Comparison) -> Table:
    """Quantiles of every output over time."""
    import pandas as pd

    shares = (0.05, 0.25, 0.5, 0.75, 0.95)
    frames, rows = [], []
    for name in pictures.course_names(comparison):
        unit = indicators[name].unit
        for option in comparison.options:
            values = pictures.whole(comparison.courses(option, name))
            quantiles = np.quantile(values, shares, axis=0)
            frame = pd.DataFrame({"option": option, "indicator": name, "unit": unit, "month": range(values.shape[1])})
            frames.append(
                frame.assign(mean=values.mean(axis=0), **{f"q{int(100 * s):02d}": q for s, q in zip(shares, quantiles)})
            )
            scale, digits, told = shown(Output.parse(name))
            for month in range(0, values.shape[1], 60):
                rows.append(
                    [f"{heading(Output.parse(name)).capitalize()}: {title(comparison, option)}, month {month}",
                     *(amount(q, scale, digits) for q in quantiles[:, month]), told]
                )  # fmt: skip
    return Table(
        "courses", "Courses: quantiles over runs, every fifth year (every month in the data)",
        ["Output, option and month", "5%", "25%", "median", "75%", "95%", "Unit"], rows, pd.concat(frames, ignore_index=True),
        is_long=True,
    )  # fmt: skip


def drivers(comparison: Comparison) -> Section:
    """What moves on the way from money to lives, while the programme lasts."""
    import pandas as pd

    header = ["Indicator", "Without", *(title(comparison, one) for one in comparison.options[1:]), "Unit"]
    rows: list[list[str | Light]] = []
    data = []
    ends = max(map(comparison.programme_ends, comparison.options)) or comparison.scenario.months
    for name in CHAIN:
        output = Output.parse(name)
        scale, digits, unit = shown(output)
        row: list[str | Light] = [heading(output).capitalize()]
        row.append(amount(comparison.mean(comparison.counterfactual, output, ends), scale, digits))
        for option in comparison.options[1:]:
            base, own = (comparison.values(one, output, ends) for one in (comparison.counterfactual, option))
            e = places.effect(base[comparison.compared], own[comparison.compared], output.better)
            effect, interval, _ = difference(e, output)
            row.append(f"{effect} ({interval})" if interval else effect)
            data.append((option, name, indicators[name].unit, ends, e.effect, e.low, e.high, e.p_better, e.n))
        rows.append([*row, unit])
    names = ["option", "indicator", "unit", "year_to_month", "effect", "low", "high", "p_better", "pairs"]
    table = Table(
        "drivers",
        f"From money to lives: paired effects in the year to month {ends}, when the last programme ends, 95% intervals",
        header,
        rows,
        pd.DataFrame(data, columns=names),
        "Differences of shares are percentage points. What moves together need not be cause and effect: a mechanism is shown by "
        "switching it off (coalsim tipping --knock-out), and which uncertain number matters by coalsim sensitivity.",
    )
    return Section("drivers", "What drives it", ["Which links of the chain move, and which do not."], parts=[table])


def groups(comparison: Comparison) -> Section | None:
    """Effects by group of residents and neighbourhoods."""
    frame = comparison.distribution()
    if frame.empty:
        return None
    outcome = "employment_rate"
    rows = gains(frame, comparison, outcome)
    table = Table(
        "distribution",
        "Effects on the employment rate by group, percentage points with 95% intervals (other outcomes in the data)",
        ["Group", "Level (%)", *(title(comparison, one) for one in comparison.options[1:])],
        rows,
        frame,
        "Groups are those of the last year: who moves from one to another moves the figures, too.",
    )
    picture = inline(
        pictures.groups(comparison, outcome), "groups", "Effects on the employment rate by group of residents and fifth of "
        "neighbourhoods, with 95% intervals; the numbers stand in the table.", "Who gains",
    )  # fmt: skip
    parts: list[Table | Picture] = [picture, table]
    if not places.is_nation(comparison):
        parts.append(neighbourhoods(comparison))
    return Section("groups", "Distribution over people and neighbourhoods", parts=parts)


def neighbourhoods(comparison: Comparison) -> Table:
    """In how many neighbourhoods each option is clearly better or worse."""
    frame = comparison.distribution("neighbourhood")
    rows = []
    for outcome in ("employment_rate", "place_quality", "mean_deprivation"):
        output = Output.parse(outcome)
        scale, digits, _ = shown(output)
        for option in comparison.options[1:]:
            own = frame[(frame["indicator"] == outcome) & (frame["option"] == option)]
            up, down = int((own["low"] > 0).sum()), int((own["high"] < 0).sum())
            better, worse = (down, up) if output.better == "lower" else (up, down)
            low, middle, high = (scale * own["effect"].quantile(share) for share in (0.1, 0.5, 0.9))
            rows.append(
                [f"{heading(output).capitalize()}: {title(comparison, option)}", str(len(own)), str(better), str(worse),
                 f"{low:+.{digits}f}", f"{middle:+.{digits}f}", f"{high:+.{digits}f}", points(output)]
            )  # fmt: skip
    return Table(
        "neighbourhoods",
        "Over neighbourhoods: how many are clearly better or worse off, and how their mean effects are spread",
        [
            "Outcome and option",
            "Neighbourhoods",
            "Clearly better",
            "Clearly worse",
            "Tenth",
            "Median",
            "Nine tenths",
            "Unit",
        ],
        rows,
        frame,
        "Clearly: the 95% interval leaves out nought. By chance alone one in forty would be on either side.",
    )


def gains(frame: pd.DataFrame, comparison: Comparison, outcome: str) -> list[list[str]]:
    """Rows of a table of effects by group."""
    output = Output.parse(outcome)
    scale, digits, _ = shown(output)
    several = frame["locality"].nunique() > 1
    rows = []
    of_outcome = frame[frame["indicator"] == outcome]
    for (place, grouping), part in of_outcome.groupby(["locality", "grouping"], sort=False):
        rows.append([f"{place}: {grouping}" if several else str(grouping).capitalize()])
        for group, own in part.groupby("group", sort=False):
            by_option = own.set_index("option")
            row = [str(group), amount(float(by_option["mean"][comparison.counterfactual]), scale, 1)]
            for option in comparison.options[1:]:
                effect, low, high = (scale * float(by_option[name][option]) for name in ("effect", "low", "high"))
                row.append(
                    f"{effect:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})" if np.isfinite(effect) else ""
                )
            rows.append(row)
    return rows


def robustness(comparison: Comparison) -> Section:
    """Regret of every option over the worlds and factors."""
    import pandas as pd

    cases, robust, output = comparison.cases(), comparison.robustness, comparison.deciding
    if len(cases) < 2 or robust is None or output is None:
        return Section(
            "robustness", "Robustness over worlds",
            [f"One world only, '{comparison.world}'. Whether the ranking survives another is not shown: compare again with "
             "--worlds steady,recession_2008."],
        )  # fmt: skip
    scale, digits, _ = shown(output)
    names = [case.case for case in cases]
    rows = [
        [title(comparison, option), *(amount(value, scale, digits) for value in robust.regret[:, k]),
         amount(robust.largest[k], scale, digits), f"{amount(robust.low[k], scale, digits)} to "
         f"{amount(robust.high[k], scale, digits)}", words.percent(robust.p_least[k])]
        for k, option in enumerate(comparison.options)
    ]  # fmt: skip
    data = pd.DataFrame(robust.regret.T, columns=names).assign(
        option=comparison.options, largest=robust.largest, low=robust.low, high=robust.high, p_least=robust.p_least
    )
    table = Table(
        "regret",
        f"Regret in {heading(output)} ({points(output)}): what an option loses against the best of each world",
        ["Option", *names, "Largest", "95% interval", "Chance of being least"],
        rows,
        data,
    )
    picture = inline(
        comparison.plot_regret(), "regret", f"Regret of each option in {heading(output)} in each world; the numbers stand in the "
        "table.", "Regret",
    )  # fmt: skip
    parts: list[Table | Picture] = [picture, table]
    if all(case.can_appraise for case in cases):
        parts.append(worth_by_world(comparison))
    return Section("robustness", "Robustness over worlds", parts=parts)


def worth_by_world(comparison: Comparison) -> Table:
    """Social value of every option in every world."""
    return worth_of("world", {case.case: case for case in comparison.cases()})


def worth_of(what: str, cases: Mapping[str, Comparison]) -> Table:
    """Social value of every option in several worlds or places."""
    import pandas as pd

    rows, data = [], []
    for name, case in cases.items():
        for option in case.options[1:]:
            found = case.worth(option).economic
            value, ratio = found.npsv_estimate, found.bcr_estimate
            interval = words.span(value.low, value.high)
            rows.append([f"{name}: {title(case, option)}", words.gained(value.value), interval, words.ratio(*ratio)])
            data.append((name, option, *value, *ratio))
    names = [what, "option", "npsv_gbp", "npsv_low", "npsv_high", "bcr", "bcr_low", "bcr_high"]
    return Table(
        f"social_value_by_{what}",
        f"Social value in each {what}",
        [f"{what.capitalize()} and option", "Social value", "95% interval", "Ratio"],
        rows,
        pd.DataFrame(data, columns=names),
    )

"""Figures show the data they are given, say so in words and symbols as well as in colour, and never overlap their texts."""

from io import BytesIO
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from coalsim.figures import (
    Bars,
    Dose,
    Effects,
    Ends,
    Face,
    Knocked,
    Loop,
    Mapped,
    Picture,
    Restarts,
    Shape,
    Side,
    against,
    basins,
    boxes,
    calibration,
    conditional_means,
    courses,
    differences,
    dose_response,
    fan,
    groups,
    hindcast,
    hysteresis_loop,
    indices,
    interactions,
    knock_out,
    lights,
    morris,
    pairs,
    patterns,
    phase_diagram,
    ranking,
    regret,
    tile_map,
    tornado,
    turning,
)
from coalsim.figures import spread as places_spread
from coalsim.figures.groups import stacks
from coalsim.figures.lights import VERDICTS
from coalsim.figures.pairs import spread
from coalsim.figures.style import GREY, MARKERS, contrast, fold, heading, plain, shown, years

NAMES = (
    "Business as usual",
    "Voluntary partnership",
    "Four-block agreement",
    "Single-pot agreement with a reward every three years",
    "Growth coalition",
    "Extra money, not joined up",
)
INDICATORS = (
    "employment_rate",
    "severe_deprivation",
    "effective_sectors",
    "programme_money",
    "jobs",
    "manufacturing_job_share",
)
CODES = ["00AA", "00CU", "00MD", "15UH", *(f"30U{letter}" for letter in "DEFGHJKLMNPQ"), "09UC", "00GF", "XXXX"]
NOTE = "coalsim 0.1.0, results 3fa94c1b22"
TITLE = "Walsall, 2006: difference from business as usual in the last year of 240 months"


PROFILE = pd.DataFrame({"value": [0.9, 1.0, 1.1], "density": [0.5, 2.0, 0.5], "likelihood": [0.2, 1.0, np.nan]})


def rise(replicates, months=61, level=0.5):
    """Straight lines, one for each replicate, a little apart."""
    return level + 0.01 * np.arange(replicates)[:, None] + np.linspace(0, 0.1, months)


def draw(kind, n):
    """A figure of each kind with n options, n indicators, n groupings or n worlds."""
    options, indicators = NAMES[:n], INDICATORS[:n]
    shared = {"title": TITLE, "note": NOTE}
    timed = shared | {"start": "2006-04", "money_ends": 36}
    levels = {name: {o: rise(2, level=0.5 + k / 10) for k, o in enumerate(options)} for name in indicators}
    match kind:
        case "calibration":
            paths = [f"world.labour.parameter_with_a_long_name_{k}" for k in range(n)]
            return calibration(
                dict.fromkeys(paths, PROFILE),
                ranges=dict.fromkeys(paths, (0.7, 1.3)),
                fitted=dict.fromkeys(paths, (1.0, 0.9, 1.1)),
                targets={
                    f"{name}, Telford and Wrekin, 2007 to 2009": (k - 1.0, k - 2.0, k + 0.0, 40.0)
                    for k, name in enumerate(indicators)
                },
                **shared,
            )
        case "patterns":
            far = np.array([0.2, -7.5, 1.4, 0.0, 9.9, -1.0])[:n]
            names = [f"employment rate after ten years of business as usual, less the start {k}" for k in range(n)]
            return patterns(far, far - 0.5, far + 0.5, labels=names, **shared)
        case "hindcast":
            line = 0.05 + 0.01 * np.arange(3)
            forecasts = {"observed": line, "model": line + 1, "persistence": line - 1, "ar1": line + 2}
            place = "South Northamptonshire (another area's change)"
            panel = (place, [2007, 2008, 2010], forecasts, np.stack([line, line + 2]))
            return hindcast([panel] * n, unit="%", **shared)
        case "against":
            x = np.linspace(0.5, 5, 10 * n)
            slopes = {"first replicate: slope 0.27": (0.27, 1.0), "observed slope 0.20": (0.2, 1.1)}
            axes = {"xlabel": "claimant rate 2007, %", "ylabel": "rise to 2009, pp"}
            return against(x, 1 + 0.2 * x, lines=slopes, **axes, **shared)
        case "courses":
            return courses({name: {o: level[0] for o, level in levels[name].items()} for name in indicators}, **timed)
        case "differences":
            return differences(levels, labels=options, **timed)
        case "fan":
            return fan(levels, labels=options, **timed)
        case "pairs":
            ends = {name: {o: level[:, -1] for o, level in by.items()} for name, by in levels.items()}
            intervals = {name: dict.fromkeys(options, (0.6, 0.5, 0.7)) for name in indicators}
            return pairs(ends, intervals=intervals, labels=options, **shared)
        case "lights":
            row = [(verdict, "+0.33 points") for verdict in VERDICTS][:n]
            return lights([row] * n, rows=options, columns=indicators, **shared)
        case "regret":
            scaled = {"unit": "percentage points of employment", "scale": 100, "digits": 2}
            return regret(np.arange(n * n).reshape(n, n) / 1000, rows=options, columns=options, **scaled, **shared)
        case "dose_response":
            at = np.linspace(0, 1, 41)
            chance = 1 / (1 + np.exp(-10 * (at - 0.5)))
            found = ("threshold 0.5 (95% interval 0.45 to 0.55, 24 of 48 runs tipped)", (0.5, 0.45, 0.55))
            none = ("never: 0 of 24 runs tipped", None)
            panels = [
                Dose(
                    "Progress from its own start, as the scenario defines it" if k else "Walsall",
                    (none if k % 2 else found)[0],
                    at,
                    chance > 0.5,
                    at,
                    chance,
                    chance / 2,
                    (1 + chance) / 2,
                    (none if k % 2 else found)[1],
                    "extra money, GBP a resident and year" if k == 2 else "",
                )
                for k in range(n)
            ]
            lever = "reward grant, share of budget (largest reward, share of one year's net budget)"
            return dose_response(panels, x_label=lever, **shared)
        case "phase_diagram":
            x, y = np.linspace(0, 1, 31), np.linspace(0, 0.1, 21)
            chance = np.add.outer(10 * y, x) / 2 if n > 1 else np.zeros((21, 31))
            runs = np.random.default_rng(1).random((30, 2)) * [1, 0.1]
            return phase_diagram(
                x,
                y,
                chance,
                low=np.clip(chance - 0.1, 0, 1),
                high=np.clip(chance + 0.1, 0, 1),
                points=runs,
                tipped=runs[:, 0] > 0.5,
                x_label="pooled fund, share (share of a member's discretionary money, 0 to 1)",
                y_label="reward grant, share of budget (largest reward, share of one year's net budget)",
                says="More likely than not it tips in half of the space of both levers, and nowhere near the origin"[
                    : 80 * n - 80
                ],
                cheapest=(0.6, 0.05) if n > 1 else None,
                **shared,
            )
        case "hysteresis_loop":
            ways = [np.concatenate([np.linspace(0, 1, k), np.linspace(0, 1, k)[-2::-1]]) for k in (6, 11, 21)]
            turns = [np.where(np.arange(way.size) < way.size // 2, 0.6, 0.2) for way in ways]
            panels = [
                Loop(
                    "Partners in, %" if k else "Effective sectors, of all that matter here, sectors",
                    "It turns at 0.6 on the way up and back only at 0.2 on the way down",
                    ways,
                    [100 * (way > turn) for way, turn in zip(ways, turns)],
                    (0.6, 0.55, 0.64) if k % 2 == 0 else None,
                    (0.2, 0.1, 0.3) if k % 3 == 0 else 0.2,
                )
                for k in range(n)
            ]
            return hysteresis_loop(panels, x_label="reward grant, share of budget", **shared)
        case "basins":
            ends = np.linspace(40, 60, 12)
            says = "bistable: 2 basins, 48% around 50 and 52% around 70 (dip p = 0.01, 24 endpoints)"
            panels = [
                Ends("Partners in, %", says, ends, ends + 20, (60.0, 55.0, 63.0) if k % 2 == 0 else None)
                for k in range(n)
            ]
            chance = np.array([0.1, 0.5, 0.9])
            restarts = Restarts(
                "Partners in, %",
                "restarts: critical mass 50 (45 to 55)",
                100 * chance,
                chance,
                chance - 0.05,
                chance + 0.05,
                (50.0, 45.0, 55.0),
            )
            return basins(panels, restarts if n > 1 else None, **shared)
        case "knock_out":
            changes = [
                (None, "never"),
                (None, "always"),
                ((0.1, -0.1, 0.3), ""),
                ((-0.2, -0.9, 0.1), ""),
                (None, "undetermined"),
            ]
            rows = [
                Knocked(
                    f"neighbourhood_spillover_of_the_conditions_{k}", strength, *changes[(k + int(2 * strength)) % 5]
                )
                for k in range(n)
                for strength in (0, 0.5)
            ]
            return knock_out(rows, band=(-0.05, 0.05), unit="change of the threshold: pooled fund, share", **shared)
        case "turning":
            course = np.linspace(0, 1, 61)
            bodies = (
                "schools_and_learning",
                "health",
                "council",
                "police_and_safety",
                "environment",
                "jobs_and_skills",
            )
            happenings = [
                (3, "Council and health join"),
                (40, "It has tipped: employment rate at least 72.6% and severe deprivation at most 10% in every month"),
                (4, "The pot spends its first money, GBP 12,000"),
                (4, "Schools and learning joins"),
                (
                    30,
                    "First of the conditions, skills stands 0.01 or more above business as usual, for 6 months running",
                ),
                (60, "The last month"),
            ]
            return turning(
                {body: [(3, 20), (30, 60)] for body in bodies[:n]},
                {"pot spend": 1e6 * course, "programme money": 2e6 * course, "reward": 1e5 * course},
                dict.fromkeys(("skills", "environment", "health", "cohesion", "infrastructure"), course),
                {f"{heading(name)}, %": (100 * course, [72.6]) for name in indicators[:4]},
                events=happenings if n > 1 else [],
                turned=40 if n > 1 else None,
                **timed,
            )
        case "indices":
            many = 2 * n
            factors = [f"mechanisms, neighbourhood spillover of conditions {k}" for k in range(many)]
            whole = np.linspace(0.9, 0.02, many)
            panels = [
                Bars(
                    "change in severe deprivation, difference from Business as usual",
                    "luck makes 49% of a run's variance; the emulator foretells 88%",
                    factors,
                    whole,
                    whole / 3,
                    whole / 2 if k % 2 == 0 else None,
                    whole / 4 if k % 2 == 0 else None,
                    luck=0.49 if k % 3 == 0 else None,
                    floor=0.1 if k % 3 == 1 else None,
                )
                for k in range(n)
            ]
            names = {"axis_label": "share of the variance", "whole": "total index ST", "first": "first-order index S1"}
            return indices(panels, level=0.95, **names, **shared)
        case "morris":
            sizes = np.linspace(0.05, 1, 12) ** 3
            panels = [
                Effects(
                    "change in severe deprivation",
                    "points",
                    [f"mechanisms, conditions to residents {k}" for k in range(12)],
                    sizes,
                    sizes / 4,
                    sizes[::-1] if k % 2 else sizes,
                )
                for k in range(n)
            ]
            return morris(panels, level=0.95, **shared)
        case "interactions":
            d = n + 1
            table = np.linspace(-0.02, 0.3, d * d).reshape(d, d)
            names = [f"reward grant, share of budget {k}" for k in range(d)]
            return interactions(names, np.linspace(0, 0.5, d), table, table[::-1], level=0.95, **shared)
        case "conditional_means":
            x = np.linspace(0, 1, 60)
            panels = [
                Shape(
                    "mechanisms, conditions to residents" if k else "world",
                    x if k else np.round(x),
                    np.sin(6 * x),
                    x[5::12] if k else np.array([0.0, 1.0]),
                    np.sin(6 * x[5::12]) if k else np.array([0.1, 0.2]),
                    np.full(5 if k else 2, 0.1),
                    () if k else ("recession_2008", "steady"),
                )
                for k in range(n)
            ]
            return conditional_means(panels, y_label="change in severe deprivation, points", level=0.95, **shared)
        case "tornado":
            names = [f"mechanisms, neighbourhood spillover of conditions {k}" for k in range(2 * n)]
            ends = np.linspace(-30, -1, 2 * n)
            half = np.full(2 * n, 0.8)
            label = "change in severe deprivation, difference from Business as usual, points"
            return tornado(names, (ends, half), (-ends / 2, half), mean=-3.0, x_label=label, level=0.95, **shared)
        case "boxes":
            x = np.random.default_rng(1).random((200, 2))
            hits = (x[:, 0] > 0.6) & (x[:, 1] < 0.5)
            panels = [
                Face(
                    "Where mechanisms, conditions to residents is at least 0.6 and money, settlement growth is at most 0.5: 97% "
                    "of cases, 99% of all such cases",
                    Side("mechanisms, conditions to residents", x[:, 0], (0.6, None)),
                    Side("world", np.round(x[:, 1]), (-0.4, 0.4), ("recession_2008", "steady"))
                    if k % 2
                    else Side("money, settlement growth", x[:, 1], (None, 0.5)),
                    hits,
                    x[:, 1] > 0.1,
                )
                for k in range(n)
            ]
            return boxes(panels, interest="severe deprivation at most -10 points", **shared)
        case "tile_map":
            values = np.linspace(-0.02, 0.01, len(CODES))
            values[3] = np.nan
            panels = [
                Mapped(option, values / (1 + k), np.arange(len(CODES)) % 2 == k % 2) for k, option in enumerate(options)
            ]
            return tile_map(
                CODES, panels, unit="percentage points", scale=100, diverging=True, mark="adopts the option", **shared
            )
        case "spread":
            by_group = {option: np.linspace(-0.01, 0.03 + k / 50, 88) for k, option in enumerate(options)}
            named = {name.replace("_", " "): by_group for name in indicators}
            return places_spread(
                named,
                units=dict.fromkeys(named, "percentage points"),
                scales=dict.fromkeys(named, 100.0),
                zero=True,
                **shared,
            )
        case "ranking":
            ranked = [(f"Kingston upon Hull, City of {k}", 0.3 - k / 60, 0.1 - k / 60, 0.5) for k in range(30)]
            panels = {f"{option} ({88 * (k + 1)} places)": ranked for k, option in enumerate(options)}
            return ranking(panels, unit="percentage points", left_out=[58 if k else 0 for k in range(n)], **shared)
    by_group = {f"level {k} and above": dict.fromkeys(options, (0.1, 0, 0.2)) for k in range(n)}
    return groups(dict.fromkeys(indicators, by_group), unit="percentage points", scale=100, **shared)


KINDS = (
    "calibration", "courses", "differences", "fan", "pairs", "lights", "regret", "groups", "patterns", "hindcast", "against",
    "dose_response", "phase_diagram", "hysteresis_loop", "basins", "knock_out", "turning",
    "indices", "morris", "interactions", "conditional_means", "tornado", "boxes", "tile_map", "spread", "ranking",
)  # fmt: skip


def texts(figure):
    """Every text that is drawn, ticks outside the view left out."""
    figure.draw_without_rendering()
    of_ticks, seen = set(), []
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                of_ticks |= {tick.label1, tick.label2}
                if axes.axison and low <= tick.get_loc() <= high:
                    seen += [tick.label1, tick.label2]
    seen += [text for text in figure.findobj(Text) if text not in of_ticks]
    return [text for text in seen if text.get_visible() and text.get_text().strip()]


def words(figure):
    return [text.get_text().replace("\n", " ") for text in texts(figure)]


def png(figure):
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=50)
    return stream.getvalue()


def lines(axis, style="-"):
    return [line for line in axis.lines if line.get_linestyle() == style and len(line.get_xdata()) > 2]


# All kinds


@pytest.mark.parametrize("n", [1, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_lie_inside_the_figure_and_do_not_overlap(kind, n):
    figure = draw(kind, n)
    drawn = texts(figure)
    extents = [text.get_window_extent() for text in drawn]
    for text, box in zip(drawn, extents, strict=True):
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert inside, text.get_text()
    for (one, a), (other, b) in combinations(zip(drawn, extents, strict=True), 2):
        apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
        assert apart, (one.get_text(), other.get_text())


@pytest.mark.parametrize("kind", KINDS)
def test_the_title_stands_above_and_the_note_small_and_grey_at_the_lower_right(kind):
    figure = draw(kind, 2)
    drawn = texts(figure)
    assert figure.get_suptitle().replace("\n", " ") == TITLE
    (note,) = [text for text in drawn if text.get_text() == NOTE]
    assert note.get_color() == GREY
    assert note.get_fontsize() == min(text.get_fontsize() for text in drawn)
    box = note.get_window_extent()
    assert box.x1 >= 0.9 * figure.bbox.x1
    assert box.y0 == min(text.get_window_extent().y0 for text in drawn)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_input_gives_equal_bytes(kind):
    assert png(draw(kind, 2)) == png(draw(kind, 2))


def test_without_a_note_there_is_none():
    figure = courses({"jobs": {"Walsall": np.arange(25.0)}}, start="2006-04", title="One course")
    assert [text.get_text() for text in figure.texts] == ["One course"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_in_words_more_than_its_title(kind):
    figure = draw(kind, 2)
    assert isinstance(figure, Picture)
    assert figure.note == NOTE
    assert figure.alt.startswith(f"{TITLE}. {figure.shows}")
    assert len(figure.shows) > len("Lines over")
    assert "\n" not in figure.alt
    assert all(entry in figure.alt for entry in figure.key)


def test_words_give_what_can_be_read_off():
    verdicts = [[("better", "+0.33 points"), ("worse", "")]]
    matrix = lights(verdicts, rows=["Single pot"], columns=["jobs", "claimants"], title="Lights")
    assert matrix.alt.startswith(
        "Lights. A matrix of verdicts. Single pot: jobs better +0.33 points, claimants worse. Key:"
    )
    change = {"employment_rate": {"single_pot": np.array([[0.0, 0.1, 0.02], [0.0, 0.1, 0.04]])}}
    over_time = differences(change, start="2006-04", title="Over time", labels=["Single pot"])
    assert "in the last month: Single pot, Employment rate 3 percentage points." in over_time.alt
    assert "Panels: Employment rate (upwards: percentage points)." in over_time.alt
    losses = regret(np.array([[0.0, 0.02], [0.01, 0.0]]), title="R", rows=["A", "B"], columns=["steady", "slump"],
                    unit="percentage points", scale=100, digits=1)  # fmt: skip
    assert "the largest: A 2.0; B 1.0. Panels: colours: regret, percentage points. Key:" in losses.alt


# Units, numbers and names


def test_units_follow_the_declarations():
    small, large = [np.array([0.5])], [np.array([0.5]), np.array([-2e6])]
    assert shown("employment_rate", small) == (100, "%")
    assert shown("employment_rate", small, difference=True) == (100, "percentage points")
    assert shown("programme_money", small) == (1, "GBP/month")
    assert shown("programme_money", large) == (1e-6, "GBP million/month")
    assert shown("jobs", large) == (1, "jobs")


@pytest.mark.parametrize(
    ("name", "says"),
    [("jobs", "Jobs"), ("employment_rate@max", "Largest employment rate"), ("jobs@month=120", "Jobs in month 120")],
)
def test_outputs_are_named_in_words(name, says):
    assert heading(name) == says


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1 + 0.2, "0.3"), (-0.5, "\N{MINUS SIGN}0.5"), (-0.0, "0"), (120000, "120,000"), (1234567.5, "1,234,567.5")],
)
def test_numbers_on_axes_are_plain(value, text):
    assert plain(value) == text


def test_folding_keeps_every_word_and_the_breaks_that_are_there():
    folded = fold("one two three\nfour", 0.8, 8)
    assert folded.split() == ["one", "two", "three", "four"]
    assert "three\nfour" in folded
    assert max(map(len, folded.splitlines())) <= 12


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # Known ratios of the definition in WCAG 2.2.
    [("#FFFFFF", "#000000", 21), ("#777777", "#FFFFFF", 4.48), ("#0000FF", "#FFFFFF", 8.59)],
)
def test_contrast_is_that_of_the_guidelines(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


# Over time


def test_courses_are_drawn_as_they_are_with_a_marker_for_each_place():
    values = {"employment_rate": {"Walsall": rise(1)[0], "Slough": rise(1, level=0.7)[0]}}
    figure = courses(values, start="2006-04", title="Two places", money_ends=24)
    (axis,) = figure.axes
    for line, place, marker in zip(lines(axis), values["employment_rate"], MARKERS):
        assert line.get_ydata() == pytest.approx(100 * values["employment_rate"][place])
        assert line.get_xdata() == pytest.approx(2006.25 + np.arange(61) / 12)
        assert line.get_marker() == marker
    assert axis.get_ylabel() == "%"
    assert {"Walsall", "Slough", "last programme money is paid"} <= set(words(figure))


def test_differences_are_means_with_the_central_nine_tenths():
    # Five replicates at 1 to 5 points: mean 3, 5th and 95th percentile 1.2 and 4.8.
    difference = np.repeat(np.arange(1, 6) / 100, 25).reshape(5, 25)
    figure = differences(
        {"employment_rate": {"laa": difference}}, start="2006-04", title="One option", labels=["Agreement"], note=NOTE
    )
    (axis,) = figure.axes
    (line,) = lines(axis)
    assert line.get_ydata() == pytest.approx(np.full(25, 3.0))
    (band,) = axis.collections
    edges = band.get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == pytest.approx((1.2, 4.8))
    assert axis.get_ylabel() == "percentage points"


def test_lines_of_options_differ_in_marker_and_in_the_months_of_their_markers():
    figure = draw("differences", 6)
    of_axis = lines(figure.axes[0])
    assert len({line.get_marker() for line in of_axis}) == 6
    assert len({line.get_markevery() for line in of_axis}) == 6


def test_a_fan_is_the_median_with_the_central_half_and_nine_tenths():
    # Five replicates at 10 to 50%: quartiles 20 and 40, 5th and 95th percentile 12 and 48.
    levels = np.repeat(np.arange(1, 6) / 10, 61).reshape(5, 61)
    values = {"employment_rate": {"usual": levels, "laa": levels + 0.2}}
    figure = fan(values, start="2006-04", title="Two options", labels=["As usual", "Agreement"], money_ends=24)
    for axis, more in zip(figure.axes, (0, 20), strict=True):
        (line,) = lines(axis)
        assert line.get_ydata() == pytest.approx(np.full(61, 30.0 + more))
        (usual,) = lines(axis, "--")
        assert usual.get_ydata() == pytest.approx(np.full(61, 30.0))
        wide, narrow = [c.get_paths()[0].vertices[:, 1] for c in axis.collections if isinstance(c, PolyCollection)]
        assert (wide.min(), wide.max()) == pytest.approx((12 + more, 48 + more))
        assert (narrow.min(), narrow.max()) == pytest.approx((20 + more, 40 + more))
        (end,) = [line for line in axis.lines if line.get_linestyle() == ":"]
        assert end.get_xdata() == pytest.approx([2006.25 + 2] * 2)
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[0].get_ylabel() == "Employment rate\n%, higher is better"
    key = {"median of 5 replicates", "central 50%", "central 90%", "median, As usual", "last programme money is paid"}
    assert key <= set(words(figure))


def test_a_fan_has_a_row_for_each_indicator_and_a_column_for_each_option():
    values = {name: {o: rise(2) for o in NAMES} for name in INDICATORS[:2]}
    figure = fan(values, start="2006-04", title="Six options", labels=NAMES)
    assert [axis.get_title().replace("\n", " ") for axis in figure.axes[:6]] == list(NAMES)
    assert [axis.get_ylabel().split("\n")[0] for axis in figure.axes[::6]] == ["Employment rate", "Severe deprivation"]


@pytest.mark.parametrize("months", [7, 13, 25])
def test_a_short_run_names_months_each_once(months):
    figure = fan({"jobs": {"o": rise(2, months)}}, start="2006-04", title="Short", labels=["Usual"])
    figure.draw_without_rendering()
    named = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert len(named) == len(set(named)) == 3
    ticks = years("2006-04", months)
    for name, tick in zip(named, figure.axes[0].get_xticks(), strict=True):
        year, month = divmod(round(float(tick) * 12), 12)
        assert name == f"{year}-{month + 1:02d}"
        assert ticks[0] < tick < ticks[-1]


@pytest.mark.filterwarnings("error")
def test_what_no_run_gave_is_left_blank():
    gone, some = np.full((1, 61), np.nan), rise(3)
    shared = {"title": "One option failed", "labels": ["Usual", "Agreement"], "note": NOTE}
    values = {"programme_money": {"usual": some, "laa": gone}}
    assert "median of 1 to 3 replicates" in words(fan(values, start="2006-04", **shared))
    assert png(differences(values, start="2006-04", **shared))
    intervals = {"programme_money": {"usual": (0, -1, 1), "laa": (np.nan, np.nan, np.nan)}}
    values = {"programme_money": {"usual": some[:, -1], "laa": np.array([np.nan, 1.0])}}
    assert png(pairs(values, intervals=intervals, **shared))


# Pair by pair


def test_every_pair_is_a_dot_with_the_mean_and_its_interval_below():
    values = {"severe_deprivation": {"laa": np.array([-0.03, 0.01, -0.02]), "coalition": np.array([0.0, 0.0, 0.02])}}
    intervals = {"severe_deprivation": {"laa": (-0.0133, -0.065, 0.0384), "coalition": (0.0067, -0.02, 0.0354)}}
    figure = pairs(values, intervals=intervals, title="Pairs", labels=["Agreement", "Coalition"], note=NOTE)
    (axis,) = figure.axes
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    diamonds = [line for line in axis.lines if line.get_marker() == "D"]
    bars = [line for line in axis.lines if line.get_linewidth() == 2 and line.get_linestyle() == "-"]
    for k, option in enumerate(("laa", "coalition")):
        effect, low, high = intervals["severe_deprivation"][option]
        assert dots[k].get_xdata() == pytest.approx(100 * values["severe_deprivation"][option])
        assert diamonds[k].get_xdata() == pytest.approx([100 * effect])
        assert bars[k].get_xdata() == pytest.approx([100 * low, 100 * high])
        assert diamonds[k].get_ydata()[0] == bars[k].get_ydata()[0]
        # The axis runs downwards: the dots of an option lie above its mean and below the option before.
        assert k - 0.5 < min(dots[k].get_ydata())
        assert max(dots[k].get_ydata()) < diamonds[k].get_ydata()[0] < k + 0.5
    assert axis.get_ylim() == (1.5, -0.5)
    assert axis.get_xlabel() == "← lower is better; percentage points"
    low, high = axis.get_xlim()
    assert low < 0 < high


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("employment_rate", "percentage points; higher is better →"),
        ("segregation@month=120", "← lower is better; percentage points"),
        ("births", "businesses/month; neither way is better as such"),
    ],
)
def test_the_better_side_is_said_in_words(name, says):
    figure = pairs({name: {"o": np.ones(2)}}, intervals={name: {"o": (1, 1, 1)}}, title="", labels=["Option"])
    assert figure.axes[0].get_xlabel().replace("\n", " ") == says


def test_dots_are_spread_within_their_strip_and_equal_values_apart():
    offsets = spread(np.array([3.0, 1.0, 1.0, 1.0, 2.0]))
    assert np.abs(offsets).max() <= 0.5
    assert np.diff(np.sort(offsets)).min() > 0.1


# Matrices


def test_lights_say_each_verdict_with_a_symbol_a_word_and_the_figure():
    cells = [[(verdict, f"{k:+d} points")] for k, verdict in enumerate(VERDICTS)]
    figure = lights(cells, title="Verdicts", rows=list(VERDICTS), columns=["Employment rate"])
    (axis,) = figure.axes
    for k, (verdict, (symbol, colour)) in enumerate(VERDICTS.items()):
        inside = [text for text in axis.texts if text.xy == (0, k)]
        assert [text.get_text() for text in inside] == [*([symbol] if symbol else []), f"{verdict}\n{k:+d} points"]
        (patch,) = [patch for patch in axis.patches if patch.get_y() == k - 0.5]
        for text in inside:
            assert contrast(text.get_color(), patch.get_facecolor()) >= 4.5
        assert contrast(patch.get_facecolor(), colour) == 1
    explained = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(explained) == sorted(f"{symbol} {verdict}".strip() for verdict, (symbol, _) in VERDICTS.items())


def test_every_verdict_has_its_own_symbol_and_texts_lie_in_their_cells():
    assert len({symbol for symbol, _ in VERDICTS.values()}) == len(VERDICTS)
    figure = draw("lights", 6)
    figure.draw_without_rendering()
    (axis,) = figure.axes
    for text in axis.texts:
        j, i = text.xy
        (left, top), (right, bottom) = axis.transData.transform([(j - 0.5, i - 0.5), (j + 0.5, i + 0.5)])
        box = text.get_window_extent()
        assert left < box.x0 < box.x1 < right
        assert bottom < box.y0 < box.y1 < top


def test_lights_go_from_blue_to_orange():
    def blueness(colour):
        return int(colour[5:7], 16) - int(colour[1:3], 16)

    order = ["better", "likely better", "no clear difference", "likely worse", "worse"]
    shades = [blueness(VERDICTS[verdict][1]) for verdict in order]
    assert shades == sorted(shades, reverse=True)
    assert shades[0] > 0 == shades[2] > shades[-1]


def test_regret_shows_its_numbers_and_outlines_the_largest_of_each_row():
    matrix = np.array([[0.0, 0.0123, 0.004], [0.02, 0.0, 0.02], [0.0, 0.0, 0.0]])
    figure = regret(
        matrix,
        title="Regret",
        rows=["Agreement", "Coalition", "Best everywhere"],
        columns=["steady", "recession", "no feedback"],
        unit="percentage points",
        scale=100,
        digits=1,
    )
    axis, bar = figure.axes
    numbers = {text.get_position(): text for text in axis.texts}
    mesh = next(found for found in axis.collections if isinstance(found, QuadMesh))
    assert np.asarray(mesh.get_array()).reshape(3, 3) == pytest.approx(100 * matrix)
    for (i, j), value in np.ndenumerate(matrix):
        number = numbers[j, i]
        assert number.get_text() == f"{100 * value:.1f}"
        assert contrast(number.get_color(), mesh.cmap(mesh.norm(100 * value))) >= 4.5
    outlined = {
        tuple(np.round(patch.get_center()).astype(int)) for patch in axis.patches if isinstance(patch, Rectangle)
    }
    assert outlined == {(1, 0), (0, 1), (2, 1)}  # (column, row)
    assert {at for at, number in numbers.items() if number.get_fontweight() == "bold"} == outlined
    assert bar.get_ylabel().replace("\n", " ") == "regret, percentage points"
    assert "largest regret of the option" in words(figure)


def test_regret_in_a_single_world_needs_no_outlines():
    figure = regret(np.ones((2, 1)), title="", rows=["a", "b"], columns=["w"], unit="jobs", scale=1, digits=0)
    assert not figure.axes[0].patches
    assert not figure.legends


def test_regret_of_nothing_anywhere_is_drawn():
    figure = regret(np.zeros((2, 1)), title="None", rows=["a", "b"], columns=["w"], unit="jobs", scale=1, digits=0)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0", "0"]


# Groups


def test_groups_show_effect_and_interval_of_each_option():
    effects = {
        "age": {"16 to 24": {"Agreement": (0.01, -0.01, 0.02), "Coalition": (0.03, 0.02, 0.05)}},
        "qualification": {"none": {"Coalition": (0.0, -0.01, 0.01)}, "level 4": {"Agreement": (0.02, 0.01, 0.03)}},
    }
    figure = groups(effects, title="Groups", unit="percentage points", scale=100, note=NOTE)
    for axis, (grouping, by_group) in zip(figure.axes, effects.items(), strict=True):
        assert axis.get_title(loc="left") == grouping.capitalize()
        assert [label.get_text() for label in axis.get_yticklabels()] == list(by_group)
        points = {
            (round(line.get_ydata()[0]), line.get_marker()): line for line in axis.lines if len(line.get_xdata()) == 1
        }
        bars = {line.get_ydata()[0]: line.get_xdata() for line in axis.lines if line.get_linewidth() == 1.6}
        for g, by_option in enumerate(by_group.values()):
            for option, (effect, low, high) in by_option.items():
                point = points[g, {"Agreement": MARKERS[1], "Coalition": MARKERS[2]}[option]]
                assert point.get_xdata() == pytest.approx([100 * effect])
                assert bars[point.get_ydata()[0]] == pytest.approx([100 * low, 100 * high])
        assert len(points) == sum(map(len, by_group.values()))
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert {"Agreement", "Coalition"} <= set(words(figure))


def test_panels_of_groups_are_stacked_below_the_shortest_column_and_their_groups_are_equally_tall():
    assert stacks([1.0, 5.0, 5.0, 2.0], 2) == [[0, 2], [1, 3]]
    effects = {f"{n} groups": {f"group {k}": {"Agreement": (0, -1, 1)} for k in range(n)} for n in (1, 5, 4, 2)}
    figure = groups(effects, title="Four groupings", unit="jobs")
    figure.draw_without_rendering()
    heights = [axis.get_window_extent().height / n for axis, n in zip(figure.axes, (1, 5, 4, 2), strict=True)]
    assert heights == pytest.approx([heights[0]] * 4, rel=0.1)


# Validation


def test_patterns_pass_within_their_tolerance_and_far_ones_stand_at_the_edge_with_their_number():
    figure = patterns(
        np.array([0.5, -1.5, 7.5]), np.zeros(3), np.ones(3), labels=["one", "two", "three"], title="near", note=""
    )
    points = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "X")]
    assert [line.get_marker() for line in points] == ["o", "X", "X"]
    assert [line.get_xdata()[0] for line in points] == [0.5, -1.5, 4.0]
    assert "+7.5" in words(figure)


def test_a_hindcast_shows_every_forecast_and_years_as_years():
    line = np.array([3.0, 4.0])
    lines_ = {"observed": line, "model": line + 1, "persistence": line - 1, "ar1": line}
    figure = hindcast([("Walsall", [2007, 2010], lines_, np.stack([line, line + 2]))], unit="%", title="back", note="")
    drawn = [list(one.get_ydata()) for one in figure.axes[0].lines]
    for values in lines_.values():
        assert list(values) in drawn
    assert {"2007", "2010"} <= set(words(figure))


# Tipping


def upright_lines(axis):
    """Where lines stand that cross the axis from bottom to top."""
    return [
        line.get_xdata()[0]
        for line in axis.lines
        if list(line.get_ydata()) == [0, 1] and len(set(line.get_xdata())) == 1
    ]


def shades(axis):
    """Ends of the stretches that are shaded from bottom to top."""
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axis.patches if patch.get_height() == 1]


def a_dose(threshold, says="threshold 0.6", x_label=""):
    at, points = np.linspace(0, 1, 11), np.array([0.2, 0.9])
    return Dose("Walsall", says, points, points > 0.5, at, at, at / 2, (1 + at) / 2, threshold, x_label)


def test_a_dose_response_shows_curve_band_runs_and_threshold_with_its_interval():
    figure = dose_response([a_dose((0.6, 0.5, 0.75))], x_label="pooled fund, share", title="Dose", level=0.9)
    (axis,) = figure.axes
    (curve,) = lines(axis)
    assert curve.get_ydata() == pytest.approx(100 * curve.get_xdata())
    band = axis.collections[0].get_paths()[0].vertices
    assert {(0.0, 0.0), (0.0, 50.0), (1.0, 50.0), (1.0, 100.0)} <= {tuple(point) for point in band}
    (rug,) = [line for line in axis.lines if line.get_marker() == "|"]
    (stays, tips) = zip(rug.get_xdata(), rug.get_ydata(), strict=True)
    assert (stays[0], tips[0]) == (0.2, 0.9)
    assert stays[1] < 0 < 100 < tips[1]
    assert 0.6 in upright_lines(axis)
    assert shades(axis) == [pytest.approx((0.5, 0.75))]
    assert axis.get_ylabel() == "chance of tipping, %"
    said = words(figure)
    assert {"Walsall threshold 0.6", "its 90% band", "threshold, 90% interval shaded", "pooled fund, share"} <= set(
        said
    )


def test_without_a_threshold_a_dose_response_draws_none_and_says_so():
    figure = dose_response(
        [a_dose(None, "never: 0 of 24 runs tipped", "extra money, GBP")], x_label="share", title="No"
    )
    (axis,) = figure.axes
    assert not upright_lines(axis)
    assert not axis.patches
    assert "Walsall never: 0 of 24 runs tipped" in words(figure)
    assert axis.get_xlabel() == "extra money, GBP"
    assert not any("threshold" in text for text in words(figure))


def a_phase_diagram(chance, margin=0.1, **more):
    x, y = np.linspace(0, 1, 21), np.linspace(0, 2, 11)
    shape = np.broadcast_to(chance(x), (11, 21))
    runs, tipped = np.array([[0.2, 1.0], [0.9, 1.5], [0.8, 0.5]]), np.array([False, True, True])
    band = {"low": shape - margin, "high": shape + margin}
    labels = {"x_label": "pooled fund, share", "y_label": "reward, share", "title": "Phases"}
    return phase_diagram(x, y, shape, **band, points=runs, tipped=tipped, **labels, **more)


def test_a_phase_diagram_draws_the_boundary_and_hatches_where_it_may_lie():
    # The chance is the first lever: one half at 0.5; with a margin of 0.1 the band holds one half from 0.4 to 0.6.
    figure = a_phase_diagram(lambda x: x, cheapest=(0.7, 0.25))
    axis, bar = figure.axes
    mesh, hatched, contour = axis.collections
    assert np.asarray(mesh.get_array()).reshape(11, 21)[0] == pytest.approx(np.linspace(0, 100, 21))
    assert contour.get_paths()[0].vertices[:, 0] == pytest.approx(np.full(11, 0.5))
    assert hatched.hatches == ["////"]
    edges = hatched.get_paths()[0].vertices[:, 0]
    assert (edges.min(), edges.max()) == pytest.approx((0.4, 0.6))
    stayed, tipped, star = axis.lines
    assert (stayed.get_markerfacecolor(), len(stayed.get_xdata()), len(tipped.get_xdata())) == ("#FFFFFF", 1, 2)
    assert (star.get_marker(), star.get_xdata()[0], star.get_ydata()[0]) == ("*", 0.7, 0.25)
    assert bar.get_ylabel() == "chance of tipping, %"
    said = set(words(figure))
    assert {"cheapest point: 0.7 and 0.25", "boundary: chance one half", "where it may lie (95%)"} <= said


@pytest.mark.parametrize(
    ("chance", "says"),
    [
        (lambda x: x / 4, "no boundary: nowhere more likely than not to tip (at most 25%)"),
        (lambda x: 0.75 + x / 4, "no boundary: everywhere more likely than not to tip (at least 75%)"),
    ],
)
def test_a_phase_diagram_without_a_boundary_says_so(chance, says):
    figure = a_phase_diagram(chance)
    assert len(figure.axes[0].collections) == 1  # the map
    assert says in words(figure)
    assert not any("boundary: chance" in text or "may lie" in text for text in words(figure))


def test_where_the_boundary_may_lie_is_hatched_even_without_one():
    said = words(a_phase_diagram(lambda x: x / 4, margin=0.5))
    assert "where it may lie (95%)" in said
    assert "no boundary: nowhere more likely than not to tip (at most 25%)" in said


def test_a_loop_tells_up_from_down_and_slow_from_fast_and_shades_what_lies_between():
    fast, slow = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.5, 1.0, 0.5, 0.0])
    responses = [np.array([0.0, 10.0, 5.0]), np.array([0.0, 0.0, 10.0, 10.0, 0.0])]
    panel = Loop("partners, n", "It stays", [fast, slow], responses, (0.7, 0.6, 0.9), 0.2)
    figure = hysteresis_loop([panel], x_label="pooled fund, share", title="Loop")
    (axis,) = figure.axes
    up = [line for line in axis.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]
    down = [line for line in axis.lines if line.get_linestyle() == "--"]
    assert [list(line.get_ydata()) for line in up] == [[0, 10], [0, 0, 10]]
    assert [list(line.get_ydata()) for line in down] == [[10, 5], [10, 10, 0]]
    assert {line.get_marker() for line in up} == {"^"}
    assert {line.get_marker() for line in down} == {"v"}
    for way in (up, down):
        assert way[0].get_alpha() < way[1].get_alpha() == 1
        assert way[0].get_linewidth() < way[1].get_linewidth()
    corners = {tuple(point) for point in axis.collections[0].get_paths()[0].vertices}
    assert corners == {(0, 0), (0.5, 0), (1, 10), (0.5, 10)}
    assert upright_lines(axis) == [0.7, 0.2]
    assert shades(axis) == [pytest.approx((0.6, 0.9))]
    heads = [(line.get_xdata()[0], line.get_marker()) for line in axis.lines if len(line.get_xdata()) == 1]
    assert heads == [(0.7, "^"), (0.2, "v")]


def test_a_response_that_does_not_jump_has_no_line_where_it_would():
    way = np.array([0.0, 1.0, 0.0])
    figure = hysteresis_loop([Loop("jobs", "reversible", [way], [way], None, None)], x_label="share", title="None")
    assert not upright_lines(figure.axes[0])
    assert not any("turns" in text for text in words(figure))


def test_basins_count_endpoints_of_either_start_and_show_the_valley_and_the_critical_mass():
    ends = Ends("partners, %", "2 basins", np.array([0.0, 1, 1, np.nan]), np.array([9.0, 10]), (5.0, 4.0, 7.0))
    chance = np.array([0.1, 0.9])
    restarts = Restarts(
        "partners, %", "critical mass 6", np.array([3.0, 9]), chance, chance - 0.1, chance + 0.05, (6, 5, 7)
    )
    figure = basins([ends], restarts, title="Basins", starts=("few", "many"), level=0.9)
    of_ends, of_restarts = figure.axes
    counts = {hatch: sum(b.get_height() for b in of_ends.containers[k].patches) for k, hatch in enumerate(("", "///"))}
    assert counts == {"": 3, "///": 2}
    assert {bar.get_hatch() for bar in of_ends.containers[0].patches} == {None}
    assert {bar.get_hatch() for bar in of_ends.containers[1].patches} == {"///"}
    assert 5.0 in upright_lines(of_ends)
    (whiskers,) = of_restarts.collections
    assert [list(path[:, 1]) for path in whiskers.get_segments()] == [pytest.approx([0, 15]), pytest.approx([80, 95])]
    assert 6 in upright_lines(of_restarts)
    assert shades(of_restarts) == [pytest.approx((5, 7))]
    said = set(words(figure))
    assert {"runs that start from few", "from many", "restarts of a state, 90% interval", "critical mass 6"} <= said


def test_basins_without_runs_say_so():
    nothing = np.full(3, np.nan)
    figure = basins([Ends("jobs", "none finished", nothing, nothing, None)], title="None")
    assert {"no runs", "none finished"} <= set(words(figure))


def test_a_knock_out_ranks_by_what_hangs_on_it_and_says_never_and_always_at_the_edges():
    rows = [
        Knocked("unknown", 0, None, "undetermined"),
        Knocked("weak", 0, (0.01, -0.1, 0.1)),
        Knocked("weak", 0.5, (0.0, -0.1, 0.1)),
        Knocked("strong", 0, (-0.3, -0.4, -0.2)),
        Knocked("needed", 0, None, "never"),
        Knocked("needed", 0.5, (0.2, 0.1, 0.3)),
        Knocked("in_the_way", 0, None, "always"),
    ]
    figure = knock_out(rows, band=(-0.05, 0.06), unit="change of the threshold: pooled fund, share", title="Off")
    (axis,) = figure.axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert names == ["needed", "in the way", "strong", "weak", "unknown"]
    points = {
        (line.get_marker(), line.get_xdata()[0]): line.get_ydata()[0]
        for line in axis.lines
        if len(line.get_xdata()) == 1
    }
    for mechanism, marker, value in [
        ("strong", "X", -0.3),
        ("weak", "X", 0.01),
        ("weak", "o", 0),
        ("needed", "o", 0.2),
    ]:
        assert round(points[marker, value]) == names.index(mechanism)
    bars = {tuple(line.get_xdata()) for line in axis.lines if line.get_linewidth() == 1.6}
    assert bars == {(-0.1, 0.1), (-0.4, -0.2), (0.1, 0.3)}
    (never,), (always,) = ([x for marker, x in points if marker == sign] for sign in "><")
    assert axis.get_xlim()[0] < always < -0.4
    assert 0.4 < never < axis.get_xlim()[1]
    assert upright_lines(axis) == [0]
    assert shades(axis) == [pytest.approx((-0.05, 0.06))]
    assert {"never", "always", "undetermined"} <= set(words(figure))
    assert all(abs(tick) <= 0.42 for tick in axis.get_xticks())


def test_a_knock_out_of_nothing_says_so():
    assert "nothing to compare" in words(knock_out([], band=None, unit="change, share", title="None"))


def test_a_turning_run_shows_spells_money_conditions_and_limits_by_month():
    months, course = 61, np.linspace(0, 1, 61)
    figure = turning(
        {"health": [(0, 12), (24, 60)], "jobs_and_skills": []},
        {"pot spend": 5e4 * course},
        {"skills": course, "cohesion": 1 - course},
        {"Employment rate, %": (70 + course, [70.5])},
        start="2006-04",
        turned=36,
        title="Turning",
        events=[(36, "It tips"), (0, "Health joins"), (1, "The pot spends its first money")],
    )
    when = years("2006-04", months)
    members, purse, states, measure, numbers, told = figure.axes
    spells = [line.get_xdata() for line in members.lines if line.get_linewidth() == 4]
    assert spells == [pytest.approx([when[0], when[12]]), pytest.approx([when[24], when[60]])]
    assert [label.get_text() for label in members.get_yticklabels()] == ["health", "jobs and skills"]
    assert lines(purse)[0].get_ydata() == pytest.approx(50 * course)
    assert purse.get_title(loc="left") == "money, GBP thousand a month"
    assert [line.get_marker() for line in lines(states)] == list(MARKERS[:2])
    assert [line.get_ydata()[0] for line in measure.lines if line.get_linestyle() == ":"] == [70.5]
    for axis in (members, purse, states, measure):
        (tipped,) = [line for line in axis.lines if line.get_linestyle() == "--"]
        assert tipped.get_xdata()[0] == pytest.approx(when[36])
        assert axis.get_xlim() == members.get_xlim()
    assert {text.get_text(): text.get_position()[0] for text in numbers.texts} == pytest.approx(
        {"1": when[0], "2": when[1], "3": when[36]}
    )
    assert numbers.texts[0].get_position()[1] != numbers.texts[1].get_position()[1]  # too near for the same lane
    assert [text.get_text() for text in told.texts] == [
        "1  2006-04: Health joins",
        "2  2006-05: The pot spends its first money",
        "3  2009-04: It tips",
    ]


def test_a_run_that_does_not_turn_has_no_line_where_it_would_and_large_money_is_in_millions():
    figure = turning({}, {"pot": np.full(25, 2e7)}, {}, {}, start="2006-04", turned=None, title="It did not tip")
    assert not [line for axis in figure.axes for line in axis.lines if line.get_linestyle() == "--"]
    assert lines(figure.axes[1])[0].get_ydata() == pytest.approx(np.full(25, 20.0))
    said = words(figure)
    assert "money, GBP million a month" in said
    assert "tipped" not in said


# Sensitivity and discovery


def test_indices_stand_from_large_to_small_with_luck_below_and_a_floor_where_there_is_one():
    bars = Bars("jobs", "luck makes 20%", ["b", "a"], np.array([0.6, 0.1]), np.array([0.1, 0.05]), luck=0.2, floor=0.3)
    figure = indices([bars], axis_label="share", whole="ST", first="S1", title="T", level=0.9)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["b", "a", "luck"]
    assert [round(bar.get_width(), 3) for bar in figure.axes[0].patches] == [0.6, 0.1, 0.2]
    assert "ST, with 90% interval" in words(figure)
    assert lines_at(figure.axes[0], 0.3)


def test_a_morris_plane_numbers_what_leads_and_names_it_beside():
    effects = Effects("jobs", "jobs", ["small", "large"], np.array([1.0, 9.0]), np.ones(2), np.array([0.5, 2.0]))
    figure = morris([effects], title="T", level=0.95)
    assert "1 large 2 small" in words(figure)
    nothing = Effects("jobs", "jobs", ["a", "b"], np.zeros(2), np.zeros(2), np.zeros(2))
    assert png(morris([nothing], title="T", level=0.95))


def test_pairs_that_are_not_told_from_nothing_stand_in_brackets():
    pairs_of = np.array([[np.nan, 0.2, 0.05], [np.nan, np.nan, 0.3], [np.nan] * 3])
    figure = interactions(
        ["a", "b", "c"], np.array([0.3, 0.1, 0.0]), pairs_of, np.full((3, 3), 0.1), title="T", level=0.95
    )
    assert {"0.20", "(0.05)", "0.30", "0.00"} <= set(words(figure))


def test_a_tornado_shows_which_end_is_which():
    figure = tornado(["a"], (np.array([1.0]), np.array([0.1])), (np.array([3.0]), np.array([0.2])), mean=2.0, x_label="jobs",
                     title="T", level=0.95)  # fmt: skip
    at = {line.get_marker(): line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() in ("v", "^")}
    assert at == {"v": 1.0, "^": 3.0}


def test_a_box_is_drawn_to_the_edge_where_it_has_no_end():
    x = np.linspace(0, 1, 11)
    face = Face("says", Side("a", x, (0.5, None)), Side("b", x[::-1], (None, None)), x > 0.5, np.ones(11, bool))
    figure = boxes([face], interest="many jobs", title="T")
    (box,) = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    assert box.get_x() == 0.5
    assert box.get_x() + box.get_width() > 1
    assert box.get_y() < 0
    assert "many jobs" in words(figure)


def lines_at(axis, x):
    """Vertical lines at a value."""
    return [line for line in axis.lines if list(line.get_xdata()) == [x, x]]

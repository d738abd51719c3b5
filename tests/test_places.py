"""A nation's comparison: what is said of adopters, others and all is what the runs of the places add up to."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coalsim
from coalsim.analysis import compare_paired, paired_ratio
from coalsim.experiments import places
from coalsim.experiments.mapping import draw
from coalsim.indicators.distribution import OUTCOMES
from coalsim.policies.where import Where
from coalsim.scenario.nation import read_nation

SCENARIOS = Path(__file__).parents[1] / "scenarios"

MONTHS = 13


@pytest.fixture(scope="module")
def nation():
    """Ten districts of England; the growth coalition in four of them, or in all."""
    every = read_nation(SCENARIOS / "nation" / "england_2006.yaml")
    scenario = coalsim.load_scenario(
        SCENARIOS / "four_places.yaml", places=every[20::36], borders="open", sample=0.04, months=MONTHS
    )
    growth = scenario.options["growth_coalition"]
    some = growth.model_copy(update={"where": Where(at_random=4), "name": "Growth coalition in four"})
    options = {"business_as_usual": scenario.options["business_as_usual"], "somewhere": some, "everywhere": growth}
    changed = scenario.model_copy(update={"options": options})
    changed._folder = scenario.folder
    return changed


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("nation") / "results"


@pytest.fixture(scope="module")
def compared(nation, out):
    return coalsim.compare(nation, replicates=3, workers=1, out=out)


@pytest.fixture(scope="module")
def runs(nation):
    """The same runs one by one: by option, indicators (replicates, places, indicators), means of the last twelve months."""
    found = {}
    for option in nation.options:
        each = [coalsim.simulate(nation, policy=option, seed=k).model.indicators for k in range(3)]
        found[option] = {
            name: np.array([one.array()[-12:, :, k].mean(axis=0) for one in each])
            for k, name in enumerate(each[0].names)
        }
    return found


def adopting(nation):
    mask = np.zeros(10, dtype=bool)
    mask[nation.options["somewhere"].where.adopters(nation.places)] = True
    return mask


def test_sides_are_those_who_adopt_the_others_and_all(nation, compared):
    masks = places.sides(compared, "somewhere")
    assert list(masks) == ["adopters", "others", "nation"]
    assert (masks["adopters"] == adopting(nation)).all()
    assert (masks["adopters"] ^ masks["others"]).all()
    assert list(places.sides(compared, "everywhere")) == ["adopters", "nation"]


def test_jobs_and_people_of_each_side_are_the_sums_over_its_places(nation, compared, runs):
    adults = np.array([place.adults for place in nation.places])
    base, own = runs["business_as_usual"], runs["somewhere"]
    expected = {
        "jobs": own["jobs"] - base["jobs"],
        "residents_in_work": adults * (own["employment_rate"] - base["employment_rate"]),
        "jobs_held_by_residents": own["jobs"] * (1 - own["in_commuting"]) - base["jobs"] * (1 - base["in_commuting"]),
    }
    mask, reach = adopting(nation), compared.reach("somewhere")
    for side, of in (("adopters", mask), ("others", ~mask), ("nation", mask | ~mask)):
        assert reach.sides[side].places == of.sum()
        for name, change in expected.items():
            wanted = compare_paired(np.zeros(3), change[:, of].sum(axis=1))
            found = reach.sides[side].counts[name]
            assert (found.effect, found.low, found.high) == pytest.approx(
                (wanted.effect, wanted.low, wanted.high), rel=1e-9
            )
    jobs, held = expected["jobs"], expected["jobs_held_by_residents"]
    lost = paired_ratio(-jobs[:, ~mask].sum(axis=1), jobs[:, mask].sum(axis=1))
    leaks = paired_ratio((jobs - held)[:, mask].sum(axis=1), jobs[:, mask].sum(axis=1))
    assert (reach.displacement.value, reach.leakage.value) == pytest.approx((lost.value, leaks.value), rel=1e-9)
    assert compared.reach("everywhere").displacement is None


def test_over_the_nation_jobs_and_residents_in_work_change_alike(compared):
    for option in ("somewhere", "everywhere"):
        counts = compared.reach(option).sides["nation"].counts
        assert counts["jobs"].effect == pytest.approx(counts["residents_in_work"].effect, rel=0.01, abs=1)


def test_rates_of_a_side_are_means_over_its_residents(nation, compared, runs):
    mask = adopting(nation)
    adults = np.array([place.adults for place in nation.places], dtype=float)[mask]
    change = runs["somewhere"]["severe_deprivation"] - runs["business_as_usual"]["severe_deprivation"]
    found = compared.reach("somewhere").sides["adopters"].outputs["severe_deprivation"]
    assert found.effect == pytest.approx((change[:, mask] @ adults / adults.sum()).mean(), rel=1e-9)


def test_the_table_has_every_place_with_its_own_interval(nation, compared, runs):
    table = compared.place_effects()
    assert len(table) == 10 * 2 * 3
    for k, place in enumerate(nation.places):
        for output, better in (("employment_rate", "higher"), ("severe_deprivation", "lower")):
            row = table[
                (table["place"] == place.name) & (table["option"] == "somewhere") & (table["indicator"] == output)
            ].iloc[0]
            first, second = (runs[option][output][:, k] for option in ("business_as_usual", "somewhere"))
            wanted = compare_paired(first, second, better)
            assert (row["effect"], row["low"], row["high"]) == pytest.approx(
                (wanted.effect, wanted.low, wanted.high), rel=1e-9, abs=1e-12
            )
            assert row["p_better"] == pytest.approx(wanted.p_better, abs=1e-9)
            assert row["adopts"] == adopting(nation)[k]
            assert row["residents"] == place.adults


def test_who_gains_is_told_of_all_places_together(nation, compared):
    together = compared.distribution()
    assert set(together["locality"]) == {"all places"}
    rows = compared.ensemble.distribution(["qualification"])
    rows = rows[(rows["run_id"] == 0) & (rows["group"] == "none")]
    for outcome in set(OUTCOMES) - {"level_3_or_above"}:
        own = together[
            (together["group"] == "none")
            & (together["indicator"] == outcome)
            & (together["option"] == "business_as_usual")
        ]
        run_zero = np.average(rows[outcome], weights=rows["residents"])
        others = [
            np.average(part[outcome], weights=part["residents"])
            for _, part in compared.ensemble.distribution(["qualification"]).query("group == 'none'").groupby("run_id")
        ]
        assert run_zero == pytest.approx(others[0])
        assert own["mean"].iloc[0] == pytest.approx(np.mean([others[k] for k in (0, 3, 6)]))
    fifths = [group for group in together["group"].unique() if "deprived" in group]
    assert len(fifths) == 5


def test_it_is_told_as_a_nation(nation, compared):
    text = str(compared)
    assert f"({len(nation.places)} places;" in text
    assert "GROWTH COALITION IN FOUR: WHERE ADOPTED AND ELSEWHERE" in text
    assert "Displacement" in text
    assert "Leakage" in text
    assert "PLACES BY WHAT AN OPTION DOES THERE" in text
    assert nation.places[0].name.upper() not in text


def test_the_summary_and_the_folder_hold_every_place(compared, out):
    summary = json.loads((out / "summary.json").read_text())
    sides = summary["nation"]["somewhere"]["sides"]
    assert sides["adopters"]["places"] + sides["others"]["places"] == sides["nation"]["places"] == 10
    assert sides["adopters"]["jobs"]["effect"] == pytest.approx(
        compared.reach("somewhere").sides["adopters"].counts["jobs"].effect
    )
    assert summary["nation"]["everywhere"]["displacement"] is None
    stored = pd.read_parquet(out / "places.parquet")
    assert stored["effect"].tolist() == compared.place_effects()["effect"].tolist()
    for name in ("map", "spread", "ranking", "groups"):
        assert (out / "figures" / f"{name}.png").stat().st_size > 10_000


def test_four_places_are_told_one_by_one(four_places):
    found = coalsim.compare(four_places, replicates=2, workers=1, months=6, sample=0.05)
    assert "WALSALL" in str(found)
    assert found.summary()["nation"] is None


# Maps from the shell


def coal(*arguments):
    command = [sys.executable, "-m", "coalsim.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_map_of_a_comparison_is_drawn(compared, out, tmp_path):
    done = coal("map", out, "--output", "severe_deprivation", "--figure", tmp_path / "map.svg")
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "map.svg"))
    assert "Growth coalition in four" in draw(out).axes[0].get_title(loc="left")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--output", "employment"), "employment"),
        (("--output", "tipped"), "a map needs an indicator"),
        (("--boundaries", "nothing.geojson"), "nothing.geojson: it cannot be read as shapes"),
        (("--figure", "/dev/null/map.png"), "--figure /dev/null/map.png: it cannot be written"),
        (("--figure", "map.nothing"), "map.nothing: it cannot be written"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused_in_a_line(compared, out, arguments, words):
    done = coal("map", out, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_nations_run_is_told_kept_and_drawn(tmp_path):
    scenarios = tmp_path / "scenarios"
    for folder in ("nation", "worlds", "policies", "places"):
        (scenarios / folder).mkdir(parents=True)
        for file in (SCENARIOS / folder).iterdir():
            (scenarios / folder / file.name).write_bytes(file.read_bytes())
    table = scenarios / "nation" / "england_2006.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:11]))
    (scenarios / "nation" / "small.yaml").write_text("{name: Ten districts, districts: england_2006.csv, number: 10}")
    (scenarios / "small.yaml").write_text(
        "{name: Ten districts, nation: nation/small.yaml, borders: open, world: worlds/steady.yaml, start: 2006-04, months: 14,"
        " options: [policies/business_as_usual.yaml, policies/growth_coalition.yaml], sample: 0.04}"
    )
    out = tmp_path / "run"
    done = coal("run", scenarios / "small.yaml", "--out", out, "--threads", 2)
    assert done.returncode == 0, done.stderr
    assert "10 places: " in done.stdout
    assert "places: tenth / median / nine tenths" in done.stdout
    run = coalsim.simulate(scenarios / "small.yaml", seed=0)
    assert run.fingerprint in done.stdout
    kept = pd.read_parquet(out / "indicators").astype({"locality": str}).set_index(["locality", "month"]).sort_index()
    same = run.indicators.sort_index()
    assert kept[list(same.columns)].to_numpy().tolist() == same.to_numpy().tolist()
    ledger = pd.read_parquet(out / "ledger.parquet")
    pd.testing.assert_frame_equal(ledger.astype(object), run.ledger.astype(object))
    events = pd.read_parquet(out / "events.parquet")
    assert events.to_numpy().tolist() == run.events.to_numpy().tolist()
    again = coal("map", out, "--output", "jobs")
    assert (again.returncode, Path(again.stdout.strip()).name) == (0, "map.png")


def test_a_nation_that_does_not_fit_into_memory_is_refused(monkeypatch):
    monkeypatch.setenv("COALSIM_MEMORY", "1GiB")
    for command in (("run",), ("compare",)):
        done = coal(*command, SCENARIOS / "england_2006.yaml")
        assert done.returncode == 2
        assert "a sample of 0." in done.stderr
        assert "Traceback" not in done.stderr


# A reach, shown


def test_a_reach_has_a_row_for_each_side_and_quantity(compared):
    found = compared.reach("somewhere")
    table = found.table().set_index(["side", "quantity"])
    jobs = found.sides["others"].counts["jobs"]
    assert tuple(table.loc[("others", "jobs"), ["value", "low", "high"]]) == (jobs.effect, jobs.low, jobs.high)
    assert table.loc[("adopters", "leakage"), "value"] == found.leakage.value
    units = {"jobs", "persons", "1", "sectors", "share of places", "share of their jobs"}
    assert set(table["unit"]) == units
    assert "displacement" not in set(compared.reach("everywhere").table()["quantity"])


def test_jupyter_shows_a_reach_in_words_and_as_a_table(compared):
    found = compared.reach("somewhere")
    shown = found._repr_html_()
    assert shown.startswith("<p>Growth coalition in four, jobs where it is adopted: ")
    assert shown.count("<tr>") == 1 + len(found.table())


def test_a_reach_is_drawn_side_by_side(compared):
    found = compared.reach("somewhere")
    jobs, *_ = found.plot().axes
    assert [text.get_text() for text in jobs.get_yticklabels()] == ["where adopted", "elsewhere", "all places"]
    drawn = [line.get_xdata()[0] for line in jobs.lines if line.get_marker() == "o"]
    assert drawn == pytest.approx(
        [found.sides[side].counts["jobs"].effect for side in ("adopters", "others", "nation")]
    )

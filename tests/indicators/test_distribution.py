"""Who gains: outcomes by group, right by hand, adding up to the whole, means over months."""

from types import SimpleNamespace

import numpy as np
import pytest

import coalsim
from coalsim.indicators.distribution import COLUMNS, GROUPINGS, OUTCOMES, Distribution, parts
from coalsim.names import EMPLOYED, INACTIVE, QUALIFICATIONS, UNEMPLOYED

BY_PLACE = ["severe_deprivation", "mean_deprivation", "place_quality"]


def recorded(*models):
    """The table of some months."""
    distribution = Distribution()
    for model in models:
        distribution.record(model)
    return distribution.table()


def town(*people, deprivation=(0.5, 1.5, 0.0, 2.0), quality=(0.5, 0.4, 0.6, 0.2)):
    """A place of four neighbourhoods whose residents are (neighbourhood, status, level, ill), each standing for ten."""
    counts = np.zeros((4, 3, 5, 2), dtype=np.int64)
    for cell in people:
        counts[cell] += 1
    place = SimpleNamespace(
        name="Town", weight=10.0, people=counts, deprivation=np.array(deprivation), quality=np.array(quality),
        geography=SimpleNamespace(deprivation=np.array([0.5, 1.0, 0.0, 1.0])),
    )  # fmt: skip
    return SimpleNamespace(localities=[place])


PEOPLE = (
    (0, EMPLOYED, 0, 0), (0, UNEMPLOYED, 0, 1),
    (1, EMPLOYED, 3, 0), (1, INACTIVE, 0, 1),
    (2, EMPLOYED, 4, 1), (2, EMPLOYED, 2, 0),
    (3, UNEMPLOYED, 0, 0), (3, INACTIVE, 2, 0),
)  # fmt: skip
NAN = np.nan
BY_HAND = {  # residents, employed, unemployed of active, inactive, level 3+, ill, severely deprived, deprivation, quality
    ("all", "all"): (80, 4 / 8, 2 / 6, 2 / 8, 2 / 8, 3 / 8, 4 / 8, 1.0, 0.425),
    # Neighbourhoods 2 and 4 tie at the start: the lower number counts as the more deprived.
    ("deprivation at the start", "most deprived quarter"): (20, 1 / 2, 0, 1 / 2, 1 / 2, 1 / 2, 1, 1.5, 0.4),
    ("deprivation at the start", "second most deprived quarter"): (20, 0, 1, 1 / 2, 0, 0, 1, 2.0, 0.2),
    ("deprivation at the start", "least deprived quarter"): (20, 1, 0, 0, 1 / 2, 1 / 2, 0, 0.0, 0.6),
    # Without qualification: two live in the first neighbourhood, one in the second, one in the fourth.
    ("qualification", "none"): (40, 1 / 4, 2 / 3, 1 / 4, 0, 2 / 4, 2 / 4, 4.5 / 4, 1.6 / 4),
    ("qualification", "level 1"): (0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN),
    ("health", "limiting illness"): (30, 1 / 3, 1 / 2, 1 / 3, 1 / 3, 1, 1 / 3, 2 / 3, 0.5),
    ("neighbourhood", "4"): (20, 0, 1, 1 / 2, 0, 0, 1, 2.0, 0.2),
}


@pytest.mark.parametrize(("group", "values"), BY_HAND.items(), ids=lambda value: "-".join(map(str, value)))
def test_outcomes_of_a_small_town_are_those_counted_by_hand(group, values):
    table = recorded(town(*PEOPLE)).set_index(["grouping", "group"])
    assert table.loc[group, ["residents", *OUTCOMES]].tolist() == pytest.approx(values, nan_ok=True)


def test_a_rate_is_the_mean_over_the_months_with_somebody_to_count():
    months = town(*PEOPLE), town(*PEOPLE, (0, EMPLOYED, 1, 0)), town(*PEOPLE, (0, INACTIVE, 1, 0))
    row = recorded(*months).set_index("group").loc["level 1"]
    assert row[["residents", "employment_rate", "unemployment_rate"]].tolist() == pytest.approx([20 / 3, 0.5, 0.0])


@pytest.mark.parametrize("n", [4, 5, 8, 169])
def test_parts_by_deprivation_are_as_equal_as_can_be_and_the_worst_comes_first(n):
    start = np.random.default_rng(1).permutation(n).astype(float)
    people = np.zeros((n, 3, 5, 2), dtype=np.int64)
    people[:, 0, 0, 0] = 1
    place = SimpleNamespace(
        name="", weight=1, people=people, deprivation=start, quality=start, geography=SimpleNamespace(deprivation=start)
    )
    table = recorded(SimpleNamespace(localities=[place])).query("grouping == 'deprivation at the start'")
    assert table["group"].tolist() == list(parts(n))
    assert len(table) == min(n, 5)
    assert table["residents"].sum() == n
    assert np.ptp(table["residents"]) <= 1
    ranked = np.sort(start)[::-1]
    assert table["mean_deprivation"].iloc[0] == ranked[: int(table["residents"].iloc[0])].mean()
    assert table["mean_deprivation"].is_monotonic_decreasing


def test_there_is_no_row_before_a_month_is_recorded():
    table = Distribution().table()
    assert table.columns.tolist() == list(COLUMNS)
    assert table.empty


@pytest.fixture(scope="module")
def months(small):
    """The tables of two months of a small Walsall, of both together, and the model after them."""
    model, both = coalsim.CoalitionModel(small, policy="growth_coalition", rng=1), Distribution()
    tables = []
    for _ in range(2):
        model.step()
        both.record(model)
        tables.append(recorded(model))
    return *tables, both.table(), model


def test_rows_come_in_the_order_of_the_declarations(months):
    table = months[2]
    assert table["grouping"].unique().tolist() == [grouping.name for grouping in GROUPINGS]
    for grouping in GROUPINGS:
        assert table.loc[table["grouping"] == grouping.name, "group"].tolist() == list(grouping.groups(169))
        assert grouping.doc.endswith(".")
    assert table.loc[table["grouping"] == "qualification", "group"].tolist() == list(QUALIFICATIONS)


def test_the_whole_is_what_the_indicators_say(months):
    _, table, _, model = months
    whole, said = table.iloc[0], model.indicators.table().iloc[-1]
    assert whole[list(OUTCOMES)].tolist() == said[list(OUTCOMES)].tolist()  # the same sums in the same order
    assert whole["residents"] == pytest.approx(model.localities[0].place.adults)


@pytest.mark.parametrize("grouping", [grouping.name for grouping in GROUPINGS])
def test_groups_add_up_to_the_whole(months, grouping):
    table = months[0]
    whole, groups = table.iloc[0], table[(table["grouping"] == grouping) & (table["residents"] > 0)]
    assert groups["residents"].sum() == pytest.approx(whole["residents"])
    for outcome in set(OUTCOMES) - {"unemployment_rate"}:
        assert (groups[outcome] * groups["residents"]).sum() == pytest.approx(whole[outcome] * whole["residents"])
    active = groups["residents"] * (1 - groups["inactivity_rate"])
    jobless = (groups["unemployment_rate"] * active)[active > 0].sum()
    assert jobless == pytest.approx(whole["unemployment_rate"] * (1 - whole["inactivity_rate"]) * whole["residents"])


def test_two_months_together_are_the_mean_of_each(months):
    first, second, both, _ = months
    numbers = ["residents", *OUTCOMES]
    assert np.allclose(both[numbers], (first[numbers] + second[numbers]) / 2, rtol=1e-12, atol=0, equal_nan=True)


def test_every_place_has_its_own_rows_whatever_the_threads(four_places):
    tables = []
    for threads in (1, 3):
        distribution = Distribution()
        coalsim.simulate(four_places, seed=1, months=3, threads=threads, on_month=distribution.record)
        tables.append(distribution.table())
    assert tables[0].equals(tables[1])
    assert tables[0]["locality"].unique().tolist() == [place.name for place in four_places.places]
    assert np.isfinite(tables[0].query("grouping != 'neighbourhood'")[BY_PLACE]).all(axis=None)


def test_recording_changes_nothing(small):
    runs = [coalsim.simulate(small, seed=1, months=3, on_month=watch) for watch in (None, Distribution().record)]
    assert runs[0].fingerprint == runs[1].fingerprint

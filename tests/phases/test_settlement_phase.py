"""Grants of a year add up to the settlement to the penny; Aprils settle, and those of review years review."""

import pytest

from coalsim.phases import settlement


def grants(model):
    """Pence of this month's grant by locality and body."""
    return [
        [model.ledger.flow(place.name, body.name, "grant") for body in place.partners] for place in model.localities
    ]


def run(model, month):
    model.month = month
    model.ledger.open_month(month)
    settlement.run(model)
    return grants(model)


def test_twelve_months_pay_the_settlement_and_no_month_a_penny_more_than_its_part(model_of):
    model = model_of("two", policy="business_as_usual")
    settled = [[body.settlement for body in place.partners] for place in model.localities]
    paid = [run(model, month) for month in range(12)]
    for p, bodies in enumerate(settled):
        for b, year in enumerate(bodies):
            of_month = [month[p][b] for month in paid]
            assert sum(of_month) == year
            assert max(of_month) - min(of_month) <= 1
            assert of_month == [year * (m + 1) // 12 - year * m // 12 for m in range(12)]


def test_later_years_pay_their_settlement_month_by_month_too(model_of):
    model = model_of("two", policy="business_as_usual")
    run(model, 12)
    settled = [[body.settlement for body in place.partners] for place in model.localities]
    for month in range(13, 24):
        m = month % 12
        parts = [[year * (m + 1) // 12 - year * m // 12 for year in bodies] for bodies in settled]
        assert run(model, month) == parts


@pytest.mark.parametrize(("start", "months", "reviews"), [
    ("2006-04", {12, 24, 36, 48, 60, 72, 84, 96, 108}, {36, 72, 108}),
    ("2006-05", {11, 23, 35, 47, 59, 71, 83, 95, 107, 119}, {47, 83, 119}),
    ("2007-01", {3, 15, 27, 39, 51, 63, 75, 87, 99, 111}, {39, 75, 111}),
])  # fmt: skip
def test_aprils_settle_and_those_after_every_third_year_review(model_of, monkeypatch, start, months, reviews):
    model, settled = model_of("one", start=start), {}
    monkeypatch.setattr(settlement, "settle", lambda model, is_review: settled.__setitem__(model.month, is_review))
    for month in range(120):
        run(model, month)
    assert set(settled) == months
    assert {month for month, is_review in settled.items() if is_review} == reviews


@pytest.mark.parametrize("is_review", [False, True])
def test_settling_leaves_bodies_what_central_government_says(model_of, is_review):
    for name in ("two", "nation"):
        model, other = model_of(name), model_of(name)
        for one in (model, other):
            for place in one.localities:
                for k, body in enumerate(place.partners):
                    body.demand_now = body.demand_settled * (1.1 if place.index else 0.97 + k / 100)
        planned = [[other.government.settle(body, is_review) for body in place.partners] for place in other.localities]
        own = [[body.settlement for body in place.partners] for place in other.localities]
        settlement.settle(model, is_review)
        found = [[body.settlement for body in place.partners] for place in model.localities]
        if not (is_review and name == "nation"):
            assert found == own
            continue
        # What is planned for the nation is shared in proportion to what each would get by itself.
        for b in range(8):
            whole, parts = sum(row[b] for row in planned), [row[b] for row in own]
            assert sum(row[b] for row in found) == whole
            assert [row[b] for row in found] == pytest.approx([whole * part / sum(parts) for part in parts], abs=1)
            assert parts != [row[b] for row in found]


def test_programme_money_is_taken_out_of_grants_in_proportion_to_what_is_free(model_of):
    model = model_of("two", budget_neutral=True)
    free = run(model, 5)
    owed = [123_457, 0]
    for place, pence in zip(model.localities, owed):
        place.top_slice = pence
    cut = run(model, 5)
    for place, before, after, pence in zip(model.localities, free, cut, owed):
        weights = [body.free_at_start for body in place.partners]
        assert sum(before) - sum(after) == pence
        assert [b - a for b, a in zip(before, after)] == pytest.approx(
            [pence * w / sum(weights) for w in weights], abs=1
        )
        assert place.top_slice == 0


def test_what_a_grant_cannot_bear_is_owed_for_the_next_month(model_of):
    model = model_of("one", budget_neutral=True)
    place = model.localities[0]
    whole = run(model, 3)[0]
    owed = 2 * sum(whole)
    place.top_slice = owed
    paid = run(model, 3)[0]
    weights = [body.free_at_start for body in place.partners]
    cuts = [owed * weight / sum(weights) for weight in weights]
    assert paid == pytest.approx([max(0, grant - cut) for grant, cut in zip(whole, cuts)], abs=1)
    assert place.top_slice == pytest.approx(sum(max(0, cut - grant) for grant, cut in zip(whole, cuts)), abs=8)
    assert place.top_slice > 0


def test_nothing_is_taken_unless_the_scenario_is_budget_neutral(model_of):
    model = model_of("two")
    for place in model.localities:
        place.top_slice = 500
    assert settlement.top_slices(model) == [0, 0]


def test_a_nation_bears_programme_money_together(model_of):
    model = model_of("nation", budget_neutral=True)
    for place, pence in zip(model.localities, (1_000_000, 1)):
        place.top_slice = pence
    free = [sum(body.free_at_start for body in place.partners) for place in model.localities]
    slices = settlement.top_slices(model)
    assert sum(slices) == 1_000_001
    assert slices == pytest.approx([1_000_001 * one / sum(free) for one in free], abs=1)
    closed = model_of("two", budget_neutral=True)
    for place, pence in zip(closed.localities, (1_000_000, 1)):
        place.top_slice = pence
    assert settlement.top_slices(closed) == [1_000_000, 1]

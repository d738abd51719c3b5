"""Money from outside: the area grant, extra money in silos, and retained growth."""

import numpy as np
import pytest

from coalsim.ledger import GOVERNMENT
from coalsim.names import BODIES
from coalsim.policies import GrowthRetention

POPULATION = 259_454  # of Walsall, all ages, ONS mid-2006


def test_an_area_grant_pays_a_twelfth_of_its_amount_per_head_each_month(run_with, received):
    run = run_with({"area_grant": {"start": 3, "end": 9, "per_head": 27}})
    paid = received(run, "coalition", "area_grant")
    assert paid.index.tolist() == list(range(3, 9))
    assert set(paid) == {round(100 * 27 * POPULATION / 12)}
    assert (run.indicators["programme_money"].loc[4:9] == 27 * POPULATION / 12).all()


def test_an_area_grant_goes_to_renewal_areas_only_unless_told_otherwise(run_with, received):
    other = {"place.governance.neighbourhood_renewal": False}
    grant = {"end": 3}
    assert received(run_with({"area_grant": grant}, **other), "coalition", "area_grant").empty
    everywhere = run_with({"area_grant": {**grant, "renewal_areas_only": False}}, **other)
    assert len(received(everywhere, "coalition", "area_grant")) == 3


def test_an_area_grant_is_spent_by_the_plan_whoever_pools(run_with, received):
    run = run_with({"area_grant": {"end": 3}})
    spent = -received(run, "coalition", "pot_spend") - received(run, "coalition", "transaction")
    assert spent.tolist() == received(run, "coalition", "area_grant").tolist()


def test_extra_money_raises_siloed_spend_by_exactly_its_amount(run_with, received):
    # Without feedbacks demand is the same in both runs, so what is added is what is spent more, to the penny.
    extra = {"start": 2, "end": 20, "ramp": 5, "per_head": 30}
    runs = [run_with(policy, world="no_feedback") for policy in ({}, {"extra_money": extra})]
    siloed = [sum(-received(run, body, "siloed") for body in BODIES) for run in runs]
    more = siloed[1] - siloed[0]
    strength = np.array([min(1, (month - 1) / 6) if 2 <= month < 20 else 0 for month in range(24)])
    assert more.tolist() == [round(100 * 30 * s * POPULATION / 12) for s in strength]


def test_extra_money_is_shared_as_discretionary_money_was(model_with, received):
    model = model_with({"extra_money": {"per_head": 30}})
    partners = model.localities[0].partners
    given = np.array([model.ledger.flow("Walsall", partner.name, "extra_grant") for partner in partners])
    free = np.array([partner.free_at_start for partner in partners])
    assert given.sum() == round(100 * 30 * POPULATION / 12)
    assert np.abs(given - given.sum() * free / free.sum()).max() < 1  # largest remainder


def test_retained_growth_is_labgis_share_of_growth_and_nothing_for_a_fall():
    # R (Slough) v SSCLG (2008): 0.415 times the growth of rateable value, 70% of it in year 1.
    assert GrowthRetention().grant(1_000_000) == pytest.approx(0.415 * 0.7 * 1_000_000)
    assert GrowthRetention().grant(0) == 0
    assert GrowthRetention().grant(-5) == 0


@pytest.fixture(scope="module")
def retaining(run_with):
    """A target that falls by a tenth a year, so that there is growth above it."""
    return run_with({"growth_retention": {"target_growth": -0.1}}, months=30)


def test_growth_is_rewarded_each_april_by_the_jobs_that_came(retaining, received):
    paid = received(retaining, "coalition", "retained_growth")
    jobs = retaining.indicators["jobs"]
    assert paid.index.tolist() == [12, 24]  # the scenario starts in April
    for years, month in enumerate(paid.index, start=1):
        value = 1950 * (jobs[month] - jobs[0] * (1 - 0.1 * years))  # GBP of rateable value a job
        assert paid[month] == pytest.approx(100 * 0.415 * 0.7 * value, abs=1)


def test_growth_below_its_target_earns_nothing(run_with, received):
    run = run_with({"growth_retention": {"target_growth": 0.1}}, months=26)
    assert received(run, "coalition", "retained_growth").empty


def test_every_grant_comes_from_central_government(run_with, received):
    run = run_with({"area_grant": {}, "extra_money": {}, "growth_retention": {"target_growth": -0.1}})
    for kind in ("area_grant", "extra_grant", "retained_growth"):
        paid = -received(run, GOVERNMENT, kind)
        got = sum(received(run, body, kind).sum() for body in (*BODIES, "coalition"))
        assert paid.sum() == got > 0

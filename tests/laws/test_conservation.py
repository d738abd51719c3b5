"""Nobody, no post, no business and no penny appears or vanishes, in any month of any drawn scenario.

What is counted here is counted from the columns and the ledger, beside what the model counts and checks itself.
"""

import numpy as np
import pytest
from drawn import law, scenarios, seeds
from hypothesis import given

from coalsim import Business, CoalitionModel, Resident
from coalsim.indicators import indicators
from coalsim.kernels import enterprise, residents
from coalsim.ledger import GOVERNMENT, PROVIDERS
from coalsim.names import EMPLOYED, OUTSIDE

pytestmark = pytest.mark.slow

SIGNED = {"mean_deprivation", "trust"}
# Claimants follow the unemployed with an elasticity above 1, so where few were unemployed at the start nothing bounds them.
UNBOUNDED = {"claimant_rate"}


def rows(model, kind, part):
    return {name: column[part].copy() for name, column in ((n, model.tables[kind][n]) for n in model.tables[kind])}


class Before:
    """A place as it was a month ago."""

    def __init__(self, model, place):
        self.people, self.firms = rows(model, Resident, place.homes), rows(model, Business, place.slots)


@law
@given(scenarios(), seeds)
def test_people_posts_businesses_and_money_balance(scenario, seed):
    model = CoalitionModel(scenario, policy="drawn", rng=seed)
    beyond = working_elsewhere(model) - held_from_elsewhere(model)
    while model.running:
        before = [Before(model, place) for place in model.localities]
        model.step()
        for place, was in zip(model.localities, before):
            now = Before(model, place)
            people(place, was.people, now.people)
            posts(place, now.people, now.firms)
            businesses(place, was.firms, now.firms)
            nothing_impossible(model, place, now)
        if scenario.borders == "open":  # what one place loses another wins
            assert working_elsewhere(model) - held_from_elsewhere(model) == beyond
    pence(model)


def working_elsewhere(model):
    return int((model.tables[Resident]["employer"] == OUTSIDE).sum())


def held_from_elsewhere(model):
    firms = model.tables[Business]
    return int(firms["commuters_higher"].sum() + firms["commuters_other"].sum())


def people(place, was, now):
    """Each home has one resident, who goes on or is succeeded; those who go on fall ill, recover and learn one by one."""
    flows = dict(zip(residents.FLOWS, place.resident_flows.sum(axis=0).tolist()))
    assert place.people.sum() == place.homes.stop - place.homes.start == now["status"].size
    moved = now["occupant"] - was["occupant"]
    assert set(np.unique(moved)) <= {0, 1}
    assert moved.sum() == flows["moved"]
    stay = moved == 0
    fell_ill = stay & now["is_ill"] & ~was["is_ill"]
    recovered = stay & ~now["is_ill"] & was["is_ill"]
    assert (fell_ill.sum(), recovered.sum()) == (flows["fell_ill"], flows["recovered"])
    learned = (now["qualification"] - was["qualification"])[stay]
    assert set(np.unique(learned)) <= {0, 1}
    assert learned.sum() == flows["learned"]


def posts(place, now, firms):
    """Filled posts are residents in work, less those who work elsewhere, and those who come; each employer lives here."""
    employer, in_work = now["employer"], now["status"] == EMPLOYED
    here = employer[employer >= 0] - place.slots.start
    assert np.array_equal(in_work, (employer >= 0) | (employer == OUTSIDE))
    assert np.array_equal(np.bincount(here, minlength=firms["residents"].size), firms["residents"])
    commuters = firms["commuters_higher"] + firms["commuters_other"]
    filled = firms["residents"] + commuters
    assert not filled[~firms["is_alive"]].any()
    assert filled.sum() == in_work.sum() - (employer == OUTSIDE).sum() + commuters.sum() == place.n_jobs


def businesses(place, was, now):
    """The stock changes by births less deaths, and commuters by those hired less those who have left."""
    flows = place.business_flows
    assert now["is_alive"].sum() - was["is_alive"].sum() == flows[enterprise.BIRTHS] - flows[enterprise.DEATHS]
    assert (now["occupant"] - was["occupant"]).sum() == flows[enterprise.BIRTHS]
    commuters = [firms["commuters_higher"].sum() + firms["commuters_other"].sum() for firms in (was, now)]
    assert commuters[1] - commuters[0] == place.hired[2:].sum() - flows[enterprise.COMMUTERS_LEFT]


def nothing_impossible(model, place, now):
    """Counts from 0, shares from 0 to 1, conditions within their bounds, every number finite."""
    for name, column in (now.people | now.firms).items():
        assert name in ("employer", "shock") or column.min() >= 0, name
    values = dict(zip(model.indicators.names, model.indicators.rows[-1][place.index].tolist()))
    for name, value in values.items():
        assert np.isfinite(value), name
        assert value >= 0 or name in SIGNED, (name, value)
        assert value <= 1 or indicators[name].unit != "1" or name in UNBOUNDED, (name, value)
    assert -1 <= values["trust"] <= 1
    assert max(values[name] for name in ("leadership", "evidence", "place_quality")) <= 1
    assert place.condition.min() >= 0.01
    assert place.condition.max() <= 0.99
    assert place.spend.min() >= 0
    assert place.need.min() > 0


def pence(model):
    """Each month's payments are whole pence that sum to zero in each place; nobody keeps or owes any, the two ends aside."""
    ledger = model.ledger.table()
    assert ledger["pence"].dtype == np.int64
    assert (ledger.groupby(["month", "locality"])["pence"].sum() == 0).all()
    sums = ledger.groupby(["month", "locality", "body"])["pence"].sum()
    assert not sums.drop([GOVERNMENT, PROVIDERS], level="body").any()
    assert (sums.xs(PROVIDERS, level="body") >= 0).all()
    held = ledger.groupby(["locality", "body"])["pence"].sum().to_dict()
    assert {key: pence for key, pence in model.ledger.balances.items() if pence} == {k: v for k, v in held.items() if v}
    assert all(type(amount) is int for amount in model.ledger.balances.values())

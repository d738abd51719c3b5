"""Nothing acts before its month, and a run may stop and go on: bit for bit, since every draw has its month in its address."""

import pytest
from drawn import (
    MOST,
    differences,
    go_on,
    law,
    policies,
    run,
    scenarios,
    seeds,
    shocks,
    told,
    with_,
)  # fmt: skip
from hypothesis import given
from hypothesis import strategies as st

from coalsim.scenario.calendar import Month
from coalsim.scenario.world import World

pytestmark = pytest.mark.slow


@law
@given(scenarios(), shocks(first=0, last=22, most=0.05), seeds)
def test_a_shock_changes_nothing_before_its_month(scenario, shock, seed):
    """Its size is 0 until then, and a neutral cycle leaves every rate as it is."""
    month = Month.parse(scenario.start).until(Month.parse(shock["start"]))
    known = scenario.world.model_dump(mode="json")
    shocked = with_(scenario, world=World.model_validate({**known, "shocks": [*known["shocks"], shock]}))
    month = min(max(month, 0), scenario.months)
    assert differences(told(run(scenario, seed=seed, months=month)), told(run(shocked, seed=seed, months=month))) == []


@law
@given(st.data(), st.integers(1, MOST), seeds)
def test_a_policy_changes_nothing_before_it_starts(data, month, seed):
    """Only instruments in force act. When money ends is known from the start, so the verdict of tipping is left aside."""
    scenario = data.draw(scenarios(policy=lambda where: policies(where, first=month, last=month + 6)))
    first = min(one.start for one in scenario.options["drawn"].instruments.values())
    months = min(first, scenario.months)  # from the scenario's end on: one that starts later never acts
    with_it, without = (told(run(scenario, policy, seed, months), verdict=False) for policy in ("drawn", "nothing"))
    assert differences(with_it, without) == []


@law
@given(scenarios(), st.integers(1, 6), seeds)
def test_a_longer_run_begins_as_the_shorter_one(scenario, more, seed):
    """Nobody knows when the scenario ends."""
    longer = run(with_(scenario, months=scenario.months + more), seed=seed, months=scenario.months)
    assert differences(told(run(scenario, seed=seed)), told(longer)) == []


@law
@given(scenarios(), st.data(), seeds)
def test_a_run_goes_on_from_a_snapshot(scenario, data, seed):
    """A snapshot holds the whole state, and no draw depends on what was drawn before."""
    stop = data.draw(st.integers(0, scenario.months))
    whole = run(scenario, seed=seed)
    again = run(scenario, seed=seed, months=stop, threads=2).snapshot().restore()
    go_on(again, scenario.months)
    assert differences(told(whole), told(again)) == []
    assert whole.snapshot().state == again.snapshot().state


@law
@given(st.data(), seeds)
def test_a_policy_adopted_later_is_one_that_starts_later(data, seed):
    """To adopt a policy in a month is to have had all along one whose instruments start then.

    Since months of instruments count from the scenario's start, and nothing acts before its month; the verdict aside.
    """
    start = data.draw(st.integers(1, MOST))
    scenario = data.draw(scenarios(policy=lambda where: policies(where, first=start, last=start + 4)))
    month = min(start, scenario.months)
    model = run(scenario, "nothing", seed, month)
    model.adopt(scenario.options["drawn"])
    go_on(model, scenario.months)
    assert differences(told(run(scenario, seed=seed), verdict=False), told(model, verdict=False)) == []

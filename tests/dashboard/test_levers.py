"""Levers: what declarations say of themselves."""

from pathlib import Path

import pytest

from coalsim.dashboard.levers import FIRST, Lever, levers
from coalsim.loading import load_scenario, override

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def walsall():
    return load_scenario(SCENARIOS / "walsall.yaml")


@pytest.fixture(scope="module")
def known(walsall):
    return levers(walsall)


def test_a_share_is_as_the_last_option_has_it_within_its_bounds(known):
    share = known["policy.pooled_fund.share"]
    assert (share.value, share.low, share.high, share.step) == (0.4, 0.0, 1.0, 0.01)
    assert share.label == "pooled fund: share"
    assert "discretionary money" in share.help
    assert "policy.pooled_fund.share" in share.help


def test_a_parameter_of_the_world_has_unit_range_and_source(walsall, known):
    engaged = known["world.life.engaged_share"]
    assert (engaged.value, engaged.low, engaged.high) == (0.1, 0.05, 0.2)
    assert "assumption" in engaged.help
    assert known["world.life.recovery_rate"].label == "life: recovery rate (1/month)"
    changed = override(walsall, "world.life.engaged_share", 0.4)
    assert levers(changed)["world.life.engaged_share"].high == 0.4  # the slider reaches what is set


def test_words_and_yes_or_no_can_be_chosen(known):
    assert known["policy.performance_management.focus"].choices == ("outcomes", "outputs")
    assert known["policy.pooled_fund.mandatory"].choices == (False, True)


def test_dates_end_with_the_run_and_money_where_it_makes_sense(walsall, known):
    assert (known["policy.pooled_fund.end"].value, known["policy.pooled_fund.end"].high) == (120, walsall.months)
    assert known["policy.pooled_fund.end"].is_whole
    assert known["policy.convening_support.cost"].high == 2_000_000  # 300,000 now, 50 million allowed
    short = levers(override(walsall, "months", 60))
    assert short["policy.pooled_fund.end"].high == 120  # not below what it is


def test_those_shown_at_first_are_there(known):
    assert set(FIRST) <= set(known)


def test_every_lever_can_be_put_to_both_ends(walsall, known):
    refused = []
    for path, lever in known.items():
        for value in lever.choices or (lever.low, lever.high):
            whole = int(value) if lever.is_whole else value
            try:
                override(walsall, path, whole)
            except ValueError:
                refused.append((path, value))
    # Beginning after its own end, or ending at its beginning, makes no sense; the field says so.
    assert {path.rpartition(".")[2] for path, _ in refused} <= {"start", "end", "ramp", "pot", "brands"}, refused


def test_no_lever_is_without_meaning_and_source(known):
    assert len(known) > 100
    for lever in known.values():
        assert lever.doc
        assert lever.source
        assert lever.choices or lever.low <= lever.value <= lever.high
        assert lever.choices or lever.step > 0


def test_a_lever_without_range_of_its_own():
    assert Lever("policy.x.y", 0.5).label == "x: y"


def test_a_lever_takes_values_of_its_kind(known):
    share, cycle = known["policy.pooled_fund.share"], known["policy.performance_management.cycle"]
    assert share.takes(0.5)
    assert share.takes(7)  # its bounds are looked at elsewhere
    assert not share.takes("much")
    assert not share.takes(True)
    assert cycle.takes(12)
    assert not cycle.takes(12.5)
    assert known["policy.performance_management.focus"].takes("outputs")
    assert not known["policy.performance_management.focus"].takes("inputs")
    assert not known["policy.pooled_fund.mandatory"].takes(1)

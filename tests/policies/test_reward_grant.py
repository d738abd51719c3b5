"""The reward grant: schedule 4 of the Isle of Wight's Local Public Service Agreement (2002)."""

import pytest

from coalsim.policies import RewardGrant


def test_the_isle_of_wights_largest_reward():
    # 2.5% of a net budget requirement of GBP 132,993,000: GBP 3,324,825.
    assert RewardGrant().reward([1.0] * 12, 132_993_000) == pytest.approx(3_324_825)


@pytest.mark.parametrize(("attained", "share"), [(0, 0), (0.59, 0), (0.6, 0.6), (0.8, 0.8), (1, 1), (1.7, 1)])
def test_reward_is_in_proportion_from_the_floor_to_the_whole_stretch(attained, share):
    assert RewardGrant().reward([attained], 1e6) == pytest.approx(25_000 * share)


def test_each_target_earns_its_own_part():
    assert RewardGrant().reward([1.0, 0.7, 0.5, 0.0], 1e6) == pytest.approx(25_000 * (1 + 0.7) / 4)


@pytest.mark.parametrize("pence", [1, 332_482_501, 99_999_999_999])
@pytest.mark.parametrize("instalments", [1, 2, 3])
def test_instalments_are_a_year_apart_after_the_end_and_add_up_to_the_penny(model_with, pence, instalments):
    coalition = model_with().localities[0].coalition
    coalition.promise(36, instalments, pence)  # an agreement of months 0 to 35
    due = {month: coalition.due(month) for month in range(100) if coalition.due(month)}
    ends = [36 + 12 * k - 1 for k in range(1, instalments + 1)]  # the 12th, 24th, ... month after the end
    assert set(due) <= set(ends)
    assert sum(due.values()) == pence
    assert all(abs(due.get(month, 0) - pence / instalments) < 1 for month in ends)


@pytest.fixture(scope="module")
def rewarded(run_with):
    """One agreement of a year that rewards any attainment."""
    return run_with({"reward_grant": {"end": 12, "term": 12, "floor": 0.0}}, months=40)


def test_what_was_earned_is_paid_12_and_24_months_after_the_end(rewarded, received):
    paid = received(rewarded, "coalition", "reward_grant")
    assert paid.index.tolist() == [23, 35]
    told = rewarded.events[rewarded.events["kind"] == "rewarded"]
    assert told["month"].tolist() == [12]
    earned = int(told["text"].item().split("GBP ")[1].split(" ")[0].replace(",", ""))
    assert paid.sum() / 100 == pytest.approx(earned, abs=0.5)  # told in whole pounds
    assert abs(paid[35] - paid[23]) <= 1


def test_the_reward_is_what_the_attained_stretch_earns(model_with):
    model = model_with({"reward_grant": {"end": 12, "term": 12, "floor": 0.0}}, months=13)
    coalition = model.localities[0].coalition
    attained = coalition.attainment  # as judged in month 12, when the agreement ended
    assert any(0 < share < 1 for share in attained.values())
    earned = RewardGrant(floor=0.0).reward(list(attained.values()), 200_000_000)  # Walsall's net budget
    assert sum(pence for _, pence in coalition.promised) == round(100 * earned)


def test_it_is_in_force_until_the_last_instalment_and_takes_no_new_agreement(rewarded):
    grant = RewardGrant(end=12, term=12)
    assert grant.money_ends == 36
    assert [grant.strength(month) for month in (0, 11, 12, 35, 36)] == [1, 1, 1, 1, 0]
    assert RewardGrant().money_ends is None
    assert len(rewarded.events[rewarded.events["kind"] == "rewarded"]) == 1


def test_an_expected_reward_makes_partners_more_inclined_to_pool(model_with):
    model = model_with({"reward_grant": {}})
    place = model.localities[0]
    terms, partner = place.coalition.terms, place.services[0]
    assert terms.expected_reward == pytest.approx(0.025 * 0.7)  # before a first review, see EXPECTED_AT_FIRST
    bare = place.coalition.fresh_terms()
    effect = model.settings.world.partnership.incentive_effect
    assert partner.field(terms, 0.5) - partner.field(bare, 0.5) == pytest.approx(effect * 0.025 * 0.7)


@pytest.mark.parametrize(("months", "hoped"), [(0, 0.7), (11, 0.7), (12, 0.9), (18, 0.6), (36, 0.3)])
def test_after_a_year_partners_expect_the_pace_so_far_to_go_on(months, hoped):
    # 0.3 of the stretch after a year of three is 0.9 of it at the end; before, rewards earned were 60 to 80%.
    assert RewardGrant(term=36).hope([0.3], months) == pytest.approx(hoped)


def test_an_agreement_sets_targets_when_it_begins_and_keeps_them_to_its_end(run_with):
    run = run_with({"reward_grant": {"start": 5, "end": 47, "term": 42}}, months=50)
    events = run.events[run.events["month"].between(5, 46) & (run.events["kind"] == "strategy")]
    assert events["month"].tolist() == [5]


def test_it_cannot_be_phased_in():
    with pytest.raises(ValueError, match="whole or not at all"):
        RewardGrant(ramp=3)


def test_nothing_is_paid_for_targets_missed(run_with, received):
    run = run_with({"reward_grant": {"end": 12, "term": 12, "floor": 1.0, "share_of_budget": 0.0}}, months=40)
    assert received(run, "coalition", "reward_grant").empty

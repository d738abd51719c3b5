"""When an economy counts as mixed and self-sustaining, and when it has tipped."""

from types import SimpleNamespace

import numpy as np
import pytest

import coalsim
from coalsim.indicators import indicators, self_sustaining
from coalsim.phases import observation

ALWAYS = {
    "success.employment_rate": 0,
    "success.effective_sectors": 1,
    "success.severe_deprivation": 1,
    "success.temporary_support": 1,
}


@pytest.fixture
def model(small):
    """Walsall a month on."""
    model = coalsim.CoalitionModel(small, rng=1, **ALWAYS)
    model.step()
    return model


THRESHOLDS = {
    "employment_rate": ("employment_rate", +1),
    "effective_sectors": ("effective_sectors", +1),
    "severe_deprivation": ("severe_deprivation", -1),
    "temporary_share": ("temporary_support", -1),
}


@pytest.mark.parametrize(("indicator", "threshold", "better"), [(i, *t) for i, t in THRESHOLDS.items()])
def test_each_threshold_counts_and_may_just_be_met(model, indicator, threshold, better):
    place = model.localities[0]
    assert self_sustaining(model, place)
    now = indicators[indicator].measure(model, place)
    for limit, met in ((now, True), (np.nextafter(now, now + better), False)):
        success = model.settings.success.model_copy(update={threshold: float(limit)})
        stricter = SimpleNamespace(settings=SimpleNamespace(success=success), ledger=model.ledger)
        assert self_sustaining(stricter, place) == met


def tipped_after(course, months_running, months_after, money_ends, monkeypatch):
    """Month in which a place tips whose economy is self-sustaining in the months that `course` says, by month."""
    told = []
    model = SimpleNamespace(
        settings=SimpleNamespace(success=SimpleNamespace(months_running=months_running, months_after=months_after)),
        money_ends=money_ends,
        tell=lambda *event: told.append(event),
    )
    start, *months = course  # the starting state, then the end of each month
    place = SimpleNamespace(is_sustaining=start, success_run=0, tipped_month=None, at_start={"sustaining": start})
    for model.month, good in enumerate(months):
        monkeypatch.setattr(observation, "self_sustaining", lambda model, place, good=good: good)
        observation.note_success(model, place)
    return place.tipped_month, len(told)


N, Y = False, True


@pytest.mark.parametrize(
    ("course", "ends", "month"),
    [
        ([N, N, Y, Y, Y, N], 0, None),  # three months running where four are asked for, and a break
        ([N, N, Y, Y, Y, Y], 0, 5),  # months 1 to 4 hold: tipped at the end of the fifth month, counted from 0
        ([N, N, Y, Y, Y, Y, Y, Y], 0, 5),  # told once
        ([N, Y, N, Y, Y, Y, Y], 0, 6),  # a break starts the count afresh
        ([N, *[Y] * 12], 6, 8),  # money ends after six months: judged two months after that
        ([N, *[Y] * 7], 6, None),  # too early to say
        ([N, *[Y] * 4, N, *[Y] * 3], 0, None),  # tipped and lost again
        ([Y] * 10, 0, None),  # a place that starts there cannot tip
    ],
)
def test_a_place_tips_when_it_has_held_long_enough_and_after_the_money(course, ends, month, monkeypatch):
    tipped, told = tipped_after(course, 4, 2, ends, monkeypatch)
    assert tipped == month
    if month is not None:
        assert told == 1


def test_a_place_that_already_meets_the_thresholds_is_said_to_and_never_tips(small):
    run = coalsim.simulate(
        small, policy="business_as_usual", seed=1, months=12, **ALWAYS, **{"success.months_running": 1}
    )
    assert run.summary()["localities"]["Walsall"]["self_sustaining_at_start"]
    assert run.tipped == {"Walsall": None}


def test_sustaining_is_one_in_months_that_meet_the_thresholds(small):
    run = coalsim.simulate(small, policy="business_as_usual", seed=1, months=12, **{"success.employment_rate": 0.0})
    table = run.indicators
    met = (
        (table["effective_sectors"] >= 4.5)
        & (table["severe_deprivation"] <= 0.10)
        & (table["temporary_share"] <= 0.005)
    )
    assert table["sustaining"].tolist() == met.astype(float).tolist()

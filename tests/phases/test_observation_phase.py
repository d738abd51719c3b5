"""What does not balance stops the run; success is judged by months in a row and by when the money has ended."""

import pytest

from coalsim.agents.business import Business
from coalsim.agents.resident import Resident
from coalsim.names import EMPLOYED, OUTSIDE
from coalsim.phases import observation


def test_a_job_without_a_holder_stops_the_run(model_of):
    model = model_of("two", months=1)
    firms, place = model.tables[Business], model.localities[1]
    first = place.slots.start + int(firms["is_alive"][place.slots].argmax())
    firms["residents"][first] += 1
    held = place.n_employed - place.n_outside
    with pytest.raises(ArithmeticError, match=rf"month 1: {held} residents work here, businesses employ {held + 1}$"):
        observation.observe(model, place)
    observation.observe(model, model.localities[0])


def test_a_home_without_a_resident_stops_the_run(model_of, monkeypatch):
    model = model_of("one", months=1)
    place, count = model.localities[0], observation.count

    def lose_one(model, place):
        count(model, place)
        place.by_status[0] -= 1

    monkeypatch.setattr(observation, "count", lose_one)
    n = place.n_residents
    with pytest.raises(ArithmeticError, match=rf"Walsall, month 1: {n - 1} residents in {n} homes$"):
        observation.observe(model, place)


def test_work_elsewhere_without_a_post_stops_a_nation(model_of):
    model = model_of("nation", months=1)
    observation.balance(model)
    place, people = model.localities[0], model.tables[Resident]
    beyond = model.nation.beyond
    row = next(i for i in range(place.homes.start, place.homes.stop) if people["status"][i] < EMPLOYED)
    people["status"][row], people["employer"][row] = EMPLOYED, OUTSIDE
    with pytest.raises(ArithmeticError, match=rf"month 1: {beyond + 1} more residents work elsewhere .* not {beyond}$"):
        observation.run(model)


def test_closed_borders_need_not_balance(model_of):
    model = model_of("two", months=1)
    model.nation.beyond = -12345
    observation.run(model)


def judged(model_of, monkeypatch, sustaining, at_start=False, **more):
    """After each month: months in a row, month of tipping, and what was told."""
    model = model_of("one", **{"success.months_running": 3, "success.months_after": 4, **more})
    place, found = model.localities[0], []
    place.at_start["sustaining"] = at_start
    monkeypatch.setattr(type(model), "money_ends", 5)
    for model.month, now in enumerate(sustaining):
        monkeypatch.setattr(observation, "self_sustaining", lambda model, place, now=now: now)
        observation.note_success(model, place)
        assert place.is_sustaining == now
        found.append((place.success_run, place.tipped_month))
    return found, [(month, text) for month, _, kind, text in model.events if kind == "tipped"]


def test_an_economy_tips_when_it_has_held_and_money_has_ended_long_enough(model_of, monkeypatch):
    # Money ends in month 5 and success is judged 4 months after, at 9.
    found, told = judged(model_of, monkeypatch, [True] * 12)
    assert found == [(k + 1, None if k < 8 else 9) for k in range(12)]
    assert told == [(8, "a self-sustaining mixed economy has held for 9 months")]


def test_months_in_a_row_count_where_money_has_ended_before(model_of, monkeypatch):
    found, told = judged(model_of, monkeypatch, [False] * 10 + [True] * 5)
    assert found[10:] == [(1, None), (2, None), (3, 13), (4, 13), (5, 13)]
    assert told == [(12, "a self-sustaining mixed economy has held for 3 months")]


def test_an_economy_that_falls_back_has_not_tipped_and_may_tip_again(model_of, monkeypatch):
    found, told = judged(model_of, monkeypatch, [True] * 10 + [False] + [True] * 4)
    assert found[9:] == [(10, 9), (0, None), (1, None), (2, None), (3, 14), (4, 14)]
    assert [month for month, _ in told] == [8, 13]


def test_a_place_that_starts_self_sustaining_cannot_tip(model_of, monkeypatch):
    found, told = judged(model_of, monkeypatch, [True] * 12, at_start=True)
    assert found == [(k + 1, None) for k in range(12)]
    assert told == []

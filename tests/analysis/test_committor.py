"""Restarts of saved states: the exact committor of a chain, the critical mass of known systems, poor coordinates seen."""

import math

import numpy as np
import pytest
from known_states import Reaction, escapes, well_committor
from systems import Partners, cascade, critical_seed, follow, unstable

from coalsim.analysis import committor


@pytest.mark.parametrize("h", [0.05, 0.10])
def test_the_critical_mass_of_partners_is_that_of_their_chain(h):
    # Exact committors: 0.4495 and 0.3965 of 200
    partners = Partners(rounds=10_000)
    exact = partners.committor(h, 24, 180)
    half = float(np.interp(0.5, exact[25:180], np.arange(25, 180)))

    def tips(adopters, seed):
        return partners.run(h, 7919 * seed + adopters, adopters, 24, 180) >= 180

    states = list(range(50, 121, 5))
    found = committor(tips, states, 60, seed=1)
    assert found.verdict == "critical mass"
    assert found.critical == pytest.approx(half, abs=4)
    assert found.low <= half <= found.high
    inside = [low <= exact[k] <= high for k, low, high in zip(states, found.lows, found.highs)]
    assert np.mean(inside) > 0.8
    assert found.runs == 15 * 60


@pytest.mark.parametrize("h", [0.05, 0.15])
def test_the_critical_mass_of_very_many_partners_is_the_unstable_state(h):
    found = committor(lambda m, seed: follow(h, 1.5, m, 500) > 0, np.linspace(-0.6, 0.3, 91).tolist(), 1)
    assert found.critical == pytest.approx(unstable(h, 1.5), abs=0.01)


def test_the_critical_seed_of_a_cascade():
    states = {float(s): float(s) for s in np.linspace(0, 0.2, 41)}
    found = committor(lambda s, seed: cascade(s, 0.08) > 0.5, states, 1)
    assert found.critical == pytest.approx(critical_seed(0.08), abs=0.005)


@pytest.mark.parametrize("volume", [10, 20])
def test_the_critical_mass_of_a_reaction_is_that_of_its_chain(volume):
    # n / V = 2.377 and 2.284 by the birth-death formulas, at V = 10 and 20
    reaction = Reaction(volume)
    found = committor(reaction.tips, list(range(volume + volume // 4, 4 * volume, volume // 4)), 60)
    assert found.critical / volume == pytest.approx(reaction.critical() / volume, abs=0.12)
    assert found.low <= reaction.critical() <= found.high
    assert found.spread_p > 0.05


def test_the_committor_of_a_double_well_is_its_integral():
    """exp(V / D) integrated from the left well, over that to the right well; one half at the top between."""
    states = [-0.6, -0.3, -0.15, 0.0, 0.15, 0.3, 0.6]
    found = committor(escapes(0.1), states, 40)
    exact = [well_committor(x, 0.1) for x in states]
    assert all(low <= q <= high for q, low, high in zip(exact, found.lows, found.highs))
    assert found.low <= 0 <= found.high


@pytest.mark.slow
@pytest.mark.parametrize(
    "system", [Reaction(10), Reaction(20), Partners()], ids=["reaction 10", "reaction 20", "partners"]
)
def test_its_interval_holds_the_critical_mass_as_often_as_it_says(system):
    """Outcomes drawn from the exact committor, which need not be logistic; 0.95 less 3 standard errors of 120 sets."""
    if isinstance(system, Reaction):
        states = list(range(system.volume + system.volume // 4, 4 * system.volume, system.volume // 4))
        chance, half = system.committor()[np.array(states) - system.volume], system.critical()
    else:
        states, exact = list(range(50, 131, 5)), system.committor(0.05, 24, 180)
        chance, half = exact[states], float(np.interp(0.5, exact[25:180], np.arange(25, 180)))
    by_state = dict(zip(states, chance))

    def tips(state, seed):
        return np.random.default_rng(seed).random() < by_state[state]

    found = [committor(tips, states, 40, 1000 * k) for k in range(120)]
    assert np.mean([one.low <= half <= one.high for one in found]) >= 0.89
    assert np.mean([one.spread_p < 0.05 for one in found]) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("h", [0.05, 0.10])
def test_it_meets_the_benchs_partners(bench, h):
    case = bench("a02_brock_durlauf_finite")
    known = case.reference()

    def tips(members, seed):
        rng = np.random.default_rng(seed)
        while 24 < members < 180:
            members = rng.binomial(200, 1 / (1 + math.exp(-2 * (h + 1.5 * (2 * members - 200) / 200))))
        return members >= 180

    states = list(range(50, 131, 5))
    found = committor(tips, states, 400)
    assert found.critical / 200 == pytest.approx(known[f"critical_mass_fraction[J=1.5,N=200,h={h}]"][0], abs=0.01)
    share = dict(zip(states, found.probability))
    for k in (60, 80, 100):
        assert share[k] == pytest.approx(known[f"committor[h={h},k={k}]"][0], abs=0.08)  # 3 standard errors of 400


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.05, 0.08, 0.10])
def test_it_meets_the_benchs_cascades(bench, spread):
    case = bench("a08_granovetter")
    thresholds = np.sort(np.random.default_rng(1).normal(0.25, spread, 200_000))

    def tips(seeds, seed):
        share = new = seeds
        while True:
            new = seeds + (1 - seeds) * np.searchsorted(thresholds, share, side="right") / thresholds.size
            if new == share:
                return bool(share > 0.5)
            share = new

    found = committor(tips, np.linspace(0, 0.2, 81).tolist(), 1)
    assert found.critical == pytest.approx(case.reference()[f"critical_seed_share[sigma={spread}]"][0], abs=0.004)


@pytest.mark.slow
def test_it_meets_the_benchs_reaction(bench):
    known = bench("a06_schloegl").reference()
    for volume in (10, 20):
        states = list(range(volume + volume // 4, 4 * volume, volume // 4))
        found = committor(Reaction(volume).tips, states, 400)
        assert found.critical / volume == pytest.approx(
            known[f"critical n/V (committor 1/2) [V={volume}]"][0], abs=0.06
        )


def test_states_that_tip_now_and_then_hold_no_critical_mass():
    found = committor(lambda state, seed: seed % 10 == 0, [0.1, 0.5, 0.9], 100)
    assert found.verdict == "never"
    assert "10% of times or less" in str(found)


def test_a_critical_mass_beyond_the_states_is_not_guessed():
    """Chances of 0.2 to 0.45 by which a curve would reach one half just above the last state."""
    found = committor(lambda state, seed: seed % 20 < 20 * state, [0.2, 0.3, 0.4, 0.45], 20)
    assert found.verdict != "critical mass"
    assert math.isnan(found.critical)


def test_a_single_restart_of_two_states_says_nothing():
    assert committor(lambda state, seed: False, [0.1, 0.9], 1).verdict == "undetermined"


def test_every_restart_has_luck_of_its_own_and_goes_in_one_batch():
    batches = []

    def together(simulate, points, seeds):
        batches.append(list(seeds))
        return map(simulate, points, seeds)

    committor(lambda state, seed: state > 0.5, [0.2, 0.4, 0.6], 3, 7, map=together)
    assert batches == [list(range(7, 16))]


def test_an_answer_that_is_neither_true_nor_false_is_a_failure():
    found = committor(lambda state, seed: math.nan if seed == 0 else state > 0.5, np.linspace(0, 1, 11).tolist(), 4)
    assert [failure.seed for failure in found.failed] == [0]
    assert found.verdict == "critical mass"


@pytest.mark.parametrize(("tips", "verdict"), [(False, "never"), (True, "always")])
def test_without_both_outcomes_there_is_no_critical_mass(tips, verdict):
    found = committor(lambda state, seed: tips, [0.1, 0.5, 0.9], 5)
    assert found.verdict == verdict
    assert math.isnan(found.critical)


def test_a_state_that_hinders_is_not_a_critical_mass():
    found = committor(lambda state, seed: state < 0.5, np.linspace(0, 1, 21).tolist(), 4)
    assert found.verdict == "undetermined"


def test_a_poor_coordinate_shows_in_states_that_tip_unlike_each_other():
    rng = np.random.default_rng(2)
    states = [(float(x), bool(hidden)) for x in np.linspace(0, 1, 40) for hidden in (0, 1)]

    def tips(state, seed):
        x, hidden = state
        chance = 1 / (1 + math.exp(-8 * (x - 0.5 + (0.3 if hidden else -0.3))))
        return np.random.default_rng([seed, int(1000 * x), hidden]).random() < chance

    poor = committor(tips, states, 20, coordinate=[x for x, _ in states])
    good = committor(
        lambda x, seed: np.random.default_rng([seed, int(1e6 * x)]).random() < 1 / (1 + math.exp(-8 * (x - 0.5))),
        sorted(rng.random(40).tolist()),
        20,
    )
    assert poor.spread_p < 0.01
    assert "rough measure" in str(poor)
    assert good.spread_p > 0.02


def test_failing_restarts_are_counted_and_the_rest_goes_on():
    def tips(state, seed):
        if seed % 4 == 2:
            raise ArithmeticError("poison")
        return state > 0.4

    found = committor(tips, np.linspace(0, 1, 11).tolist(), 4)
    assert len(found.failed) == 11
    assert found.critical == pytest.approx(0.45, abs=0.06)
    assert "11 failed" in str(found)


@pytest.mark.parametrize(
    ("states", "replicates", "settings", "says"),
    [
        ([0.5], 3, {}, "give at least 2"),
        ([0.5, math.nan], 3, {}, "not finite"),
        (["a", "b"], 3, {"coordinate": [1.0]}, "one number for each of the 2 states"),
        ([0.1, 0.2], 0, {}, "replicates 0"),
        ([0.1, 0.2], 3, {"level": 0}, "level 0"),
        ([0.1, 0.2], 3, {"seed": -1}, "seed -1"),
    ],
)
def test_what_cannot_be_restarted_is_refused(states, replicates, settings, says):
    with pytest.raises(ValueError, match=says):
        committor(lambda state, seed: True, states, replicates, **settings)

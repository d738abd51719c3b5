"""Sweeps up and down: known folds and loop areas, and smooth, noisy or independent systems that come back as they went."""

import math

import numpy as np
import pytest
from known_states import REACTION_FOLDS, fold, reaction, reconsidering, walked
from systems import HARVEST_FOLDS, Partners, follow, harvested, loop_area, spinodal

from coalsim.analysis import hysteresis


def walk(k, rounds=60):
    """Partners who follow each other, some rounds at each field."""

    def sweep(values, seed):
        m, seen = -0.99, []
        for h in values:
            m = follow(h, k, m, rounds)
            seen.append(m)
        return seen

    return sweep


@pytest.mark.parametrize(("k", "within"), [(1.2, 0.005), (1.5, 0.005), (2.0, 0.011), (3.0, 0.011)])
def test_partners_turn_at_the_spinodals(k, within):
    """Within 2% of the spinodal, or half a per cent of a field, at rate zero; the area within 3%."""
    reach = 1.5 * spinodal(k)
    found = hysteresis(walk(k), -reach, reach, steps=80)
    assert found.verdict == "hysteresis"
    assert found.up == pytest.approx(spinodal(k), abs=within, rel=0.02)
    assert found.down == pytest.approx(-spinodal(k), abs=within, rel=0.02)
    assert found.area == pytest.approx(loop_area(k), rel=0.03)
    assert found.p_value < 0.05


@pytest.mark.parametrize("k", [0.5, 0.9])
def test_partners_below_the_critical_strength_come_back_as_they_went(k):
    found = hysteresis(walk(k), -0.4, 0.4)
    assert found.verdict == "reversible"
    assert found.area == pytest.approx(0, abs=0.01)


def test_a_harvested_stock_collapses_and_recovers_at_its_folds():
    def sweep(values, seed):
        x, seen = 8.0, []
        for c in values:
            x = harvested(x, c, 400)
            seen.append(x)
        return seen

    found = hysteresis(sweep, 1.5, 2.9, steps=40)
    assert found.verdict == "hysteresis"
    assert (found.down, found.up) == pytest.approx(HARVEST_FOLDS, abs=0.03)
    assert found.area == pytest.approx(5.01426, rel=0.05)


def test_a_steep_response_that_lags_behind_has_no_area_at_rate_zero():
    def sweep(values, seed):
        x, seen = 0.0, []
        for h in values:
            for _ in range(5):
                x += 0.3 * (math.tanh(20 * (h - 0.5)) - x)
            seen.append(x)
        return seen

    found = hysteresis(sweep, 0, 1)
    assert found.verdict == "reversible"
    assert str(found).startswith("It comes back the way it went")


def test_what_does_not_come_back_is_a_class_of_its_own():
    def sweep(values, seed):
        seen, turned = [], False
        for h in values:
            turned = turned or h > 0.6
            seen.append(float(turned))
        return seen

    found = hysteresis(sweep, 0, 1)
    assert found.verdict == "one_way"
    assert found.up == pytest.approx(0.6, abs=0.02)
    assert math.isnan(found.down)
    assert "does not come back" in str(found)


def test_a_response_that_falls_with_the_lever_turns_too():
    found = hysteresis(lambda values, seed: [-m for m in walk(1.5)(values, seed)], -0.35, 0.35, steps=80)
    assert found.verdict == "hysteresis"
    assert found.area == pytest.approx(loop_area(1.5), rel=0.03)
    assert found.up == pytest.approx(spinodal(1.5), abs=0.006)


def test_a_reaction_turns_at_its_folds():
    found = hysteresis(walked(reaction, 1.0, 400), 4, 10.5, steps=80)
    assert found.verdict == "hysteresis"
    assert found.jumps
    assert (found.down, found.up) == pytest.approx(REACTION_FOLDS, abs=0.05)


def test_the_overshoot_of_a_fold_is_extrapolated_away():
    """The slowest sweep escapes at about 2.338107 eps^(2/3) = 0.034 (Jung et al. 1990); at rate zero it would at 0."""
    found = hysteresis(walked(fold, -1.0, 200), -1, 0.5, rates=4)
    way = found.values[-1].size // 2 + 1
    escaped = found.values[-1][:way][found.responses[-1][0, :way] >= 5][0]
    eps = 1.5 / (40 * 8 * 200 * 0.02)
    assert escaped == pytest.approx(2.338107 * eps ** (2 / 3), abs=0.01)
    assert found.verdict == "one_way"
    assert found.up == pytest.approx(0, abs=0.004)


def test_what_turns_only_on_the_way_down_is_one_way_too():
    def sweep(values, seed):
        top = int(np.argmax(values))
        return [2.0 if k <= top or value > 0.4 else 1.0 for k, value in enumerate(values)]

    found = hysteresis(sweep, 0, 1)
    assert found.verdict == "one_way"
    assert math.isnan(found.up)
    assert found.down == pytest.approx(0.4, abs=0.02)
    assert "on the way down and does not come back" in str(found)


def test_a_jump_that_comes_back_is_reversible_and_a_steep_smooth_change_is_no_jump():
    jump = hysteresis(lambda values, seed: [float(v > 0.313) for v in values], 0, 1)
    smooth = hysteresis(lambda values, seed: np.tanh(10 * (values - 0.313)), 0, 1)
    assert jump.verdict == smooth.verdict == "reversible"
    assert jump.jumps
    assert not smooth.jumps
    assert jump.up == pytest.approx(0.313, abs=0.01)
    assert jump.up_interval[0] <= 0.313 <= jump.up_interval[1]
    assert math.isnan(smooth.up)


def test_a_response_that_comes_back_early_is_no_hysteresis():
    def late(values, seed):
        half = len(values) // 2
        return [float(v > (0.7 if k <= half else 0.3)) for k, v in enumerate(values)]

    def early(values, seed):
        half = len(values) // 2
        return [float(v > (0.3 if k <= half else 0.7)) for k, v in enumerate(values)]

    assert hysteresis(late, 0, 1).verdict == "hysteresis"
    assert hysteresis(early, 0, 1).verdict == "undetermined"


def test_nothing_moves_nothing_loops():
    found = hysteresis(lambda values, seed: 1 + 1e-16 * np.arange(len(values)), 0, 1, replicates=3)
    assert found.verdict == "reversible"
    assert (found.area, found.p_value) == (0, 1)


def test_sweeps_too_fast_to_come_back_leave_it_open():
    found = hysteresis(walked(lambda x, c: harvested(x, c, 1), 8.0, 50), 1.4, 3.0)
    assert found.verdict == "undetermined"
    assert "Slower or more sweeps" in str(found)


def null(kind):
    def sweep(values, seed):
        rng = np.random.default_rng(seed)
        n = len(values)
        match kind:
            case "noise":
                return rng.standard_normal(n)
            case "oscillation":
                return np.sin(0.7 * np.arange(n) + rng.uniform(0, 6)) + 0.1 * rng.standard_normal(n)
            case "independent":
                return rng.binomial(200, 1 / (1 + np.exp(-8 * (np.asarray(values) - 0.5)))) / 200
        return reconsidering(200, 0.9, 10)(2 * np.asarray(values) - 1, seed)

    return sweep


@pytest.mark.parametrize("kind", ["noise", "oscillation", "independent", "below critical"])
@pytest.mark.parametrize("replicates", [1, 5])
def test_nulls_are_not_called_hysteresis(kind, replicates):
    """At a one-sided level of 2.5%, and only with a turn each way."""
    verdicts = [hysteresis(null(kind), 0, 1, seed=100 * k, replicates=replicates).verdict for k in range(12)]
    assert "hysteresis" not in verdicts
    assert "one_way" not in verdicts
    if replicates > 1:
        assert verdicts.count("reversible") >= 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["noise", "oscillation", "independent", "below critical"])
def test_false_alarms_are_no_more_than_their_level(kind):
    """2.5% of 150, and three standard errors."""
    verdicts = [hysteresis(null(kind), 0, 1, seed=10 * k, replicates=4).verdict for k in range(150)]
    assert verdicts.count("hysteresis") + verdicts.count("one_way") <= 9


@pytest.mark.slow
def test_places_are_within_two_per_cent_and_intervals_hold_them_wherever_the_steps_fall():
    """Ranges and rounds at random: 9 in 10 turns within 2% and areas within 3%, at steps of 0.4% of the range."""
    rng = np.random.default_rng(3)
    errors, areas, inside = [], [], []
    for k in (1.2, 1.5, 2.0, 3.0):
        for rounds in (5, 20, 100):
            for _ in range(6):
                low, high = spinodal(k) * rng.uniform(1.3, 2.2, 2) * (-1, 1)
                found = hysteresis(walk(k, rounds), low, high, rates=4)
                assert found.verdict == "hysteresis"
                areas.append(found.area / loop_area(k) - 1)
                for place, (a, b), fold_ in (
                    (found.up, found.up_interval, spinodal(k)),
                    (found.down, found.down_interval, -spinodal(k)),
                ):
                    errors.append(place / fold_ - 1)
                    inside.append(a <= fold_ <= b)
    assert np.quantile(np.abs(errors), 0.9) < 0.02
    assert np.quantile(np.abs(areas), 0.9) < 0.03
    assert np.mean(inside) >= 0.75


@pytest.mark.slow
def test_the_joining_rule_of_the_model_has_its_fold_at_0_207546():
    """Of 20,000 partners a quarter reconsiders in every round; K = 1.5, and K = 1 has none."""
    found = hysteresis(reconsidering(20_000, 1.5, 30), -0.35, 0.35, replicates=4, rates=4)
    assert found.verdict == "hysteresis"
    assert found.up == pytest.approx(0.207546, rel=0.025)
    assert found.down == pytest.approx(-0.207546, rel=0.025)
    assert found.area == pytest.approx(loop_area(1.5), rel=0.05)
    assert hysteresis(reconsidering(20_000, 1.0, 30), -0.35, 0.35, replicates=4).verdict == "reversible"


@pytest.mark.slow
def test_partners_in_large_number_turn_near_the_spinodal():
    partners = Partners(n=20_000, k=1.5, rounds=10)

    def sweep(values, seed):
        adopters, seen = 0, []
        for k, h in enumerate(values):
            adopters = partners.run(h, 1000 * seed + k, adopters)
            seen.append(2 * adopters / 20_000 - 1)
        return seen

    found = hysteresis(sweep, -0.35, 0.35, steps=70, replicates=4)
    assert found.verdict == "hysteresis"
    assert found.up == pytest.approx(spinodal(1.5), abs=0.01)
    assert found.up_interval[0] < found.up < found.up_interval[1]
    assert found.area == pytest.approx(loop_area(1.5), rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("k", [1.05, 1.2, 1.5, 2.0, 2.5, 3.0])
def test_it_meets_the_benchs_mean_field(bench, k):
    case = bench("a01_brock_durlauf_meanfield")
    known = case.reference()

    def sweep(values, seed):
        m, seen = -0.99, []
        for h in values:
            for _ in range(200):
                m = case.step(m, h, k)
            seen.append(m)
        return seen

    reach = max(1.3 * case.h_s(k), 0.03)
    found = hysteresis(sweep, -reach, reach, steps=max(40, round(reach / 0.004)))
    assert found.up == pytest.approx(known[f"h_up[betaJ={k}]"][0], abs=0.005)
    assert found.down == pytest.approx(known[f"h_down[betaJ={k}]"][0], abs=0.005)
    assert found.area == pytest.approx(case.loop_area(k), rel=0.03 if k > 1.1 else 0.1)


@pytest.mark.slow
def test_it_meets_the_benchs_grazing(bench):
    case = bench("a04_may_grazing")
    known = case.reference()
    found = hysteresis(lambda values, seed: case.simulate(values, 8.0, per=400), 1.5, 2.9, steps=80)
    up, down = known["c_up (collapse)"], known["c_down (recovery)"]
    assert found.verdict == "hysteresis"
    assert found.up == pytest.approx(up[0], abs=up[1])
    assert found.down == pytest.approx(down[0], abs=down[1])
    assert found.area == pytest.approx(known["loop_area"][0], rel=0.04)


@pytest.mark.slow
def test_it_meets_the_benchs_reaction_and_its_chain(bench):
    """The chain by tau-leaping with V = 20,000, where switching by chance is out of reach."""
    case, volume = bench("a06_schloegl"), 20_000
    known = case.reference()

    def sweep(values, seed):
        rng, n, seen = np.random.default_rng(seed), volume, []
        for s in values:
            for _ in range(200):
                n += rng.poisson(0.01 * case.wp(n, volume, s)) - rng.poisson(0.01 * case.wm(n, volume))
            seen.append(n / volume)
        return seen

    found = hysteresis(sweep, 4.5, 10, steps=80, replicates=4)
    assert found.verdict == "hysteresis"
    for place, name in ((found.up, "s_up (low state vanishes)"), (found.down, "s_down (high state vanishes)")):
        assert place == pytest.approx(known[name][0], abs=known[name][1])


def test_loops_are_a_table_of_every_value():
    found = hysteresis(walk(1.5, 5), -0.3, 0.3, steps=5, replicates=2)
    loops = found.loops
    assert len(loops) == 2 * (11 + 21 + 41)
    assert set(loops["direction"]) == {"up", "down"}
    assert sorted(loops["rate"].unique()) == pytest.approx([1 / 20, 1 / 10, 1 / 5])


def test_sweeps_that_fail_or_give_too_little_are_left_out():
    def sweep(values, seed):
        if seed == 1:
            raise ArithmeticError("poison")
        return walk(1.5)(values, seed) if seed else [0.0]

    found = hysteresis(sweep, -0.35, 0.35, replicates=4)
    assert found.runs == 12
    assert [(failure.seed, failure.error.split(":")[0]) for failure in found.failed] == [(1, "ArithmeticError")] * 3 + [
        (0, "ValueError")
    ] * 3
    assert len(found.responses[0]) == 2
    assert found.verdict == "hysteresis"
    nothing = hysteresis(lambda values, seed: [math.nan] * len(values), 0, 1)
    assert nothing.verdict == "undetermined"
    assert "Too few sweeps" in str(nothing)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"low": 1}, "give low below high"),
        ({"steps": 3}, "steps 3: give at least 4"),
        ({"replicates": 0}, "replicates 0"),
        ({"rates": 2}, "rates 2: give at least 3"),
        ({"level": 2}, "level 2"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_what_cannot_be_swept_is_refused(settings, says):
    asked = {"low": 0, "high": 1, **settings}
    with pytest.raises(ValueError, match=says):
        hysteresis(walk(1.5), asked.pop("low"), asked.pop("high"), **asked)

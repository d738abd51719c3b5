"""Sensitivity analysis on functions with known indices, with luck, failures and inputs that it must refuse."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from coalsim.analysis import sensitivity
from coalsim.analysis.sensitivity import fast, sobol
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.main_effects import course, tails
from coalsim.analysis.sensitivity.method import METHODS
from coalsim.analysis.sensitivity.morris import Morris

PI = math.pi
THREE = {f"x{k}": (-PI, PI) for k in (1, 2, 3)}
# Ishigami and Homma (1990) with a = 7, b = 0.1; closed forms in Saltelli et al. (2008), Global Sensitivity Analysis, chapter 4.
V1, V2, V13 = 0.5 * (1 + 0.1 * PI**4 / 5) ** 2, 49 / 8, 0.01 * PI**8 * 8 / 225
ALL = V1 + V2 + V13
FIRST, TOTAL = np.array([V1, V2, 0]) / ALL, np.array([V1 + V13, V2, V13]) / ALL


def ishigami(x, seed):
    return math.sin(x["x1"]) + 7 * math.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * math.sin(x["x1"])


def noisy(x, seed):
    """Luck has as much variance as the factors."""
    return ishigami(x, seed) + math.sqrt(ALL) * np.random.default_rng(seed).standard_normal()


def failing(simulate, share):
    """A twentieth, say, of the runs fail, whatever the factors."""

    def tried(x, seed):
        key = [seed, *(hash(value) % 2**32 for value in x.values())]
        if np.random.default_rng(key).random() < share:
            raise RuntimeError("the run went wrong")
        return simulate(x, seed)

    return tried


def near(found, expected, within):
    found = np.asarray(found, dtype=float)
    assert found == pytest.approx(np.broadcast_to(expected, found.shape), abs=within)


# Known answers


def test_sobol_indices_of_ishigami():
    found = sensitivity(ishigami, THREE)
    near(found["S1"], FIRST, 0.03)
    near(found["ST"], TOTAL, 0.03)
    near(found.second_order["S2"], [0, V13 / ALL, 0], 0.04)
    assert found.found.runs == 1024 * 8 + 1024  # and once more with other luck


def test_sobol_indices_of_the_g_function():
    a = np.array([0, 1, 4.5, 9, 99, 99, 99, 99.0])
    by_itself = 1 / (3 * (1 + a) ** 2)
    variance = np.prod(1 + by_itself) - 1  # Sobol (1993)

    def g(x, seed):
        return float(np.prod((np.abs(4 * np.array(list(x.values())) - 2) + a) / (1 + a)))

    found = sensitivity(g, {f"x{k}": (0, 1) for k in range(8)}, method="sobol_total")
    near(found["S1"], by_itself / variance, 0.03)
    near(found["ST"], by_itself * np.prod(1 + by_itself) / (1 + by_itself) / variance, 0.03)


@pytest.mark.parametrize(
    ("method", "samples", "within"),
    [
        ("fast", 1024, 0.03),
        ("rbd_fast", 2048, 0.05),
        ("hdmr", 1024, 0.03),
        ("pce", 200, 0.02),
        pytest.param("emulator", 300, 0.05, marks=pytest.mark.slow),
    ],
)
def test_other_methods_agree_on_ishigami(method, samples, within):
    if method == "pce":
        pytest.importorskip("openturns", reason="polynomial chaos needs the optional package openturns")
    found = sensitivity(ishigami, THREE, method=method, samples=samples)
    near(found["S1"], FIRST, within)
    if "ST" in found:
        near(found["ST"], TOTAL, within)


def test_morris_effects_of_a_line_are_its_slopes():
    slopes = {"a": 4.0, "b": 2.0, "c": -1.0, "d": 0.0}
    found = sensitivity(
        lambda x, seed: sum(slopes[k] * v for k, v in x.items()), dict.fromkeys(slopes, (0, 1)), "morris"
    )
    near(found["mu"], list(slopes.values()), 1e-9)
    near(found["mu_star"], np.abs(list(slopes.values())), 1e-9)
    near(found["sigma"], 0, 1e-9)


def test_effects_are_those_of_salib():
    from SALib.analyze import morris

    factors = Factors.of({"a": (0, 1), "b": (0, 1), "c": (0, 1)})
    design = Morris().design(factors, 12, 3)
    x = design.points
    y = np.sin(5 * x[:, 0]) * x[:, 1] + x[:, 2] ** 2
    theirs = morris.analyze(factors.problem(), x, y, num_levels=4)
    values = {tuple(point): value for point, value in zip(x.round(9).tolist(), y)}
    ours = sensitivity(
        lambda point, seed: values[tuple(round(v, 9) for v in point.values())],
        dict.fromkeys("abc", (0, 1)),
        "morris",
        12,
        1,
        3,
    )
    for column in ("mu", "mu_star", "sigma"):
        near(ours[column], theirs[column], 1e-9)


def test_a_binary_output_has_the_indices_of_its_chances():
    def tips(x, seed):
        return x["a"] > 0.4 and x["b"] > 0.7

    found = sensitivity(tips, {"a": (0, 1), "b": (0, 1), "inert": (0, 1)}, samples=2048)
    p, q = 0.6, 0.3
    variance = p * q * (1 - p * q)
    first = [q * q * p * (1 - p) / variance, p * p * q * (1 - q) / variance, 0]
    near(found["S1"], first, 0.03)
    assert found.loc["inert", "ST"] == 0
    near(found.second_order["S2"], [1 - sum(first), 0, 0], 0.04)


@pytest.mark.slow
def test_delta_pawn_and_regional_find_the_inert_factor():
    def curved(x, seed):
        return x["a"] ** 2 + 0.3 * x["b"]

    factors = {"a": (0, 1), "b": (0, 1), "inert": (0, 1)}
    for method, column in (("delta", "delta"), ("pawn", "median"), ("regional", "distance")):
        found = sensitivity(curved, factors, method=method, samples=512)
        ranked = list(found[column].sort_values(ascending=False).index)
        assert ranked == ["a", "b", "inert"], method
    assert found.loc["a", "p_value"] < 1e-9  # of regional
    assert found.loc["inert", "p_value"] > 0.05
    pawn = sensitivity(curved, factors, method="pawn", samples=512)
    assert pawn.loc["inert", "median"] < 1.5 * pawn.loc["inert", "dummy"]
    assert pawn.loc["a", "median"] > 3 * pawn.loc["a", "dummy"]


@pytest.mark.slow
def test_correlated_factors_share_what_they_do():
    """f = a + b with correlation r: Sa = 1 / (2 + 2 r) for each, Sb = r / (2 + 2 r) (Li and Rabitz 2012)."""
    normal = stats.norm(0, 1)
    found = sensitivity(
        lambda x, seed: x["a"] + x["b"],
        {"a": normal, "b": normal},
        "hdmr",
        2048,
        correlations={("a", "b"): 6 / PI * math.asin(0.25)},
    )
    near(found["Sa"], [1 / 3, 1 / 3], 0.03)  # r = 0.5
    near(found["Sb"], [1 / 6, 1 / 6], 0.03)


@pytest.mark.parametrize("d", [22])
def test_few_base_points_go_together_well_with_many_factors(d):
    """In the order in which a Sobol sequence has its columns, an index was off by up to 0.7 here."""
    slopes = np.full(d, 0.3)
    worst = 0.0
    for k in range(0, d, 3):
        slopes[:] = 0.3
        slopes[k] = 4
        for seed in range(3):
            a, b = sobol.base_points(d, 64, seed)
            changed = a.copy()
            changed[:, k] = b[:, k]
            total = ((a @ slopes - changed @ slopes) ** 2).mean() / 2 / np.concatenate([a, b]).dot(slopes).var()
            worst = max(worst, abs(total - 16 / (16 + 0.09 * (d - 1))))
    assert worst < 0.2


def test_more_base_points_begin_with_the_same():
    for one, other in zip(sobol.base_points(5, 64, 7), sobol.base_points(5, 2048, 7)):
        assert np.array_equal(one, other[:64])


# Luck


def test_luck_is_kept_apart():
    found = sensitivity(noisy, THREE)
    near(found["S1"], FIRST / 2, 0.05)
    near(found.noise_share, 0.5, 0.05)
    assert "Luck makes 49% of a run's variance (45% to 54%)" in found.sentence


def test_replicates_give_the_indices_of_the_mean():
    found = sensitivity(noisy, THREE, "sobol_total", 512, 4)
    near(found["S1"], FIRST, 0.08)
    near(found["ST"], TOTAL, 0.08)
    near(found.noise_share, 0.5, 0.03)


def test_a_factor_that_does_nothing_does_nothing_under_luck():
    """Runs that are compared meet the same luck; with independent seeds its total index would be near luck's share."""
    found = sensitivity(noisy, {**THREE, "inert": (0, 1)}, "sobol_total", 256)
    assert found.loc["inert", "ST"] == 0
    screened = sensitivity(noisy, {**THREE, "inert": (0, 1)}, "morris", 16)
    assert screened.loc["inert", "mu_star"] == 0


def test_luck_that_acts_through_a_factor_is_in_no_index_of_the_mean():
    """f = x + z y with z of variance v: the mean over luck is x alone, whatever y; single runs vary by x, y and luck."""

    def simulate(x, seed):
        return x["x"] + 4 * np.random.default_rng(seed).standard_normal() * x["y"]

    found = sensitivity(simulate, {"x": (-1, 1), "y": (-1, 1)}, "sobol_total", 1024, 4)
    near(found["ST"], [1, 0], 0.15)
    near(found.noise_share, 16 / (16 + 1), 0.03)


def test_an_output_of_luck_alone_depends_on_nothing():
    found = sensitivity(lambda x, seed: np.random.default_rng(seed).standard_normal(), THREE, "sobol_total", 256)
    assert (found["ST"] == 0).all()
    assert found.noise_share > 0.9
    assert "No factor stands out" in found.sentence


def test_the_chance_of_tipping_has_its_own_indices():
    """P(tip) = x: over luck the mean varies by x alone; of a run's variance that is 1/3 (1/12 of 1/4)."""

    def tips(x, seed):
        return np.random.default_rng([seed, 5]).random() < x["x"]

    factors = {"x": (0, 1), "inert": (0, 1)}
    near(sensitivity(tips, factors, "sobol_total", 512, 8)["S1"], [1, 0], 0.12)
    single = sensitivity(tips, factors, "sobol_total", 2048)
    near(single["S1"], [1 / 3, 0], 0.06)
    near(single.noise_share, 2 / 3, 0.05)


# Failures


@pytest.mark.slow
def test_a_twentieth_of_failures_moves_indices_within_their_intervals():
    for method, samples in (("sobol", 512), ("sobol_total", 512), ("rbd_fast", 1024), ("emulator", 256)):
        whole = sensitivity(ishigami, THREE, method, samples)
        holed = sensitivity(failing(ishigami, 0.05), THREE, method, samples)
        assert 0.02 * whole.found.runs < len(holed.found.failures) < 0.08 * whole.found.runs
        for column in [name for name in whole if f"{name}_conf" in whole]:
            moved = (holed[column] - whole[column]).abs()
            assert (moved <= holed[f"{column}_conf"] + whole[f"{column}_conf"]).all(), (method, column)
        assert "failed and are left out" in holed.sentence
        assert holed.attrs["failed_runs"] == len(holed.found.failures)


def test_morris_leaves_out_only_the_effects_that_lack_a_run():
    """Of a line every effect is its slope, so that any effect from a wrong pair of runs would show."""
    found = sensitivity(failing(lambda x, seed: 3 * x["a"] - x["b"], 0.2), {"a": (0, 1), "b": (0, 1)}, "morris", 40)
    near(found["mu"], [3, -1], 1e-9)
    assert found.found.failures


def test_fast_fits_its_waves_to_the_runs_that_there_are():
    """Waves fitted by least squares are SALib's Fourier sums where no run is missing, and near them where some are."""
    found = sensitivity(failing(ishigami, 0.05), THREE, "fast", 1024)
    assert found.found.failures
    near(found["S1"], FIRST, 0.03)
    near(found["ST"], TOTAL, 0.04)
    t = 2 * PI * np.arange(257) / 257
    y = np.sin(32 * t) + 0.5 * np.cos(5 * t) + 0.2 * np.sin(64 * t)
    holed = y.copy()
    holed[[3, 100, 101, 200]] = np.nan
    near(fast.orders(holed, 32), fast.orders(y, 32), 0.02)
    near(fast.orders(y, 32), [1.04 / 1.29, 1.04 / 1.29], 1e-9)  # squares of the waves: 1 + 0.04 of 1 + 0.25 + 0.04


def test_fast_leaves_out_a_curve_that_lacks_most_runs():
    def once(x, seed):
        if seed == 0:  # the first curve's luck
            raise RuntimeError("no")
        return ishigami(x, seed)

    found = sensitivity(once, THREE, "fast", 1024)
    near(found["S1"], FIRST, 0.03)


def test_an_undefined_output_is_counted_and_never_a_zero():
    def simulate(x, seed):
        return {"y": x["a"], "months": x["a"] if x["a"] > 0.5 else None, "ratio": math.nan if x["b"] < 0.1 else x["b"]}

    found = sensitivity(simulate, {"a": (0, 1), "b": (0, 1)}, "rbd_fast", 512)
    assert found.found.failures == ()
    assert found.found.output("months").undefined == pytest.approx(0.5 * found.found.runs, rel=0.1)
    assert "undefined" in found.sentence
    assert found.loc[("ratio", "b"), "S1"] > 0.9


def test_all_failed_says_so_with_the_first_error():
    with pytest.raises(ValueError, match="all 384 runs failed; the first: RuntimeError: the run went wrong"):
        sensitivity(failing(ishigami, 2.0), THREE, "sobol_total", 64)


def test_a_batch_without_any_good_run_is_no_end():
    def late(x, seed):
        if seed < 128:
            raise RuntimeError("too early")
        return ishigami(x, seed)

    found = sensitivity(late, THREE, "sobol_total", 256)
    assert found.found.runs == 256 * 6
    near(found["ST"], TOTAL, 0.15)


def test_a_constant_output_is_told_beside_others_and_refused_alone():
    both = sensitivity(lambda x, seed: {"y": x["a"], "same": 7.0}, {"a": (0, 1)}, "sobol_total", 64)
    assert both.loc[("same", "a")].isna().all()
    assert "same was 7 in every run: nothing to attribute" in both.sentence
    with pytest.raises(ValueError, match="nothing to attribute: output is 7 in every run"):
        sensitivity(lambda x, seed: 7, {"a": (0, 1)}, "sobol_total", 64)


# Progress


def test_indices_come_as_runs_do_and_end_when_they_are_precise_enough():
    seen = []
    found = sensitivity(ishigami, THREE, "sobol_total", 4096, precision=0.1, on_update=seen.append)
    widths = [one.half_width for one in seen]
    assert widths[-1] <= 0.1 < widths[0]
    assert found.found.runs < 4096 * 6
    assert [one.runs for one in seen] == [64 * 6 * 2**k for k in range(len(seen))]
    near(found["ST"], TOTAL, 0.1)


def test_several_outputs_come_from_the_same_runs():
    calls = []

    def simulate(x, seed):
        calls.append(seed)
        return [x["a"], x["b"]]

    found = sensitivity(simulate, {"a": (0, 1), "b": (0, 1)}, "sobol_total", 64, outputs=["left", "right"])
    assert len(calls) == found.found.runs == 64 * 5
    near(found["ST"], [1, 0, 0, 1], 0.05)
    assert list(found.index.names) == ["output", "factor"]


def test_two_stages_find_what_matters_and_hold_the_rest():
    seen = set()

    def simulate(x, seed):
        seen.add(x["idle_1"])
        return 3 * x["a"] + 2 * x["b"] * x["a"] + 0.01 * x["idle_2"]

    names = ["a", "b", *(f"idle_{k}" for k in range(8))]
    found = sensitivity(simulate, dict.fromkeys(names, (0, 1)), "two_stage", 128, screen=12)
    assert list(found.index) == ["a", "b"]
    assert len(found.found.screening.groups) == 10
    assert "2 of 10 factors were let through by screening" in found.sentence
    assert 0.5 in seen


def test_results_do_not_depend_on_how_runs_are_mapped():
    from concurrent.futures import ThreadPoolExecutor

    alone = sensitivity(noisy, THREE, "sobol_total", 64)
    with ThreadPoolExecutor(3) as pool:
        together = sensitivity(noisy, THREE, "sobol_total", 64, map=pool.map)
    pd.testing.assert_frame_equal(alone, together)


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_seeds_give_equal_intervals_zero_too(seed):
    one, other = (sensitivity(ishigami, THREE, "sobol_total", 64, seed=seed) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.slow
def test_salib_leaves_no_trace_in_the_global_generator(capsys):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    for method, samples in (("delta", 128), ("hdmr", 660), ("pawn", 128)):
        sensitivity(ishigami, THREE, method, samples)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert capsys.readouterr() == ("", "")


# Factors


def test_factors_follow_their_distributions():
    factors = Factors.of({"range": (2, 4), "bell": stats.norm(5, 2), "choice": ["low", "high", "top"], "count": [1, 2]})
    points = np.random.default_rng(1).random((20_000, 4))
    drawn = pd.DataFrame(list(factors.values(points)))
    assert drawn["range"].between(2, 4).all()
    assert drawn["bell"].mean() == pytest.approx(5, abs=0.05)
    assert drawn["bell"].std() == pytest.approx(2, abs=0.05)
    assert drawn["choice"].value_counts(normalize=True).to_dict() == pytest.approx(
        dict.fromkeys(["low", "high", "top"], 1 / 3), abs=0.02
    )
    assert set(drawn["count"]) == {1, 2}


def test_ranks_go_together_as_asked():
    factors = Factors.of(dict.fromkeys("abc", (0, 1)), correlations={("a", "b"): 0.7, ("b", "c"): -0.3})
    points = factors.correlated(np.random.default_rng(1).random((50_000, 3)))
    found = stats.spearmanr(points).statistic
    near([found[0, 1], found[1, 2], found[0, 2]], [0.7, -0.3, 0], 0.02)


def test_groups_are_moved_together():
    found = sensitivity(
        lambda x, seed: x["a"] + x["b"] + 2 * x["c"],
        dict.fromkeys("abc", (0, 1)),
        "sobol_total",
        256,
        groups={"both": ["a", "b"]},
    )
    assert list(found.index) == ["both", "c"]
    near(found["ST"], [2 / 6, 4 / 6], 0.05)
    screened = sensitivity(
        lambda x, seed: x["a"] - x["b"] + 2 * x["c"],
        dict.fromkeys("abc", (0, 1)),
        "morris",
        groups={"both": ["a", "b"]},
    )
    assert math.isnan(screened.loc["both", "mu"])
    assert screened.loc["c", "mu"] == pytest.approx(2)


def test_categories_have_a_share_of_their_own():
    """f = 1 in one of four categories: all of the variance is the category's."""
    found = sensitivity(
        lambda x, seed: float(x["world"] == "bad"),
        {"world": ["bad", "a", "b", "c"], "inert": (0, 1)},
        "sobol_total",
        256,
    )
    near(found["ST"], [1, 0], 0.02)


def test_screening_keeps_away_from_the_ends_of_endless_distributions():
    found = sensitivity(lambda x, seed: x["a"], {"a": stats.norm(0, 1)}, "morris", 8)
    assert np.isfinite(found["mu_star"]).all()


def test_tails_and_courses_show_direction_and_shape():
    table = sensitivity(lambda x, seed: (x["a"] - 0.5) ** 2 - x["b"], dict.fromkeys("ab", (0, 1)), "sobol_total", 512)
    found = table.found
    ends = tails(found, found.outputs[0])
    assert ends.loc["b", "low"] - ends.loc["b", "high"] == pytest.approx(
        0.8, abs=0.03
    )  # means over fifths: 0.1 and 0.9
    assert abs(ends.loc["a", "low"] - ends.loc["a", "high"]) < 0.05
    bend = course(found, found.outputs[0], "a")
    assert bend["mean"].iloc[0] > bend["mean"].iloc[4] + 0.1
    assert bend["mean"].iloc[-1] > bend["mean"].iloc[5] + 0.1
    assert len(found.apart) == 1024  # rows that only differ in one factor are not independent


def test_screening_has_no_independent_rows_and_so_no_tails():
    found = sensitivity(ishigami, THREE, "morris", 40).found
    assert tails(found, found.outputs[0]).empty


# What it refuses


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"method": "sobl"}, "'sobl' is unknown; did you mean 'sobol'"),
        ({"method": "sobol", "samples": 100}, "samples 100: sobol needs a power of two.*the next that fits is 128"),
        ({"method": "fast", "samples": 100}, "samples 100: fast needs 4 curves.*the next that fits is 260"),
        ({"method": "rbd_fast", "samples": 10}, "the next that fits is 120"),
        ({"method": "hdmr", "samples": 10}, "the next that fits is 660"),
        ({"method": "morris", "samples": 1}, "the next that fits is 4"),
        ({"samples": 0}, "samples 0: give a whole number, at least 1"),
        ({"replicates": 1.5}, "replicates 1.5: give a whole number"),
        ({"precision": 2}, "precision 2: give a half width between 0 and 1"),
        ({"level": 95}, "level 95: give a share between 0 and 1"),
        ({"seed": 2**64}, "seed"),
        ({"factors": {}}, "factors: give at least one"),
        ({"factors": {"a": (0.9, 0.1)}}, "factor a: 0.9 to 0.1 is no range; give \\(low, high\\), two rising numbers"),
        ({"factors": {"a": (0, math.inf)}}, "factor a: 0 to inf is no range"),
        ({"factors": {"a": 3}}, "factor a: '3' is no range; give \\(low, high\\)"),
        ({"factors": {"a": ["x", "x"]}}, "factor a: a value is listed twice"),
        (
            {"method": "morris", "factors": {"a": ["x", "y"]}},
            "morris needs factors with an order, which a has not; methods that",
        ),
        (
            {"method": "emulator", "factors": {"a": ["x", "y"]}},
            "methods that can: delta, pawn, regional, sobol, sobol_total",
        ),
        ({"method": "fast", "groups": {"g": ["x1", "x2"]}}, "fast does not take groups of factors; methods that can: "),
        ({"groups": {"g": ["x9"]}}, "groups, g: there is no factor 'x9'; factors: x1, x2, x3"),
        ({"groups": {"g": ["x1"], "h": ["x1"]}}, "groups, h: x1 is in two groups"),
        ({"groups": {"x1": ["x2"]}}, "groups, x1: a factor has that name"),
        (
            {"correlations": {("x1", "x2"): 0.5}},
            "sobol takes factors that are independent; methods that can: delta, pawn, hdmr",
        ),
        ({"method": "delta", "correlations": {("x1", "x2"): 1.5}}, "1.5 is no rank correlation"),
        ({"method": "delta", "correlations": {("x1", "x9"): 0.5}}, "there is no factor 'x9'"),
        (
            {"method": "delta", "correlations": {("x1", "x2"): 0.9, ("x2", "x3"): 0.9, ("x1", "x3"): -0.9}},
            "no factors can go together like that",
        ),
        ({"outputs": []}, "name at least one"),
        ({"outputs": ["a", "a"]}, "none twice"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_run(settings, says):
    def never(x, seed):
        raise AssertionError("a run was made")

    with pytest.raises(ValueError, match=says):
        sensitivity(never, **{"factors": THREE, **settings})


def test_an_output_that_simulate_does_not_give_is_named():
    with pytest.raises(ValueError, match="simulate gives no 'z'; it gives y"):
        sensitivity(lambda x, seed: {"y": 1.0}, THREE, samples=8, outputs=["z"])


def test_every_method_says_what_it_does_and_which_sizes_it_takes():
    every = Factors.of(THREE)
    for name, method in METHODS.items():
        assert type(method).__doc__
        assert method.fitting(every, method.default) == method.default, name
        assert name in method.needs(every)


def test_a_table_shows_itself_with_its_sentence():
    found = sensitivity(ishigami, THREE, "sobol_total", 64)
    assert found.sentence in found._repr_html_().replace("&#x27;", "'")
    assert type(found[["S1"]]) is pd.DataFrame


# The bench


def test_the_bench_of_sensitivity(bench):
    """A07: Ishigami, the g-function, a line, luck, a binary output and the threshold of a mean field."""
    a07 = bench("a07_sensitivity")
    references = a07.reference()

    def check(name, value):
        expected, tolerance, mode = references[name]
        within = tolerance * (abs(expected) if mode == "rel" else 1)
        assert value == pytest.approx(expected, abs=within), name

    def on(function, factors):
        return lambda x, seed: float(function(np.array([[x[name] for name in factors]]))[0])

    found = sensitivity(on(a07.ishigami, THREE), THREE, samples=2048)
    for k in range(3):
        check(f"ishigami.S1[{k + 1}]", found["S1"].iloc[k])
        check(f"ishigami.ST[{k + 1}]", found["ST"].iloc[k])
    check("ishigami.Var", found.found.outputs[0].sd ** 2)
    check("ishigami.S2[1,3]", found.second_order.loc[("x1", "x3"), "S2"])
    check("ishigami.S2[1,2]", found.second_order.loc[("x1", "x2"), "S2"])
    eight = {f"x{k}": (0, 1) for k in range(1, 9)}
    found = sensitivity(on(a07.gfun, eight), eight, "sobol_total", 2048)
    for k in range(4):
        check(f"g.S1[{k + 1}]", found["S1"].iloc[k])
        check(f"g.ST[{k + 1}]", found["ST"].iloc[k])
    five = {f"x{k}": (0, 1) for k in range(1, 6)}
    found = sensitivity(on(a07.linear, five), five, "sobol_total", 1024)
    for k in range(4):
        check(f"linear.S1[{k + 1}]", found["S1"].iloc[k])
    found = sensitivity(on(a07.linear, five), five, "morris", 20)
    check("linear.morris_mu_star[1]", found["mu_star"].iloc[0])
    check("linear.morris_mu_star[5]", found["mu_star"].iloc[4])
    check("linear.morris_sigma[1]", found["sigma"].iloc[0])

    def luck(x, seed):
        return float(a07.noisy_ishigami(np.array([list(x.values())]), seed)[0])

    found = sensitivity(luck, THREE, samples=2048)
    for k in range(3):
        check(f"noisy.S1[{k + 1}]", found["S1"].iloc[k])
    check("noisy.share_of_variance_from_seed", found.noise_share)
    three = {f"x{k}": (0, 1) for k in (1, 2, 3)}
    found = sensitivity(on(a07.binary, three), three, samples=4096)
    check("binary.S1[1]", found["S1"].iloc[0])
    check("binary.S1[2]", found["S1"].iloc[1])
    check("binary.ST[3]", found["ST"].iloc[2])
    check("binary.S2[1,2]", found.second_order.loc[("x1", "x2"), "S2"])
    found = sensitivity(lambda x, seed: float(a07.h_s(**x)), {"J": a07.J_RANGE, "beta": a07.B_RANGE}, samples=1024)
    check("threshold.mean_h_s", found.found.outputs[0].mean)
    check("threshold.S1[J]", found["S1"].iloc[0])
    check("threshold.S1[beta]", found["S1"].iloc[1])

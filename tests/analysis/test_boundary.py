"""The boundary in several levers: known curves and surfaces, nulls without one, the cheapest point; and the process behind it."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import dblquad, quad
from scipy.spatial import cKDTree
from scipy.stats import multivariate_normal, norm
from systems import follow, spinodal

from coalsim.analysis import find_boundary
from coalsim.analysis.gp_probit import GPProbit, Kernel

UNIT = {"a": (0.0, 1.0), "b": (0.0, 1.0)}
KERNEL = Kernel(2.0, (0.4,))


def line(x):
    """Above zero beyond the curve b = 0.15 + 0.55 a^2."""
    return x["b"] - (0.15 + 0.55 * x["a"] ** 2)


def arch(x):
    """Above zero under an arch: too little and too much of a both fail."""
    return 2.6 * x["a"] * (1 - x["a"]) - 0.12 - 0.62 * x["b"]


def noisy(shape, scale):
    def simulate(x, seed):
        return np.random.default_rng(seed).random() < 1 / (1 + math.exp(-min(max(shape(x) / scale, -500), 500)))

    return simulate


def apart(found, true):
    """Median and 95% of the symmetric distance between a line and the true one, of the unit square."""
    estimated = found.contour().to_numpy()
    gaps = np.r_[cKDTree(true).query(estimated)[0], cKDTree(estimated).query(true)[0]]
    return float(np.median(gaps)), float(np.quantile(gaps, 0.95))


A = np.linspace(0, 1, 400)
LINE = np.stack([A, 0.15 + 0.55 * A**2], axis=1)


# The process


def test_one_run_gives_the_exact_evidence_and_moments():
    # EP is exact for one run: the chance is the mean of ndtr(f) under the prior of f
    point = np.array([[0.3]])
    fitted = GPProbit.fit(point, np.array([True]), KERNEL)
    variance = float(KERNEL(point, point)[0, 0])
    sd = math.sqrt(variance)

    def density(f):
        return norm.cdf(f) * norm.pdf(f, 0, sd)

    evidence = quad(density, -60, 60, limit=400)[0]
    mean = quad(lambda f: f * density(f), -60, 60, limit=400)[0] / evidence
    second = quad(lambda f: f * f * density(f), -60, 60, limit=400)[0] / evidence
    found, spread = fitted.latent(point)
    assert fitted.log_evidence == pytest.approx(math.log(evidence), abs=1e-4)
    assert found[0] == pytest.approx(mean, rel=1e-3)
    assert spread[0] == pytest.approx(second - mean**2, rel=1e-3)


def test_two_runs_come_near_numerical_integration():
    points, outcomes = np.array([[0.2], [0.5]]), np.array([True, False])
    fitted = GPProbit.fit(points, outcomes, KERNEL)
    prior = multivariate_normal(np.zeros(2), KERNEL(points, points))
    evidence = dblquad(lambda g, f: norm.cdf(f) * norm.cdf(-g) * prior.pdf([f, g]), -25, 25, -25, 25, epsabs=1e-6)[0]
    assert fitted.log_evidence == pytest.approx(math.log(evidence), abs=0.02)


def test_far_from_runs_nothing_is_known_but_the_prior():
    kernel = Kernel(2.0, (0.01,))
    fitted = GPProbit.fit(np.array([[0.5], [0.52]]), np.array([True, True]), kernel)
    _, spread = fitted.latent(np.array([[0.9]]))
    assert spread[0] > 0.9 * 4  # the short part of the prior is untouched


def test_sure_outcomes_leave_less_to_learn_where_they_were():
    rng = np.random.default_rng(1)
    points = rng.random((40, 2))
    fitted = GPProbit.fit(points, points[:, 0] > 0.5, Kernel.default(2))
    at = np.array([[0.9, 0.5], [0.5, 0.5]])
    assert fitted.probability(at)[0] > 0.95
    assert abs(fitted.probability(at)[1] - 0.5) < 0.4
    low, high = fitted.band(at, 0.95)
    assert high[0] - low[0] < high[1] - low[1]


# Known boundaries


@pytest.mark.parametrize("seed", [0, 100_000])
def test_a_sharp_curve_is_found_within_two_per_cent_by_forty_runs(seed):
    found = find_boundary(noisy(line, 0.004), UNIT, seed=seed, max_runs=40, tolerance=1e-6)
    median, most = apart(found, LINE)
    assert median < 0.02
    assert most < 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "runs"), [(0.03, 120), pytest.param(0.04, 150, marks=pytest.mark.nightly)])
def test_noisy_curves_take_more_runs(scale, runs):
    medians, mosts = zip(
        *(
            apart(find_boundary(noisy(line, scale), UNIT, seed=1000 * k, max_runs=runs, tolerance=1e-6), LINE)
            for k in range(3)
        )
    )
    assert np.median(medians) < 0.02
    assert np.median(mosts) < 0.06


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "noise", "runs", "name"),
    [
        ("line2", "sharp", 60, "median_distance[line2,sharp,60 runs]"),
        ("line2", "noisy", 120, "median_distance[line2,noisy,120 runs]"),
        ("arch2", "sharp", 80, "median_distance[arch2,sharp,80 runs]"),
        pytest.param("arch2", "noisy", 150, "median_distance[arch2,noisy,150 runs]", marks=pytest.mark.nightly),
    ],
)
def test_it_meets_the_benchs_boundaries(bench, case, noise, runs, name):
    system = bench("a14_boundary_2d3d")

    def simulate(x, seed):
        return bool(system.draw(case, noise, np.array([[x["a"], x["b"]]]), seed)[0])

    scores = [
        system.score(case, find_boundary(simulate, UNIT, seed=1000 * k, max_runs=runs, tolerance=1e-6).contour())
        for k in range(3)
    ]
    assert np.median([median for median, _ in scores]) <= system.reference()[name][0]
    assert np.median([most for _, most in scores]) < 0.05


@pytest.mark.nightly
@pytest.mark.slow
def test_a_closed_surface_in_three_levers(bench):
    system = bench("a14_boundary_2d3d")
    names = "abc"

    def simulate(x, seed):
        return bool(system.draw("ell3", "sharp", np.array([[x[name] for name in names]]), seed)[0])

    found = find_boundary(simulate, dict.fromkeys(names, (0.0, 1.0)), max_runs=250, tolerance=1e-6)
    assert system.misclassified("ell3", lambda x: found.probability(x) > 0.5) <= 0.012
    gaps = cKDTree(system.boundary("ell3")).query(found.contour().to_numpy())[0]
    assert np.median(gaps) < 0.03


@pytest.mark.slow
def test_the_spinodals_of_partners_who_follow_each_other():
    """From nobody in, most join when h exceeds h_s(K); for K <= 1 they do so for any h above 0."""

    def simulate(x, seed):
        return follow(x["h"], x["k"], -1.0, 2000) > 0

    found = find_boundary(simulate, {"k": (0.5, 2.5), "h": (-0.3, 1.0)}, max_runs=80, tolerance=1e-6)
    for k in (1.5, 2.0):
        fields = np.linspace(-0.3, 1.0, 1301)
        chance = found.probability({"k": np.full(1301, k), "h": fields})
        assert fields[np.argmax(chance > 0.5)] == pytest.approx(spinodal(k), abs=0.03)


# Nulls


@pytest.mark.parametrize(("chance", "verdict"), [(0.0, "never"), (0.1, "never"), (1.0, "always")])
def test_where_it_never_or_always_tips_there_is_no_boundary(chance, verdict):
    found = find_boundary(lambda x, seed: np.random.default_rng(seed).random() < chance, UNIT, seed=3, max_runs=200)
    assert found.verdict == verdict
    assert found.runs <= 100
    assert not len(found.contour())
    assert math.isnan(found.uncertainty)
    if verdict == "never":
        assert found.cheapest({"a": 1.0, "b": 1.0}) is None


@pytest.mark.parametrize(
    "chance",
    [
        pytest.param(0.45, marks=pytest.mark.slow),
        *(pytest.param(chance, marks=pytest.mark.nightly) for chance in (0.35, 0.5)),
    ],
)
def test_one_chance_everywhere_is_no_boundary(chance):
    """At most one search of twenty may say so (`Wagers`); of 200 others none did."""
    for k in range(4):
        found = find_boundary(
            lambda x, s: np.random.default_rng(s).random() < chance, UNIT, seed=1000 * k, max_runs=100
        )
        assert found.verdict != "boundary"
        assert not len(found.contour())


def test_never_says_how_large_a_region_may_have_gone_unseen():
    found = find_boundary(lambda x, seed: False, UNIT)
    words = str(found).split()
    widest = float(words[words.index("than", words.index("farther")) + 1].rstrip("%")) / 100
    corners = np.array(list(np.ndindex(101, 101))) / 100
    assert cKDTree(found.points).query(corners)[0].max() == pytest.approx(widest, abs=0.02)
    assert found.runs >= 48


@pytest.mark.slow
def test_partners_who_hardly_follow_each_other_join_without_a_jump():
    """For K <= 1 most join once h is above 0, whatever K."""
    found = find_boundary(
        lambda x, seed: follow(x["h"], x["k"], -1.0, 2000) > 0,
        {"k": (0.2, 1.0), "h": (-0.5, 0.5)},
        max_runs=80,
        tolerance=1e-6,
    )
    assert found.verdict == "boundary"
    assert found.contour()["h"].to_numpy() == pytest.approx(0, abs=0.04)


# What is told


@pytest.fixture(scope="module")
def sharp():
    """The curve, with b ten times as large."""
    ranges = {"a": (0.0, 1.0), "b": (0.0, 10.0)}
    return find_boundary(lambda x, seed: line({"a": x["a"], "b": x["b"] / 10}) > 0, ranges, max_runs=60, tolerance=1e-6)


def test_probabilities_are_asked_by_name_by_frame_or_by_row(sharp):
    points = np.array([[0.5, 9.0], [0.5, 0.5]])
    by_row = sharp.probability(points)
    assert by_row.tolist() == sharp.probability(pd.DataFrame(points, columns=["a", "b"])[["b", "a"]]).tolist()
    assert by_row[0] == sharp.probability({"a": 0.5, "b": 9.0})[0]
    assert by_row[0] > 0.9
    assert by_row[1] < 0.1
    with pytest.raises(ValueError, match="one for each of a, b"):
        sharp.probability(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="points lack b; give a column for each of a, b"):
        sharp.probability({"a": 0.5})
    with pytest.raises(ValueError, match="cost lacks a; give the cost of a unit of each lever"):
        sharp.cheapest({"b": 1.0})


def test_ranges_may_be_arrays():
    assert find_boundary(lambda x, seed: False, {"a": np.array([0, 2]), "b": [0, 1]}).ranges["a"] == (0.0, 2.0)


def test_the_share_that_tips_has_an_interval(sharp):
    share, low, high = sharp.share()
    assert low <= share <= high
    assert share == pytest.approx(1 - 0.15 - 0.55 / 3, abs=0.03)
    assert "More likely than not it tips in" in str(sharp)


def test_the_cheapest_point_lies_on_the_boundary_where_it_costs_least(sharp):
    # Of the points beyond b = 10 (0.15 + 0.55 a^2), 10 a + b is least at a = 0; b alone, too; -30 a + b further along
    found = sharp.cheapest({"a": 10.0, "b": 1.0})
    assert found.point["a"] == pytest.approx(0, abs=0.05)
    assert found.point["b"] == pytest.approx(1.5, abs=0.6)
    assert found.cost == pytest.approx(10 * found.point["a"] + found.point["b"])
    assert found.probability >= 0.5
    assert found.low <= found.probability <= found.high
    surely = sharp.cheapest({"a": 10.0, "b": 1.0}, sure=True)
    assert surely.low >= 0.5
    assert surely.cost > found.cost
    dearer = sharp.cheapest(lambda point: 10 * point["a"] + point["b"], level=0.95)
    assert dearer.cost > found.cost
    assert dearer.probability >= 0.95


def test_the_table_holds_every_run(sharp):
    table = sharp.table()
    assert list(table.columns) == ["a", "b", "seed", "tipped"]
    assert len(table) == sharp.runs == 60
    assert table["seed"].tolist() == list(range(60))


def test_failing_runs_are_counted_and_the_rest_goes_on():
    def simulate(x, seed):
        if seed % 4 == 0:
            raise ArithmeticError("poison")
        return line(x) > 0

    found = find_boundary(simulate, UNIT, max_runs=60, tolerance=1e-6)
    assert len(found.failed) == 15
    assert len(found.points) == 45
    assert apart(found, LINE)[0] < 0.03
    assert "15 failed" in str(found)


def test_undefined_outcomes_are_no_tips():
    found = find_boundary(lambda x, seed: math.nan, UNIT, max_runs=20)
    assert found.verdict == "undetermined"
    assert len(found.failed) == 20


@pytest.mark.parametrize(
    ("ranges", "settings", "says"),
    [
        ({"a": (0, 1)}, {}, "use find_threshold for one"),
        (dict.fromkeys("abcde", (0, 1)), {}, "two to four"),
        ({"a": (0, 1), "b": (1, 1)}, {}, "b: .* is no range"),
        ({"a": (0, 1), "b": 3}, {}, "b: 3 is no range"),
        ({"a": (0, 1), "b": None}, {}, "b: None is no range"),
        ({"a": (0, 1), "b": ("low", "high")}, {}, r"b: \('low', 'high'\) is no range"),
        (UNIT, {"max_runs": 5}, "give at least 12"),
        (UNIT, {"level": 0}, "level 0"),
        (UNIT, {"batch": 0}, "batch 0"),
        (UNIT, {"seed": -1}, "seed -1"),
    ],
)
def test_what_cannot_be_searched_is_refused(ranges, settings, says):
    with pytest.raises(ValueError, match=says):
        find_boundary(lambda x, seed: True, ranges, **settings)

"""Calibration against known answers: a closed form, an exact posterior, a ridge, and its own credible intervals."""

import numpy as np
import pytest
from scipy.stats import norm

from coalsim.analysis import Target, calibrate

N, T = 100, 60  # agents and steps of the Brock-Durlauf chain
RANGES = {"h": (-0.3, 0.3), "J": (0.5, 2.0)}


# A linear model with normal noise: the posterior is normal, by a formula

SLOPES = np.array([[1.0, 0.5], [0.2, -1.0], [0.7, 0.7]])
LEVELS = np.array([0.1, 0.2, -0.3])
NOISE, TOLERANCE, TRUE = 0.02, 0.05, np.array([0.4, 0.6])
SQUARE = {"x": (0.0, 1.0), "y": (0.0, 1.0)}


def linear(points, seeds):
    noise = np.array([np.random.default_rng(int(seed)).normal(0, NOISE, 3) for seed in seeds])
    return (points @ SLOPES.T + LEVELS)[:, None] + noise


def wanted(values=SLOPES @ TRUE + LEVELS):
    return [Target(f"moment {k}", value, TOLERANCE) for k, value in enumerate(values)]


@pytest.fixture(scope="module")
def closed():
    return calibrate(linear, SQUARE, wanted(), replicates=8, runs=320)


def posterior_of_the_linear_model(discrepancy, found):
    """Mean and covariance with a flat prior; the seeds in use shift every output alike, and say how far others would."""
    shift = found.outputs[0].mean(axis=0) - LEVELS - SLOPES @ found.points[0]
    precision = np.linalg.inv(discrepancy + np.cov(found.outputs[0].T) / 8)
    covariance = np.linalg.inv(SLOPES.T @ precision @ SLOPES)
    return TRUE - covariance @ SLOPES.T @ precision @ shift, covariance


def test_the_posterior_of_a_linear_model_is_its_closed_form(closed):
    mean, covariance = posterior_of_the_linear_model(TOLERANCE**2 * np.eye(3), closed)
    sd = np.sqrt(np.diag(covariance))
    for one, expected, width in zip(closed.parameters, mean, sd, strict=True):
        assert one.mean == pytest.approx(expected, abs=0.1 * width)  # 4096 draws, of which half count
        assert one.sd == pytest.approx(width, rel=0.05)
        assert (one.low, one.high) == pytest.approx(
            (expected + norm.ppf(0.05) * width, expected + norm.ppf(0.95) * width), abs=0.15 * width
        )
        assert one.is_identified
    assert closed.correlations[0, 1] == pytest.approx(covariance[0, 1] / sd.prod(), abs=0.05)
    assert closed.ridges == ()


def test_a_full_covariance_between_targets_is_heeded():
    errors = TOLERANCE**2 * (0.1 * np.eye(3) + 0.9)
    targets = [Target(one.name, one.observed, 0) for one in wanted()]
    found = calibrate(linear, SQUARE, targets, replicates=8, runs=320, covariance=errors)
    mean, covariance = posterior_of_the_linear_model(errors, found)
    for k, one in enumerate(found.parameters):
        assert one.mean == pytest.approx(mean[k], abs=0.1 * covariance[k, k] ** 0.5)
        assert one.sd == pytest.approx(covariance[k, k] ** 0.5, rel=0.06)


def test_every_target_is_told_with_its_fit_and_the_fit_on_new_seeds(closed):
    fit = closed.fit()
    assert list(fit.index) == ["moment 0", "moment 1", "moment 2"]
    assert fit["is_met"].all()
    values = np.array(list(closed.values.values()))
    exact = SLOPES @ values + LEVELS
    assert np.abs(fit["simulated"] - exact).max() < 4 * NOISE / 8**0.5
    assert np.abs(fit["on_new_seeds"] - exact).max() < 4 * NOISE / 8**0.5
    assert not set(closed.seeds) & set(closed.new_seeds)
    assert (fit["low"] < fit["simulated"]).all()
    assert (fit["sd"] < 3 * NOISE).all()
    assert closed.stability.is_stable
    assert closed.points[-1] == pytest.approx(values)
    assert closed.runs == (len(closed.points) + 1) * 8 <= 320


def test_halves_of_the_seeds_differ_by_what_their_noise_makes(closed):
    gain = np.linalg.pinv(SLOPES)  # the same tolerance for all: least squares
    halves = [closed.outputs[0][part].mean(axis=0) for part in (slice(0, 4), slice(4, 8))]
    apart = gain @ (halves[0] - halves[1])
    for k, name in enumerate(SQUARE):
        first, second = closed.stability.halves[name]
        assert second - first == pytest.approx(apart[k], abs=0.006)  # an eighth of the posterior's sd


def test_a_target_out_of_reach_is_told_as_missed():
    found = calibrate(linear, SQUARE, wanted([5.0, 0, 0]), replicates=4, runs=160)
    assert not found.is_met
    assert not found.targets[0].is_met
    assert found.waves[-1].not_ruled_out == 0


def test_the_ranges_shrink_to_what_is_not_ruled_out(closed):
    shares = [wave.not_ruled_out for wave in closed.waves]
    exact = np.abs((np.random.default_rng(0).random((100_000, 2)) - TRUE) @ SLOPES.T).max(axis=1)
    assert shares[-1] == pytest.approx(np.mean(exact < 3 * TOLERANCE), rel=0.2)
    assert [wave.points for wave in closed.waves] == sorted(wave.points for wave in closed.waves)


# What the targets leave open


def test_a_parameter_that_no_target_depends_on_is_not_identified():
    found = calibrate(
        lambda points, seeds: linear(points[:, :2], seeds), SQUARE | {"flat": (0, 10)}, wanted(), replicates=4, runs=200
    )
    known, also, flat = found.parameters
    assert (known.is_identified, also.is_identified, flat.is_identified) == (True, True, False)
    assert flat.contraction == pytest.approx(1, abs=0.1)
    assert flat.mean == pytest.approx(5, abs=0.6)
    assert np.abs(found.correlations[2, :2]).max() < 0.15
    assert found.ridges == ()


def test_of_a_sum_only_the_sum_is_pinned_down():
    found = calibrate(
        lambda points, seeds: linear(points, seeds)[:, :, :1],
        SQUARE,
        [Target("x + y / 2", 0.8, 0.02)],
        replicates=4,
        runs=160,
    )
    assert not any(one.is_identified for one in found.parameters)
    (ridge,) = found.ridges
    assert ridge.names == ("x", "y")
    assert ridge.coefficients["y"] == pytest.approx(0.5, abs=0.03)
    assert ridge.value == pytest.approx(0.7, abs=0.03)  # 0.8 less the level
    assert "trade off: only x + 0.5" in str(ridge).replace("0.49", "0.5").replace("0.50", "0.5")


def long_run_mean(points, seeds, n=2000, steps=150):
    """Mean choice (k, r, 1) of many agents, each of whom chooses by the mean choice of the step before."""
    luck = np.array([np.random.default_rng(int(seed)).normal(size=steps) for seed in seeds])  # the same at every point
    h, J = points[:, :1], points[:, 1:]
    m, total = np.full((len(points), len(seeds)), 0.7), 0.0
    for t in range(steps):
        expected = np.tanh(h + J * m)
        m = np.clip(expected + luck[:, t] * np.sqrt((1 - expected**2) / n), -1, 1)
        total = total + m * (t >= steps // 3)
    return total[:, :, None] / (steps - steps // 3)


def test_of_the_chain_the_long_run_mean_alone_pins_down_a_ridge_and_no_parameter():
    m = 0.72
    found = calibrate(long_run_mean, RANGES, [Target("m", m, 0.005)], replicates=8, runs=480)
    assert not any(one.is_identified for one in found.parameters)
    assert found.correlations[0, 1] < -0.95
    (ridge,) = found.ridges
    assert ridge.names == ("h", "J")
    assert ridge.coefficients["J"] == pytest.approx(m, abs=0.05)  # h = artanh(m) - J m
    assert ridge.value == pytest.approx(np.arctanh(m), abs=0.05)
    assert "trade off" in str(ridge)
    assert found.is_met


# The chain's exact posterior: N agents, each step binomial given the one before


def path(h, J, seed, k0=30):
    rng, k = np.random.default_rng(seed), [k0]
    for _ in range(T):
        k.append(int(rng.binomial(N, 1 / (1 + np.exp(-2 * (h + J * (2 * k[-1] - N) / N))))))
    return np.array(k, dtype=float)


def exact_posterior(k):
    """Means, sds and correlation of h and J given a path, by the likelihood on a grid with an even prior."""
    h, J = np.meshgrid(np.linspace(*RANGES["h"], 241), np.linspace(*RANGES["J"], 301), indexing="ij")
    log = np.zeros_like(h)
    for before, after in zip((2 * k[:-1] - N) / N, k[1:]):
        z = 2 * (h + J * before)
        log -= after * np.logaddexp(0, -z) + (N - after) * np.logaddexp(0, z)
    w = np.exp(log - log.max())
    w /= w.sum()
    means = [(w * x).sum() for x in (h, J)]
    sds = [((w * (x - m) ** 2).sum()) ** 0.5 for x, m in zip((h, J), means)]
    return means, sds, float((w * (h - means[0]) * (J - means[1])).sum() / sds[0] / sds[1])


def fit_chain(k, seed, **settings):
    """By two regression moments of the path, which err together: the mean, and the product with the step before.

    Each is simulated one step ahead from the steps that were seen, so the moments carry all that the path says.
    """
    before = (2 * k[:-1] - N) / N
    centred = before - before.mean()

    def moments(after):
        return np.stack([after.mean(axis=-1), (centred * after).mean(axis=-1)], axis=-1)

    def ahead(points, seeds):
        p = 1 / (1 + np.exp(-2 * (points[:, :1] + points[:, 1:] * before)))
        return moments(np.stack([np.random.default_rng(int(one)).binomial(N, p) for one in seeds], axis=1))

    targets = [Target(name, value, 0) for name, value in zip(("mean", "product"), moments(k[1:]))]
    return calibrate(ahead, RANGES, targets, seed=seed, covariance="replicates", **settings)


@pytest.mark.parametrize("seed", [0, 1000])
def test_the_chain_is_fitted_as_its_exact_posterior_says(seed):
    k = path(0.05, 1.2, 20240101)
    means, sds, correlation = exact_posterior(k)
    found = fit_chain(k, seed, replicates=32, runs=1600)
    for one, mean, sd in zip(found.parameters, means, sds, strict=True):
        assert one.mean == pytest.approx(mean, abs=0.5 * sd)
        assert one.sd == pytest.approx(sd, rel=0.3)
        assert one.is_identified
    assert found.correlations[0, 1] == pytest.approx(correlation, abs=0.25)


@pytest.mark.nightly
def test_nine_tenths_credible_intervals_hold_the_truth_so_often():
    """Over 200 paths with h and J drawn from the prior; the binomial sd of 200 tries is 0.02."""
    rng, held, n = np.random.default_rng(1), np.zeros(2), 200
    for k in range(n):
        truth = rng.uniform(-0.3, 0.3), rng.uniform(0.5, 2.0)
        found = fit_chain(path(*truth, 1000 + k), seed=100 * k, replicates=32, runs=1280, sample=2048)
        held += [one.low <= value <= one.high for one, value in zip(found.parameters, truth)]
    assert ((held / n >= 0.84) & (held / n <= 0.95)).all(), held / n


# Form


def test_the_same_seed_gives_the_same_and_another_seed_another(closed):
    again = calibrate(linear, SQUARE, wanted(), replicates=8, runs=320)
    assert again.table().equals(closed.table())
    assert again.fit().equals(closed.fit())
    assert (again.points == closed.points).all()
    assert (calibrate(linear, SQUARE, wanted(), replicates=8, runs=320, seed=9).points != closed.points).any()


def test_a_profile_shows_the_posterior_and_the_likelihood(closed):
    profile, (one, _) = closed.profile("x"), closed.parameters
    width = profile["value"].diff().iloc[1]
    assert (profile["density"] * width).sum() == pytest.approx(1, abs=0.01)  # the prior's width is 1
    assert profile["likelihood"].max() == 1
    assert profile["value"][profile["likelihood"].idxmax()] == pytest.approx(one.mean, abs=one.sd / 2)


def test_it_shows_itself_in_a_line(closed):
    assert "not pinned down: none; targets missed: none" in repr(closed)


def test_jupyter_shows_parameters_and_targets_and_a_figure(closed):
    shown = closed._repr_html_()
    assert shown.startswith("<p>Calibration: ")
    assert shown.count("<tr>") == 2 + len(closed.parameters) + len(closed.targets)
    assert closed.plot("Fit", "made here").note == "made here"


def test_a_simulation_without_noise_will_do():
    found = calibrate(
        lambda points, seeds: np.repeat((points @ SLOPES.T)[:, None], len(seeds), axis=1),
        SQUARE,
        wanted(SLOPES @ TRUE),
        replicates=2,
        runs=80,
    )
    assert list(found.values.values()) == pytest.approx(TRUE, abs=0.02)
    assert found.is_met


@pytest.mark.parametrize(
    ("change", "words"),
    {
        "no parameters": ({"parameters": {}}, "parameters is empty"),
        "an inverted range": ({"parameters": {"x": (1, 0)}}, "parameter x: 1 to 0 is no range"),
        "an endless range": ({"parameters": {"x": (0, np.inf)}}, "parameter x: 0 to inf is no range"),
        "no targets": ({"targets": []}, "targets is empty"),
        "a target twice": ({"targets": [Target("a", 0, 1), Target("a", 1, 1)]}, "target a is given twice"),
        "no tolerance": ({"targets": [Target("a", 0, 0)]}, "target a: tolerance 0; give the standard deviation"),
        "a negative tolerance": ({"targets": [Target("a", 0, -1)]}, "target a: tolerance -1"),
        "nothing observed": ({"targets": [Target("a", np.nan, 1)]}, "target a: nan is not a finite number"),
        "one replicate": ({"replicates": 1}, "replicates 1: give at least 2"),
        "too few runs": ({"runs": 55}, "with 4 replicates and 2 parameters give at least 56"),
        "a seed too far": ({"seed": 2**64}, "give a whole number from 0 to"),
        "a covariance of another size": ({"covariance": np.eye(2)}, r"\(targets, targets\) = \(3, 3\)"),
        "a covariance that is none": ({"covariance": -np.eye(3)}, "negative eigenvalue"),
        "a word for a covariance": ({"covariance": "replicate"}, "give 'replicates', or a matrix"),
        "a small sample": ({"sample": 10}, "give at least 256"),
    }.values(),
)
def test_what_cannot_be_calibrated_is_refused(change, words):
    asked = {"parameters": SQUARE, "targets": wanted(), "replicates": 4, "runs": 100} | change
    with pytest.raises(ValueError, match=words):
        calibrate(linear, asked.pop("parameters"), asked.pop("targets"), **asked)


def test_an_output_that_is_no_number_is_told_with_its_point_and_seed():
    def broken(points, seeds):
        outputs = linear(points, seeds)
        outputs[1, 2, 0] = np.nan
        return outputs

    with pytest.raises(ValueError, match=r"simulate gave nan for moment 0 at x = 0\.\d+, y = 0\.\d+, seed 2"):
        calibrate(broken, SQUARE, wanted(), replicates=4, runs=100)


def test_outputs_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"shape \(12, 4\); \(points, seeds, targets\) = \(12, 4, 3\)"):
        calibrate(lambda points, seeds: linear(points, seeds)[:, :, 0], SQUARE, wanted(), replicates=4, runs=100)

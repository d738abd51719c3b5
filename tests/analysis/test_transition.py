"""Finite-size scaling: a magnet whose cumulants are known exactly, and nulls that only look like transitions."""

import math

import numpy as np
import pytest
from scipy.special import gammaln

from coalsim.analysis import binder_cumulant, transition

SIZES = (64, 256, 1024)
U_STAR = 0.270520  # 1 - Gamma(5/4) Gamma(1/4) / (3 Gamma(3/4)^2), of exp(-x^4 / 12)


def law(n, k, h=0.0):
    """Chances of m = (2 j - n) / n in the Curie-Weiss magnet: C(n, j) exp(k M^2 / (2 n) + h M)."""
    j = np.arange(n + 1)
    m = 2 * j - n
    logs = gammaln(n + 1) - gammaln(j + 1) - gammaln(n - j + 1) + k * m * m / (2 * n) + h * m
    p = np.exp(logs - logs.max())
    return p / p.sum(), m / n


def magnet(n, k, size, seed, h=0.0):
    p, m = law(n, k, h)
    return np.random.default_rng([seed, n, round(1000 * k)]).choice(m, size, p=p)


def exact(n, k):
    p, m = law(n, k)
    return 1 - (p * m**4).sum() / (3 * (p * m**2).sum() ** 2)


def test_cumulants_are_those_of_known_laws():
    assert binder_cumulant([-1, 1] * 50) == pytest.approx(2 / 3)
    assert binder_cumulant(np.random.default_rng(1).standard_normal(200_000)) == pytest.approx(0, abs=0.01)
    for n in SIZES:
        assert binder_cumulant(magnet(n, 1.0, 20_000, 1)) == pytest.approx(exact(n, 1.0), abs=0.015)
    assert exact(20_000, 1.0) == pytest.approx(U_STAR, abs=0.01)


def test_cumulants_of_a_magnet_cross_at_its_critical_strength():
    strengths = (0.9, 0.95, 1.0, 1.05, 1.1)
    found = transition({n: {k: magnet(n, k, 4000, 2) for k in strengths} for n in SIZES})
    assert found.verdict == "transition"
    assert found.critical == pytest.approx(1.0, abs=0.02)
    assert found.critical_low < 1.004 < found.critical_high + 0.01  # the crossing of 256 and 1024 lies at 1.00409
    assert found.binder[64][0.9] == pytest.approx(exact(64, 0.9), abs=0.03)


def test_in_a_field_they_do_not_cross():
    strengths = (0.9, 0.95, 1.0, 1.05, 1.1)
    found = transition({n: {k: magnet(n, k, 4000, 3, h=0.1) for k in strengths} for n in SIZES})
    assert found.verdict == "crossover"
    assert math.isnan(found.critical)


def test_two_states_that_stay_apart_are_a_transition():
    found = transition({n: magnet(n, 1.3, 200, 4) for n in SIZES})
    assert found.verdict == "transition"
    assert found.high < 0.5
    assert found.gaps[1024] < 0.05
    assert "two states stay apart" in str(found)


def test_at_the_critical_strength_the_variance_falls_as_the_root_of_the_size():
    found = transition({n: magnet(n, 1.0, 2000, 5) for n in SIZES})
    assert found.exponent == pytest.approx(0.5, abs=0.1)
    assert found.verdict == "undetermined"  # neither one state nor two


def independent(n, rng):
    return rng.binomial(n, 0.5, 100) / n


def steep(n, rng):
    return np.tanh(5 * rng.standard_normal(100) / math.sqrt(n))


def oscillation(n, rng):
    return np.sin(rng.uniform(0, 2 * math.pi, 100)) + rng.standard_normal(100) / math.sqrt(n)


def relaxation(n, rng):
    return np.tanh(3 * np.sin(rng.uniform(0, 2 * math.pi, 200))) + rng.standard_normal(200) / math.sqrt(
        n
    )  # dwells at two levels


def one_luck(n, rng):
    return rng.standard_normal(100)  # the same for all parts, as the luck of a place: its variance does not fall either


@pytest.mark.parametrize("null", [independent, steep, oscillation, relaxation, one_luck])
def test_nulls_are_never_called_a_transition(null):
    """Independent adopters, a steep single-valued response, two kinds of oscillation, luck that all parts share."""
    verdicts = [transition({n: null(n, np.random.default_rng([k, n])) for n in SIZES}).verdict for k in range(12)]
    assert verdicts.count("transition") == 0


def test_outcomes_that_are_only_0_and_1_may_be_two_states():
    """Half of the runs tip at every size; a majority cut on independent adopters looks alike, so cut nothing beforehand."""
    found = transition({n: np.random.default_rng(n).integers(0, 2, 200).astype(float) for n in SIZES})
    assert found.verdict == "transition"


def test_a_majority_of_independent_adopters_sharpens_without_being_a_transition():
    """The share that adopts at the threshold; a cut at one half would turn ever more sharply."""
    found = transition({n: independent(n, np.random.default_rng(n)) for n in SIZES})
    assert found.exponent == pytest.approx(1.0, abs=0.25)
    assert found.verdict == "crossover"
    assert "No transition" in str(found)


@pytest.mark.slow
def test_it_meets_the_benchs_magnet(bench):
    case = bench("a11_curie_weiss_binder")
    known = case.reference()
    for n in SIZES:
        for k in (0.9, 1.0, 1.1):
            found = binder_cumulant(case.sample(n, k, 400_000, 7))
            assert found == pytest.approx(known[f"U[N={n},K={k}]"][0], abs=0.015)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        ({1: [0.0] * 10, 2: [1.0] * 10}, "2 sizes: give endpoints of at least 3"),
        ({n: [0.0, 1.0] for n in SIZES}, "size 64: endpoints have the shape"),
        ({n: [math.nan] * 10 for n in SIZES}, "not finite"),
        ({64: {0.9: [0.0] * 9, 1.0: [0.0] * 9}, 128: {0.9: [0.0] * 9}, 256: {0.9: [0.0] * 9}}, "same control values"),
    ],
)
def test_samples_that_cannot_be_scaled_are_refused(samples, says):
    with pytest.raises(ValueError, match=says):
        transition(samples)

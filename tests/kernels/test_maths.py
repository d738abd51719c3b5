"""The core's mathematics against fifty digits of the decimal module, and its sums against exact fractions."""

import math
import os
import subprocess
import sys
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from fractions import Fraction

import numba
import numpy as np
import pytest

from coalsim.kernels import maths

N = 1_000
EXACT = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN)


def worst(function, truth, points):
    """The largest error of `function` in units in the last place of the true value."""
    errors = []
    with localcontext(EXACT):
        for x in points:
            true = truth(Decimal(float(x)))
            found = float(function(float(x)))
            assert math.isfinite(found)
            errors.append(float(abs(Decimal(found) - true) / Decimal(math.ulp(float(true)))))
    return max(errors)


def true_tanh(x):
    e = (2 * x).exp()
    return (e - 1) / (e + 1)


def true_logistic(x):
    return 1 / (1 + (-x).exp())


def neighbours(x, n):
    """n consecutive float64 from x > 0 upwards."""
    return (np.float64(x).view(np.int64) + np.arange(n)).view(np.float64)


def apply(function, x):
    return np.array([function(value) for value in x])


@pytest.fixture
def rng():
    return np.random.default_rng(2006)


def test_exp_is_within_1_ulp(rng):
    assert worst(maths.exp, Decimal.exp, rng.uniform(-745, 709.78, N)) < 0.75
    assert worst(maths.exp, Decimal.exp, rng.uniform(-1.1, 1.1, N)) < 0.75
    ends = [709.782712893384, -745.1332191019411, -708.3964185322641, -708.4, 1e-300, -1e-17, 0.34657359027997264]
    assert worst(maths.exp, Decimal.exp, ends) < 0.75


def test_log_is_within_1_ulp(rng):
    assert worst(maths.log, Decimal.ln, 2.0 ** rng.uniform(-1074, 1023.9, N)) < 1
    assert worst(maths.log, Decimal.ln, rng.uniform(0.4, 2.9, N)) < 1
    assert worst(maths.log, Decimal.ln, 1 + rng.uniform(-1e-4, 1e-4, N)) < 1
    ends = [
        5e-324,
        1e-310,
        2.0**-1022,
        sys.float_info.max,
        math.nextafter(1, 0),
        math.nextafter(1, 2),
        0.7071067811865475,
    ]
    assert worst(maths.log, Decimal.ln, ends) < 1


def test_tanh_and_logistic_are_within_2_ulp(rng):
    assert worst(maths.tanh, true_tanh, rng.uniform(0, 0.6, N)) < 2
    assert worst(maths.tanh, true_tanh, rng.uniform(0.5, 21, N)) < 2
    assert worst(maths.tanh, true_tanh, 10.0 ** rng.uniform(-15, 0, N)) < 2
    assert worst(maths.logistic, true_logistic, rng.uniform(-4, 4, N)) < 2.1
    assert worst(maths.logistic, true_logistic, rng.uniform(-744, 45, N)) < 2.1


def test_specials():
    inf, nan = math.inf, math.nan
    assert maths.exp(0.0) == 1
    assert maths.exp(-0.0) == 1
    assert maths.exp(-inf) == 0
    assert maths.exp(inf) == inf
    assert math.isnan(maths.exp(nan))
    assert maths.exp(-745.2) == 0
    assert maths.exp(-745.1332191019411) == 5e-324
    assert maths.exp(709.782712893384) < inf
    assert maths.exp(709.7827128933841) == inf
    assert maths.log(1.0) == 0
    assert maths.log(0.0) == -inf
    assert maths.log(-0.0) == -inf
    assert maths.log(inf) == inf
    assert all(math.isnan(maths.log(x)) for x in (-1.0, -5e-324, -inf, nan))
    assert [maths.tanh(x) for x in (0.0, inf, -inf, 1e308, -25.0)] == [0, 1, -1, 1, -1]
    assert math.isnan(maths.tanh(nan))
    assert [maths.logistic(x) for x in (0.0, inf, -inf, 800.0, -800.0)] == [0.5, 1, 0, 1, 0]
    assert math.isnan(maths.logistic(nan))
    assert [maths.power(x, 0.0) for x in (0.0, 2.0, inf)] == [1, 1, 1]
    assert maths.power(0.0, 0.3) == 0
    assert maths.power(0.0, -0.3) == inf
    assert maths.power(1.0, 7.3) == 1
    assert math.isnan(maths.power(-1.0, 0.5))


def test_power_is_the_power_to_its_stated_error(rng):
    for x, a in zip(10.0 ** rng.uniform(-6, 9, N), rng.uniform(-1, 2, N)):
        with localcontext(EXACT):
            true = (Decimal(a) * Decimal(x).ln()).exp()
            error = float(abs(Decimal(float(maths.power(x, a))) / true - 1))
        assert error < (1 + abs(a * math.log(x))) * 2.0**-52


# Both sides of zero, of each change of formula (tanh 0.55, logistic 40) and of the changes of k in exp.
@pytest.mark.parametrize(
    "x", [1e-9, 0.2, 0.34657359027, 0.5199, 0.54999999999999, 0.99999999999999, 1.0397207708, 39.99999999999999]
)
def test_neighbouring_numbers_keep_their_order(x):
    xs = neighbours(x, 3_000)
    for function in (maths.exp, maths.tanh, maths.logistic):
        assert (np.diff(apply(function, xs)) >= 0).all()
        assert (np.diff(apply(function, -xs)) <= 0).all()
    assert (np.diff(apply(maths.log, xs)) >= 0).all()


def test_tanh_is_odd_and_logistic_sums_to_1(rng):
    x = np.concatenate([rng.uniform(-3, 3, N), rng.uniform(-50, 50, N), neighbours(0.54999999999999, 200)])
    assert (apply(maths.tanh, -x) == -apply(maths.tanh, x)).all()
    assert np.abs(apply(maths.logistic, x) + apply(maths.logistic, -x) - 1).max() <= 2.0**-52


def test_total_adds_from_left_to_right():
    # Numpy adds in pairs and finds another last digit.
    x = np.full(1000, 0.1)
    expected = 0.0
    for value in x.tolist():
        expected += value
    assert maths.total(x) == expected != x.sum()
    assert maths.total(np.empty(0)) == 0


def test_weighted_mean():
    assert maths.weighted_mean(np.array([1.0, 4.0]), np.array([3.0, 1.0])) == 1.75
    assert math.isnan(maths.weighted_mean(np.array([1.0, 4.0]), np.zeros(2)))
    assert math.isnan(maths.weighted_mean(np.empty(0), np.empty(0)))


def apportioned(amount, weights, turn=0):
    out = np.full(len(weights), -7, np.int64)
    given = maths.apportion(amount, np.array(weights, float), out, turn)
    assert given == sum(out.tolist())
    return out.tolist()


def hamilton(amount, weights):
    """Largest remainder in exact fractions."""
    whole = sum(map(Fraction, weights))
    shares = [amount * Fraction(weight) / whole for weight in weights]
    parts = [math.floor(share) for share in shares]
    order = sorted(range(len(weights)), key=lambda i: (parts[i] - shares[i], i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return parts


def test_apportion_is_exact_largest_remainder(rng):
    for _ in range(N):
        n = int(rng.integers(1, 12))
        amount = int(rng.integers(0, 10 ** int(rng.integers(1, 13))))
        # Small whole weights give many equal fractions, which float64 alone would order by its rounding.
        weights = rng.integers(0, 9, n).astype(float) if rng.random() < 0.5 else rng.random(n)
        weights[0] += 1
        assert apportioned(amount, weights.tolist()) == hamilton(amount, weights.tolist())
        assert apportioned(-amount, weights.tolist()) == [-part for part in hamilton(amount, weights.tolist())]


@pytest.mark.parametrize(("amount", "weights"), [(10, [0.3, 0.7]), (1000, [0.007, 0.993])])
def test_apportion_is_exact_where_a_quotient_is_rounded_up_to_a_whole_number(amount, weights):
    # 10 x 0.3 is 3 in float64, but the number nearest to 0.3 is a little less: its part is 2 and nearly one more.
    assert any(amount * weight == int(amount * weight) > amount * Fraction(weight) for weight in weights)
    assert apportioned(amount, weights) == hamilton(amount, weights)


def test_the_error_of_a_product_is_exact(rng):
    for a, b in rng.uniform(-1e6, 1e6, (N, 2)).tolist():
        assert maths.product_error(a, b, a * b) == Fraction(a) * Fraction(b) - Fraction(a * b)


def test_apportion_favours_the_lower_index_when_equal():
    assert apportioned(10, [1, 1, 1, 1]) == [3, 3, 2, 2]
    assert apportioned(1, [1, 8, 1]) == [0, 1, 0]
    assert apportioned(3, [1, 8]) == [0, 3]  # both fractions are 1/3 and 2/3
    assert apportioned(7, [0, 2, 0, 2]) == [0, 4, 0, 3]


def test_apportion_loses_nothing_of_large_amounts(rng):
    for _ in range(N // 5):
        weights = rng.pareto(0.5, int(rng.integers(1, 300)))
        amount = int(rng.integers(2**53, 2**62))
        parts = apportioned(amount, weights)
        assert sum(parts) == amount
        assert min(parts) >= 0
    assert apportioned(2**62, [1, 0]) == [2**62, 0]


def test_apportion_without_weights_is_equal_and_takes_turns():
    assert apportioned(10, [0, 0, 0, 0], turn=0) == [3, 3, 2, 2]
    assert apportioned(10, [0, 0, 0, 0], turn=3) == [3, 2, 2, 3]
    assert apportioned(-10, [0, 0, 0, 0], turn=1) == [-2, -3, -3, -2]
    assert apportioned(5, []) == []
    in_turn = np.sum([apportioned(1, [0, 0, 0], turn=month) for month in range(12)], axis=0)
    assert in_turn.tolist() == [4, 4, 4]


DIGEST = """
import hashlib
import numpy as np
from coalsim.kernels import maths, random
sha = hashlib.sha256()
x = np.random.Generator(np.random.PCG64(3)).integers(-2**20, 2**20, 400) / 2.0**14
for function in (maths.exp, maths.tanh, maths.logistic):
    sha.update(np.array([function(v) for v in x]).tobytes())
sha.update(np.array([maths.log(abs(v)) for v in x]).tobytes())
sha.update(np.array([maths.power(abs(v), 0.37) for v in x]).tobytes())
words = [np.empty(400, np.uint32) for _ in range(4)]
random.fill(17, 3, 5, 1, 7, 9, *words)
parts = np.empty(400, np.int64)
maths.apportion(123456789, np.abs(x), parts)
sha.update(b"".join(part.tobytes() for part in [*words, parts]))
print(sha.hexdigest())
"""


def test_bits_are_the_same_compiled_plain_and_for_any_processor(capsys):
    exec(DIGEST, {})
    here = capsys.readouterr().out
    other = {"NUMBA_DISABLE_JIT": "0"} if numba.config.DISABLE_JIT else {"NUMBA_DISABLE_JIT": "1"}
    for settings in (other, {"NUMBA_DISABLE_JIT": "0", "NUMBA_CPU_NAME": "generic"}):
        command = [sys.executable, "-W", "error::RuntimeWarning", "-c", DIGEST]
        done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=True)
        assert done.stdout == here

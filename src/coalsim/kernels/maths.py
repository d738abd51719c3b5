"""Mathematics with the same bits on every processor: only + - * / and exact scaling by powers of two.

The functions of libm and numpy differ between processors in the last place. Here every operation is one that IEEE 754
rounds in one way only, and numba without fast-math neither reorders nor fuses them. `exp` and `log` are within 1 unit
in the last place (ulp) of the true value, and mostly within 0.6.

Coefficients are those of the series (Abramowitz and Stegun 1964, 4.2.1, 4.1.27), long enough that what is cut off lies
below 2**-58 of the result. That the argument is reduced by a logarithm of two in two parts, the first so short that its
multiples are exact, is from Cody, W. and Waite, W. (1980), Software manual for the elementary functions.
"""

import numpy as np

from coalsim.kernels.compiling import compile

LN2_HIGH = 0.6931471805598903  # 42 bits of log(2): exact times any exponent of a float64
LN2_LOW = 5.497923018708371e-14  # the rest, rounded
PER_LN2 = 1.4426950408889634
ROUNDER = 6755399441055744.0  # 1.5 * 2**52: added and taken away again it leaves the nearest whole number
ROOT_HALF = 0.7071067811865476

EXP_MOST = 709.782712893384  # the largest x for which exp(x) is finite
EXP_LEAST = -745.1332191019412  # below this, exp(x) is nearer to 0 than to 2**-1074
SPLITTER = 134217729.0  # 2**27 + 1: splits a float64 into halves whose products are exact
TWO_54 = 18014398509481984.0
LEAST_NORMAL = 2.0**-1022

BIAS = np.int64(1023)
MANTISSA_BITS = np.int64(52)
MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
EXPONENT_OF_1 = np.int64(0x3FF0000000000000)


def power_of_two(k):
    """2.0**k for an int64 k from -1022 to 1023, exact: the exponent bits of a float64 set directly."""
    return np.int64((k + BIAS) << MANTISSA_BITS).view(np.float64)


def exp(x):
    """e**x, within 1 ulp.

    exp(0) is 1, exp(-inf) 0, exp(inf) inf and exp(nan) nan; 0 where the true value is below 2**-1075 (x < -745.13) and
    inf where it is beyond the largest float64 (x > 709.78), without a warning.

    With x = k log(2) + r and |r| <= log(2)/2, e**x = 2**k (1 + r + r**2/2! + ... + r**13/13!). The sum 1 + r is kept
    in two parts, so that all roundings but the last are of terms below a tenth.
    """
    x = np.float64(x)
    if x != x:
        return x
    if x > EXP_MOST:
        return np.float64(np.inf)
    if x < EXP_LEAST:
        return np.float64(0.0)
    n = (x * PER_LN2 + ROUNDER) - ROUNDER
    high = x - n * LN2_HIGH
    low = n * LN2_LOW
    r = high - low
    # 1/2! to 1/13! in pairs, then pairs of pairs (Estrin's scheme): a quarter of the waiting of Horner's.
    s = r * r
    q = s * s
    a = (1 / 2 + r * (1 / 6)) + s * (1 / 24 + r * (1 / 120))
    b = (1 / 720 + r * (1 / 5040)) + s * (1 / 40320 + r * (1 / 362880))
    c = (1 / 3628800 + r * (1 / 39916800)) + s * (1 / 479001600 + r * (1 / 6227020800))
    rest = s * (a + q * (b + q * c)) - low
    main = 1.0 + high
    value = main + ((high - (main - 1.0)) + rest)
    # In two factors, since 2**k itself may lie outside the range when the result does not.
    k = np.int64(n)
    half = k >> np.int64(1)
    return value * power_of_two(half) * power_of_two(k - half)


def log(x):
    """The natural logarithm of x, within 1 ulp.

    log(1) is 0, log(0) -inf, log(inf) inf, log of anything below 0 and of nan is nan, without a warning. Subnormal x
    are as accurate as others.

    With x = 2**k (1 + f), 1 + f from sqrt(1/2) to sqrt(2), and s = f/(2 + f),
    log(1 + f) = 2 (s + s**3/3 + s**5/5 + ...) = f - (f**2/2 - s (f**2/2 + 2 s**2/3 + 2 s**4/5 + ...)).
    """
    x = np.float64(x)
    if x != x or x < 0.0:
        return np.float64(np.nan)
    if x == 0.0:
        return np.float64(-np.inf)
    if x == np.inf:
        return x
    shift = np.int64(0)
    if x < LEAST_NORMAL:
        x = x * TWO_54
        shift = np.int64(54)
    bits = np.float64(x).view(np.int64)
    k = (bits >> MANTISSA_BITS) - BIAS - shift
    m = np.int64((bits & MANTISSA) | EXPONENT_OF_1).view(np.float64)
    if m * ROOT_HALF > 1.0:
        m = m * 0.5
        k = k + np.int64(1)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    q = w * w
    a = (2 / 3 + z * (2 / 5)) + w * (2 / 7 + z * (2 / 9))
    b = (2 / 11 + z * (2 / 13)) + w * (2 / 15 + z * (2 / 17))
    c = (2 / 19 + z * (2 / 21)) + w * (2 / 23 + z * (2 / 25))
    half_square = 0.5 * f * f
    n = np.float64(k)
    # k log(2) and f without rounding their sum: they nearly cancel when x is a little below a power of two.
    main = n * LN2_HIGH
    high = main + f
    left = f - (high - main)
    return high + (left - (half_square - (s * (half_square + z * (a + q * (b + q * c))) + n * LN2_LOW)))


def power(x, a):
    """x**a for x >= 0, as exp(a log(x)): wrong by about (1 + |a log(x)|) ulp, so power(x, 1) need not be x.

    power(x, 0) is 1 for every x, 0 and nan among them; power(0, a) is 0 for a > 0 and inf for a < 0; x < 0 gives nan.
    """
    x, a = np.float64(x), np.float64(a)
    if a == 0.0 or x == 1.0:
        return np.float64(1.0)
    return exp(a * log(x))


def tanh(x):
    """The hyperbolic tangent of x, within 2 ulp, monotone, and exactly odd: tanh(-x) is -tanh(x).

    0 at 0, +-1 beyond +-19.1, nan at nan. Below 0.55 it is x less the [9/8] Pade approximant's correction, from
    Gauss's continued fraction (Abramowitz and Stegun 1964, 4.5.70), wrong by less than 2**-60; above, where the
    subtraction no longer costs digits, 1 - 2/(e**(2x) + 1).
    """
    x = np.float64(x)
    size = abs(x)
    if size < 0.55:
        z = x * x
        above = z * (11486475.0 + z * (810810.0 + z * (12870.0 + z * 44.0)))
        below = 34459425.0 + z * (16216200.0 + z * (945945.0 + z * (13860.0 + z * 45.0)))
        return x - x * (above / below)
    value = 1.0
    if not size > 20.0:
        value = 1.0 - 2.0 / (exp(2.0 * size) + 1.0)
    return -value if x < 0.0 else value


def logistic(x):
    """1/(1 + e**-x), within 2 ulp and monotone; logistic(x) + logistic(-x) is 1 to 1 ulp.

    1/2 at 0, 0 at -inf (and below -745.13), 1 at inf (and above 36.74), nan at nan. Below -40 it is e**x, which is then
    the same to 2**-57 and does not stop at 1/inf.
    """
    x = np.float64(x)
    if x < -40.0:
        return exp(x)
    return 1.0 / (1.0 + exp(-x))


def total(x):
    """The sum of x, (n,) float64, added from left to right; 0 if empty.

    Numpy's own sum adds in an order that depends on the length, the build and the processor.
    """
    result = 0.0
    for i in range(x.size):
        result += x[i]
    return result


def weighted_mean(x, w):
    """The mean of x weighted by w, both (n,) float64, added from left to right; nan if the weights sum to 0."""
    above = 0.0
    below = 0.0
    for i in range(x.size):
        above += w[i] * x[i]
        below += w[i]
    if below == 0.0:
        return np.nan
    return above / below


def product_error(a, b, product):
    """a b - product without rounding, where `product` is a b rounded (Dekker 1971, Numerische Mathematik 18)."""
    c = SPLITTER * a
    a_high = c - (c - a)
    a_low = a - a_high
    c = SPLITTER * b
    b_high = c - (c - b)
    b_low = b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def apportion(amount, weights, out, turn=0):
    """Split a whole amount into whole parts in proportion to weights, by largest remainder, losing nothing.

    Each part is its share rounded down; what is left goes one by one to the largest fractions cut off, equal ones in
    order of index. A part of weight 0 gets nothing. If no weight is above 0 the split is equal, and the odd pennies go
    to index `turn`, turn + 1, ... around, so that with the month as `turn` nobody is favoured. The sum is always exact.
    The fractions are compared in twice float64's precision, so that up to |amount| = 2**53 parts are those of exact
    arithmetic: always for whole weights that sum to less than 2**53, and for others unless fractions are equal to
    some 2**-50.

    Parameters
    ----------
    amount : int64, pence or persons, |amount| <= 2**62; a negative one is split like its opposite
    weights : (n,) float64, finite, amount x their sum below 1e299; one that is not above 0 counts as 0
    out : (n,) int64, overwritten
    turn : int, 0 or more

    Returns
    -------
    int64, the sum of `out`: `amount`, or 0 if n is 0

    References
    ----------
    Hamilton's method: Balinski, M. and Young, H. (1982), Fair representation.
    """
    n = weights.size
    if n == 0:
        return np.int64(0)
    amount = np.int64(amount)
    sign = np.int64(1)
    if amount < 0:
        sign = np.int64(-1)
    left = sign * amount
    whole = np.float64(left)

    # Compensated (Neumaier 1974), so that the error of the weights' sum does not grow with their number.
    sum_weights = 0.0
    lost = 0.0
    n_weighted = np.int64(0)
    for i in range(n):
        if weights[i] > 0.0:
            n_weighted += 1
            longer = sum_weights + weights[i]
            if sum_weights >= weights[i]:
                lost += (sum_weights - longer) + weights[i]
            else:
                lost += (weights[i] - longer) + sum_weights
            sum_weights = longer
    rounded = sum_weights + lost
    lost += sum_weights - rounded
    sum_weights = rounded

    if n_weighted == 0:
        each = left // n
        odd = left - each * n
        for i in range(n):
            place = (i - turn) % n
            out[i] = sign * (each + 1 if place < odd else each)
        return amount

    # Negated, because numba's stable sort only ascends; without weight last, and never reached.
    order_by = np.empty(n, np.float64)
    for i in range(n):
        out[i] = 0
        order_by[i] = np.inf
        if weights[i] > 0.0:
            wanted = whole * weights[i]
            part = np.floor(min(wanted / sum_weights, whole))
            given = part * sum_weights
            # Both products are large and near each other: their difference, the remainder, needs their exact values.
            remainder = wanted - given
            remainder += product_error(whole, weights[i], wanted) - product_error(part, sum_weights, given)
            remainder -= part * lost
            if remainder < 0.0 and part > 0.0:
                part -= 1.0
                remainder += sum_weights
            out[i] = np.int64(part)
            left -= out[i]
            order_by[i] = -remainder
    if left != 0:
        order = np.argsort(order_by, kind="mergesort")
        # One round is enough, and `left` positive, unless the amount is so large that shares are wrong by pennies.
        while left > 0:
            each = left // n_weighted
            odd = left - each * n_weighted
            for j in range(n_weighted):
                out[order[j]] += each + 1 if j < odd else each
            left = np.int64(0)
        while left < 0:
            most = max(-left // n_weighted, 1)
            for j in range(n_weighted - 1, -1, -1):
                taken = min(most, -left, out[order[j]])
                out[order[j]] -= taken
                left += taken
    if sign < 0:
        for i in range(n):
            out[i] = -out[i]
    return amount


power_of_two = compile(power_of_two, forceinline=True)
exp = compile(exp, forceinline=True)
log = compile(log, forceinline=True)
power = compile(power, forceinline=True)
tanh = compile(tanh, forceinline=True)
logistic = compile(logistic, forceinline=True)
total = compile(total)
weighted_mean = compile(weighted_mean)
product_error = compile(product_error, forceinline=True)
apportion = compile(apportion)

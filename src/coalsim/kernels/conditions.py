"""Conditions of neighbourhoods: what effective spending makes of them, the quality of a place, and how deprived it is."""

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import power

INACTIVE, UNEMPLOYED = 0, 1
ENVIRONMENT, COHESION, INFRASTRUCTURE = 1, 3, 4


def response(x, eta):
    """Condition in the long run at effective spend `x` times need: x**eta / (1 + x**eta); 0 at 0, 1/2 at 1."""
    y = power(x, eta)
    return y / (1.0 + y)


def spend_for(condition, eta):
    """The inverse of `response`: effective spend per need that holds a condition in (0, 1)."""
    return power(condition / (1.0 - condition), 1.0 / eta)


def move(condition, spend, need, extra, speed, spillover, eta, indptr, neighbours, out):
    """Conditions a month on: c + delta (target - c) + kappa (neighbours' mean - c).

    Parameters
    ----------
    condition, spend, need : (n, 5) float64; spend and need in the same unit, GBP per head and year
    extra : (n, 5) float64, added to the target (engaged residents raise cohesion)
    speed : (5,) float64, delta, 1/month
    spillover, eta : float, kappa and the shape of returns
    indptr, neighbours : adjacency in compressed rows, int64
    out : (n, 5) float64, filled; kept within [0.01, 0.99]
    """
    n, domains = condition.shape
    for i in range(n):
        first, last = indptr[i], indptr[i + 1]
        for d in range(domains):
            target = response(spend[i, d] / need[i, d], eta) + extra[i, d]
            c = condition[i, d]
            new = c + speed[d] * (target - c)
            if last > first:
                total = 0.0
                for k in range(first, last):
                    total += condition[neighbours[k], d]
                new += spillover * (total / (last - first) - c)
            out[i, d] = min(max(new, 0.01), 0.99)


def need_for(condition, spend, speed, spillover, eta, indptr, neighbours, need):
    """Fill `need` so that constant `spend` (5,) holds `condition` where it is, spillovers included.

    Needs beyond what any target can hold are cut: the target is kept within [0.02, 0.98].
    """
    n, domains = condition.shape
    for i in range(n):
        first, last = indptr[i], indptr[i + 1]
        for d in range(domains):
            pull = 0.0
            if last > first:
                for k in range(first, last):
                    pull += condition[neighbours[k], d]
                pull = spillover * (pull / (last - first) - condition[i, d])
            held = condition[i, d]
            if pull != 0.0:  # with nothing to hold against, speed may be 0
                held -= pull / speed[d]
            target = min(max(held, 0.02), 0.98)
            need[i, d] = spend[d] / spend_for(target, eta)


def quality(condition, weights, rho, out):
    """Place quality of each neighbourhood: the CES mean of its conditions, (sum w c**rho)**(1/rho).

    `rho` = 1 is the weighted mean, 0 the geometric mean, below 1 the weakest condition drags. `condition` is (n, 5),
    positive; `weights` (5,) sum to 1; `out` (n,) is filled.
    """
    n, domains = condition.shape
    for i in range(n):
        if -1e-9 < rho < 1e-9:
            product = 1.0
            for d in range(domains):
                product *= power(condition[i, d], weights[d])
            out[i] = product
        else:
            total = 0.0
            for d in range(domains):
                total += weights[d] * power(condition[i, d], rho)
            out[i] = power(total, 1.0 / rho)


def means(condition, homes, out):
    """Mean over residents of each condition: `out` (5,) from (n, 5) and residents by neighbourhood (n,)."""
    n, domains = condition.shape
    people = 0
    out[:] = 0.0
    for i in range(n):
        people += homes[i]
        for d in range(domains):
            out[d] += condition[i, d] * homes[i]
    for d in range(domains):
        out[d] /= people


def components(people, condition, homes, out):
    """What a neighbourhood's deprivation hangs on, `out` (6, n).

    Shares of residents who are out of work (unemployed, or inactive and ill), ill and unqualified, and what is missing of
    cohesion, environment and infrastructure, as their conditions' opposites. `people` (n, 3, 5, 2) int64 by status, level and
    illness, `condition` (n, 5), `homes` (n,).
    """
    for i in range(homes.size):
        out_of_work = 0
        ill = 0
        unqualified = 0
        for status in range(3):
            unqualified += people[i, status, 0, 0] + people[i, status, 0, 1]
            for level in range(5):
                ill += people[i, status, level, 1]
                if status == UNEMPLOYED:
                    out_of_work += people[i, status, level, 0] + people[i, status, level, 1]
                elif status == INACTIVE:
                    out_of_work += people[i, status, level, 1]
        out[0, i] = out_of_work / homes[i]
        out[1, i] = ill / homes[i]
        out[2, i] = unqualified / homes[i]
        out[3, i] = -condition[i, COHESION]
        out[4, i] = -condition[i, ENVIRONMENT]
        out[5, i] = -condition[i, INFRASTRUCTURE]


def add_changes(base, now, before, weights, out):
    """`out` (n,): `base` (n,) plus the weighted changes of components `before` (k, n) to those `now`."""
    for i in range(base.size):
        change = 0.0
        for k in range(weights.size):
            change += weights[k] * (now[k, i] - before[k, i])
        out[i] = base[i] + change


def morans_i(value, indptr, neighbours):
    """Moran's I of `value` (n,) with equal weights on the given neighbours; 0 when all values are the same."""
    n = value.size
    mean = 0.0
    for i in range(n):
        mean += value[i]
    mean /= n
    across = 0.0
    spread = 0.0
    for i in range(n):
        spread += (value[i] - mean) ** 2
        for k in range(indptr[i], indptr[i + 1]):
            across += (value[i] - mean) * (value[neighbours[k]] - mean)
    links = indptr[n]
    return 0.0 if spread == 0.0 or links == 0 else n / links * across / spread


response = compile(response)
spend_for = compile(spend_for)
move = compile(move)
need_for = compile(need_for)
quality = compile(quality)
means = compile(means)
components = compile(components)
add_changes = compile(add_changes)
morans_i = compile(morans_i)

"""Systems with known answers, written for these tests: partners who follow each other, cascades, a harvested stock."""

import math

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, norm


def spinodal(k):
    """Field at which the low state of m = tanh(h + k m) vanishes (Brock and Durlauf 2001); 0.207546 at k = 1.5."""
    m = math.sqrt(1 - 1 / k)
    return k * m - math.atanh(m)


def unstable(h, k):
    """The state between the two that last."""
    m = math.sqrt(1 - 1 / k)
    return brentq(lambda x: x - math.tanh(h + k * x), -m, m)


def follow(h, k, m, rounds):
    """Mean choice of very many partners after some rounds, from a mean choice m."""
    for _ in range(rounds):
        m = math.tanh(h + k * m)
    return m


def loop_area(k):
    """Area of the quasi-static loop of m over h."""
    h, m = spinodal(k), math.sqrt(1 - 1 / k)
    top = brentq(lambda x: x - math.tanh(h + k * x), m + 1e-12, 1 - 1e-15)

    def inner(x):
        return x * math.atanh(x) + 0.5 * math.log(1 - x * x) - k * x * x / 2

    return 2 * ((top * h - inner(top)) - (m * -h - inner(m)))


class Partners:
    """n partners who choose afresh in every round, from nobody in: a Markov chain of which everything is known."""

    def __init__(self, n=200, k=1.5, rounds=100):
        self.n, self.k, self.rounds = n, k, rounds

    def chance(self, h, adopters):
        return 1 / (1 + np.exp(-2 * (h + self.k * (2 * np.asarray(adopters) / self.n - 1))))

    def matrix(self, h):
        adopters = np.arange(self.n + 1)
        return binom.pmf(adopters[None, :], self.n, self.chance(h, adopters)[:, None])

    def p_most(self, h):
        """Exact chance that more than half are in after the last round."""
        step, state = self.matrix(h), np.eye(self.n + 1)[0]
        for _ in range(self.rounds):
            state = state @ step
        return float(state[np.arange(self.n + 1) > self.n / 2].sum())

    def dose(self, share, low=0.05, high=0.3):
        """Exact field at which that chance is a share."""
        return brentq(lambda h: self.p_most(h) - share, low, high, xtol=1e-6)

    def run(self, h, seed, adopters=0, low=-1, high=10**9):
        """A run: adopters in the end, or when it first leaves the stretch between low and high."""
        rng = np.random.default_rng(seed)
        for _ in range(self.rounds):
            adopters = rng.binomial(self.n, self.chance(h, adopters))
            if adopters <= low or adopters >= high:
                break
        return int(adopters)

    def committor(self, h, low, high):
        """Exact chance of reaching `high` adopters before falling to `low`, by number of adopters."""
        step, inside = self.matrix(h), np.arange(low + 1, high)
        q = np.zeros(self.n + 1)
        q[high:] = 1
        rest = step[np.ix_(inside, np.arange(high, self.n + 1))].sum(axis=1)
        q[inside] = np.linalg.solve(np.eye(len(inside)) - step[np.ix_(inside, inside)], rest)
        return q


def cascade(seeds, spread, n=20_000):
    """Share that joins when a share `seeds` does so unasked and others from their own threshold on (Granovetter 1978)."""
    thresholds = np.sort(norm.ppf((np.arange(n) + 0.5) / n, 0.25, spread))
    share = seeds
    while True:
        new = seeds + (1 - seeds) * np.searchsorted(thresholds, share, side="right") / n
        if new == share:
            return share
        share = new


def critical_seed(spread):
    """Smallest share of seeds whose cascade takes over: where f(r) = s + (1 - s) F(r) - r has a double root."""
    r = np.linspace(1e-6, 0.25, 200_001)
    f = norm.cdf((r - 0.25) / spread)
    return float(((r - f) / (1 - f)).max())


def harvested(x, c, steps, dt=0.01):
    """A stock x' = x (1 - x / 10) - c x^2 / (x^2 + 1) after some steps (Noy-Meir 1975, May 1977)."""
    for _ in range(steps):
        x += dt * (x * (1 - x / 10) - c * x * x / (x * x + 1))
    return x


HARVEST_FOLDS = (1.787230, 2.604365)  # of c: roots of 2 x^3 - 10 x^2 + 10 = 0


def logistic(place, width, falls=False):
    """A simulation that tips with a logistic chance, from 10 to 90% over a width."""
    scale = width / (2 * math.log(9))

    def simulate(x, seed):
        chance = 1 / (1 + math.exp(-min(max((x - place) / scale, -500), 500)))
        return bool(np.random.default_rng(seed).random() < (1 - chance if falls else chance))

    return simulate

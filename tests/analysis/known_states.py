"""Systems to lead up and down and to restart: partners who reconsider, a fold, a reaction with two states, a double well."""

import math

import numpy as np


def walked(change, start, rounds):
    """A sweep of a deterministic system: some rounds of change(x, lever) at each value."""

    def sweep(values, seed):
        x, seen = start, []
        for value in values:
            for _ in range(rounds):
                x = change(x, value)
            seen.append(x)
        return seen

    return sweep


def reconsidering(n, k, rounds, share=0.25):
    """Partners of whom a share reconsiders in every round and joins with chance logistic(2 (h + k m)) (Brock, Durlauf 2001)."""

    def sweep(values, seed):
        rng, members, seen = np.random.default_rng(seed), 0, []
        for h in values:
            for _ in range(rounds):
                joins = 1 / (1 + math.exp(-2 * (h + k * (2 * members / n - 1))))
                members += rng.binomial(n - members, share * joins) - rng.binomial(members, share * (1 - joins))
            seen.append(2 * members / n - 1)
        return seen

    return sweep


def fold(x, mu, dt=0.02):
    """x' = mu + x^2, kept from running away; its fold is at mu = 0 (Jung et al. 1990)."""
    return min(x + dt * (mu + x * x), 5.0)


def reaction(x, s, dt=0.01):
    """x' = -x^3 + 7 x^2 - 14 x + s (Schloegl 1972)."""
    return x + dt * (-(x**3) + 7 * x * x - 14 * x + s)


REACTION_FOLDS = (5.887388, 8.631130)  # of s: x = (7 +- sqrt 7) / 3 in x^3 - 7 x^2 + 14 x


class Reaction:
    """The same reaction with whole molecules in a volume: a birth-death chain of which everything is known."""

    def __init__(self, volume, s=8.0):
        self.volume, self.s = volume, s

    def births(self, n):
        return 7 * n * (n - 1) / self.volume + self.s * self.volume

    def deaths(self, n):
        return n * (n - 1) * (n - 2) / self.volume**2 + 14 * n

    def committor(self):
        """Exact chance of reaching n = 4 V before n = V, from each n between."""
        n = np.arange(self.volume + 1, 4 * self.volume)
        ratios = np.cumprod(self.deaths(n) / self.births(n))
        sums = np.concatenate([[0.0, 1.0], 1 + np.cumsum(ratios)])
        return sums / sums[-1]

    def critical(self):
        """n at which that chance is one half."""
        q = self.committor()
        return float(np.interp(0.5, q, self.volume + np.arange(q.size)))

    def tips(self, n, seed):
        rng = np.random.default_rng(seed)
        while self.volume < n < 4 * self.volume:
            births = self.births(n)
            n += 1 if rng.random() * (births + self.deaths(n)) < births else -1
        return n >= 4 * self.volume


def well_committor(x, noise):
    """Exact chance that x' = x - x^3 with noise reaches 1 before -1."""
    grid = np.linspace(-1, 1, 4001)
    steps = np.exp((grid**4 / 4 - grid**2 / 2) / noise)
    sums = np.concatenate([[0], np.cumsum((steps[1:] + steps[:-1]) / 2)])
    return float(np.interp(x, grid, sums / sums[-1]))


def escapes(noise, dt=0.002):
    """A restart of that well: whether it reaches 1 first."""

    def tips(x, seed):
        rng, spread = np.random.default_rng(seed), math.sqrt(2 * noise * dt)
        while -1 < x < 1:
            for kick in rng.standard_normal(500):
                x += dt * (x - x**3) + spread * kick
                if not -1 < x < 1:
                    break
        return x >= 1

    return tips

"""Indices from few runs by way of an emulator: a smooth function fitted to them, with its error where it was not fitted."""

from __future__ import annotations

from abc import abstractmethod
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.emulator import Emulator
from coalsim.analysis.sampling import sobol
from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.given_data import known
from coalsim.analysis.sensitivity.method import Fit, GivenData, Indices, Predict, foretold, half_width, offer
from coalsim.analysis.sensitivity.sample import Sample

type Array = NDArray[np.float64]

REFITS = 20
BASE, BASE_OF_REFITS = 2048, 512  # base points of Saltelli's design, at which an emulator is asked
MOST_OF_PROCESS = 800  # points, above which a Gaussian process takes too long
ASKED_AT_ONCE = 20_000
DEGREE, MOST_TERMS, SPARSITY = 12, 1500, 0.7  # of polynomial chaos, at most


class ByEmulator(GivenData):
    """What emulators share: fit, error by cross-validation, indices, and intervals from fits to halves of the points.

    Indices are shares of the emulator's variance, less luck's share where there are no replicates. What the emulator misses is
    in none of them, which is why its error is shown beside them.
    """

    headline = "ST"
    takes_correlations = False
    fewest = 40

    def least(self, factors: Factors) -> int:
        """Some points for each factor."""
        return max(self.fewest, 8 * len(factors.each))

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """S1, ST, S2 and half widths, and the share of variance that is foretold out of sample."""
        x, y = known(sample)
        fit = self.best(x, y, seed)
        d = len(factors.each)
        value = self.shares(fit(x, y), d, BASE, seed)
        rng = np.random.default_rng(seed)
        drawn = []
        for k in range(1, REFITS + 1):  # each asked at points of its own, whose choice moves shares, too
            rows = np.sort(rng.permutation(y.size)[: y.size // 2])
            drawn.append(self.shares(fit(x[rows], y[rows]), d, BASE_OF_REFITS, seed + k))
        known_share, apart = foretold(fit, x, y, seed), 1.0
        if sample.replicates == 1:  # shares of a run's variance, of which what is foretold cannot be luck
            apart = max(1 - sample.noise_share(rng, level)[0], known_share)
        value, half = apart * value, apart * half_width(np.array(drawn), level)
        columns = {"S1": value[:d], "S1_conf": half[:d], "ST": value[d : 2 * d], "ST_conf": half[d : 2 * d]}
        names = list(factors.names)
        index = pd.MultiIndex.from_tuples(list(combinations(names, 2)), names=["factor", "with"]) if d > 1 else None
        pairs = pd.DataFrame({"S2": value[2 * d :], "S2_conf": half[2 * d :]}, index=index) if d > 1 else None
        return Indices(pd.DataFrame(columns, index=names), pairs, known_share)

    @abstractmethod
    def best(self, x: Array, y: Array, seed: int) -> Fit:
        """How emulators of these runs are fitted."""

    def shares(self, predict: Predict, d: int, base: int, seed: int) -> Array:
        """Shares of its variance that factors and pairs make, by Saltelli's design on the emulator."""
        from SALib.analyze import sobol as estimators

        even = sobol(2 * d, base, seed)
        a, b = even[:, :d], even[:, d:]
        ya, yb = predict(a), predict(b)
        centre = ya.mean()
        ya, yb = ya - centre, yb - centre
        crossed = []
        for own, other in ((a, b), (b, a)):
            each = []
            for k in range(d):
                points = own.copy()
                points[:, k] = other[:, k]
                each.append(predict(points) - centre)
            crossed.append(each)
        ab, ba = crossed
        first = [(estimators.first_order(ya, p, yb) + estimators.first_order(yb, q, ya)) / 2 for p, q in zip(ab, ba)]
        total = [(estimators.total_order(ya, p, yb) + estimators.total_order(yb, q, ya)) / 2 for p, q in zip(ab, ba)]
        pairs = [estimators.second_order(ya, ab[i], ab[j], ba[i], yb) for i, j in combinations(range(d), 2)]
        return np.array([*first, *total, *pairs])


@offer
class Emulated(ByEmulator):
    """First-order, total and second-order indices from a Gaussian process or boosted trees, whichever foretells runs better."""

    name = "emulator"
    default = 256

    def best(self, x: Array, y: Array, seed: int) -> Fit:
        """The better of the two by cross-validation."""
        trees = boosted(seed)
        if y.size > MOST_OF_PROCESS:
            return trees
        process = gaussian(x, y, seed)
        return max((process, trees), key=lambda fit: foretold(fit, x, y, seed))


@offer
class PolynomialChaos(ByEmulator):
    """First-order, total and second-order indices from a sparse polynomial chaos: smooth outputs need the fewest runs.

    Needs the optional package openturns.

    References
    ----------
    Sudret, B. (2008), Reliability Engineering & System Safety 93(7); Blatman, G. and Sudret, B. (2011), Journal of
    Computational Physics 230(6), for the sparse basis.
    """

    name = "pce"
    default = 256

    def refuse(self, factors: Factors, samples: int) -> None:
        """Refuse to begin without openturns."""
        super().refuse(factors, samples)
        try:
            import openturns  # noqa: F401
        except ImportError:
            raise ValueError(
                "method pce needs the package openturns; install it with `uv sync --extra pce`, or `pip install openturns`, or "
                "use emulator"
            ) from None

    def best(self, x: Array, y: Array, seed: int) -> Fit:
        """The only one."""
        return chaos


def gaussian(x: Array, y: Array, seed: int) -> Fit:
    """Gaussian processes with the kernel that fits all the runs."""
    whole = Emulator.fit(x, y[:, None], seed=seed)

    def fit(x: Array, y: Array) -> Predict:
        process = Emulator.fit(x, y[:, None], seed=seed, like=whole)

        def predict(at: Array) -> Array:
            blocks = [at[k : k + ASKED_AT_ONCE] for k in range(0, len(at), ASKED_AT_ONCE)]
            return np.concatenate([process.predict(block)[0][:, 0] for block in blocks])

        return predict

    return fit


def boosted(seed: int) -> Fit:
    """Boosted regression trees."""

    def fit(x: Array, y: Array) -> Predict:
        from sklearn.ensemble import GradientBoostingRegressor

        trees = GradientBoostingRegressor(
            n_estimators=300, learning_rate=0.05, max_depth=3, subsample=0.7, random_state=seed % 2**32
        )
        fitted: Predict = trees.fit(x, y).predict
        return fitted

    return fit


def chaos(x: Array, y: Array) -> Predict:
    """A sparse polynomial chaos over the unit cube, its terms chosen by least angles and corrected leave-one-out error."""
    import openturns as ot

    d = x.shape[1]
    ot.Log.Show(ot.Log.NONE)
    terms = ot.HyperbolicAnisotropicEnumerateFunction(d, SPARSITY)
    sizes = [terms.getMaximumDegreeCardinal(degree) for degree in range(1, DEGREE + 1)]
    basis = ot.OrthogonalProductPolynomialFactory([ot.LegendreFactory()] * d, terms)
    strategy = ot.FixedStrategy(basis, max(size for size in sizes if size <= max(MOST_TERMS, sizes[0])))
    selection = ot.LeastSquaresMetaModelSelectionFactory(ot.LARS(), ot.CorrectedLeaveOneOut())
    cube = ot.JointDistribution([ot.Uniform(-1, 1)] * d)
    algorithm = ot.FunctionalChaosAlgorithm(
        (2 * x - 1).tolist(), y[:, None].tolist(), cube, strategy, ot.LeastSquaresStrategy(selection)
    )
    algorithm.run()
    model = algorithm.getResult().getMetaModel()
    return lambda at: np.asarray(model((2 * at - 1).tolist()))[:, 0]

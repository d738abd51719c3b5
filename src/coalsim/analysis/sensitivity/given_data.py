"""Methods that take points anywhere, with correlated factors, too: RBD-FAST, delta, PAWN, HDMR and regional analysis."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coalsim.analysis.sensitivity.factors import Factors
from coalsim.analysis.sensitivity.method import GivenData, Indices, Predict, foretold, from_halves, offer
from coalsim.analysis.sensitivity.sample import Sample

type Array = NDArray[np.float64]

HARMONICS = 10  # of RBD-FAST
SLICES = 10  # of PAWN
DEGREES, FEWEST_PER_TERM = (6, 5, 4, 3), 4  # of HDMR's polynomials: the highest for which there are runs enough
FEWEST_OF_HDMR = 300  # that SALib takes


@offer
class RbdFast(GivenData):
    """First-order indices by the periodogram of outputs sorted along each factor.

    References
    ----------
    Tarantola, S., Gatelli, D. and Mara, T. (2006), Reliability Engineering & System Safety 91(6); Tissot, J.-Y. and Prieur, C.
    (2012), Reliability Engineering & System Safety 107, for the correction of bias.
    """

    name = "rbd_fast"
    headline = "S1"
    default = 1024
    takes_correlations = False
    fewest = 12 * HARMONICS

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """S1 and its half width."""
        from SALib.analyze import rbd_fast

        def first(x: Array, y: Array) -> Array:
            raw = [rbd_fast.compute_first_order(rbd_fast.permute_outputs(column, y), HARMONICS) for column in x.T]
            return np.array([rbd_fast.unskew_S1(one, HARMONICS, y.size) for one in raw])

        x, y = known(sample)
        scale = y.var() / sample.variance
        half = from_halves(first, x, y, seed, level)
        return Indices(_table(factors, {"S1": scale * first(x, y), "S1_conf": scale * half}))


@offer
class Delta(GivenData):
    """Moment-independent importance: how far the output's whole distribution moves when a factor is known, 0 to 1.

    SALib's first-order index from the same classes is left out: with some hundred runs there are five classes, in which
    Ishigami's second factor gets half its share.

    References
    ----------
    Borgonovo, E. (2007), Reliability Engineering & System Safety 92(6); Plischke, E., Borgonovo, E. and Smith, C. (2013),
    European Journal of Operational Research 226(3).
    """

    name = "delta"
    headline = "delta"
    default = 512
    takes_categories = True
    fewest = 128

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """delta and its half width."""
        from SALib.analyze import delta

        x, y = known(sample)
        with quiet(seed):
            found = delta.analyze(factors.problem(), x, y, num_resamples=50, conf_level=level, method="delta")
        return Indices(_table(factors, {"delta": found["delta_raw"], "delta_conf": found["delta_raw_conf"]}))


@offer
class Pawn(GivenData):
    """How far the output's cumulative distribution moves when a factor is known: the median and largest distance over ten slices.

    Distances between small samples are never zero: `dummy` is the median for a factor that does nothing.

    References
    ----------
    Pianosi, F. and Wagener, T. (2018), Environmental Modelling & Software 108.
    """

    name = "pawn"
    headline = "median"
    default = 512
    takes_categories = True
    fewest = 10 * SLICES

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """median, its half width, maximum, and what a dummy gets."""
        from SALib.analyze import pawn

        def distances(x: Array, y: Array) -> Array:
            problem = {"num_vars": x.shape[1], "names": [f"x{k}" for k in range(x.shape[1])]}
            found = pawn.analyze(problem, x, y, S=SLICES)
            return np.array([found["median"], found["maximum"]])

        x, y = known(sample)
        rng = np.random.default_rng(seed)
        dummies = rng.random((y.size, 20))
        median, maximum = distances(x, y)
        half = from_halves(lambda x, y: distances(x, y)[0], x, y, seed, level)
        dummy = np.full(median.size, distances(dummies, y)[0].mean())
        return Indices(_table(factors, {"median": median, "median_conf": half, "maximum": maximum, "dummy": dummy}))


@offer
class Hdmr(GivenData):
    """First-order, total and second-order indices by polynomials of one and two factors; with correlated factors apart what a
    factor does by itself (`Sa`) and through those it goes along with (`Sb`).

    References
    ----------
    Li, G. and Rabitz, H. (2012), Journal of Mathematical Chemistry 50(1); Gao, Y. et al. (2023), SoftwareX 24.
    """

    name = "hdmr"
    headline = "ST"
    default = 1024

    def least(self, factors: Factors) -> int:
        """Enough that halves have twice as many as there are terms, after some runs have failed."""
        d = len(factors.each)
        return max(int(2.2 * FEWEST_OF_HDMR), FEWEST_PER_TERM * terms(DEGREES[-1], d))

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """Sa, Sb, S1 (their sum), ST and half widths, and the share of variance that it foretells out of sample."""
        from SALib.analyze import enhanced_hdmr

        d = len(factors.each)
        x, y = known(sample)
        if y.size < 2 * FEWEST_OF_HDMR:
            nothing = dict.fromkeys(("S1", "S1_conf", "ST", "ST_conf"), np.full(d, np.nan))
            return Indices(_table(factors, nothing))
        enough = [degree for degree in DEGREES if FEWEST_PER_TERM * terms(degree, d) <= y.size]
        degree = next(iter(enough), DEGREES[-1])

        def fitted(x: Array, y: Array) -> Any:
            with quiet(seed):
                return enhanced_hdmr.analyze(
                    factors.problem(),
                    x,
                    y,
                    max_order=min(2, d),
                    poly_order=degree,
                    bootstrap=1,
                    return_emulator=True,
                )

        def shares(x: Array, y: Array) -> Array:
            found = fitted(x, y)
            pairs = found["S"][d:]
            return np.concatenate([found["Sa"][:d], found["Sb"][:d], found["S"][:d], found["ST"][:d], pairs])

        scale = y.var() / sample.variance
        values, halves = scale * shares(x, y), scale * from_halves(shares, x, y, seed, level)

        def fit(x: Array, y: Array) -> Predict:
            found, mean = fitted(x, y), y.mean()
            return lambda at: np.asarray(found.emulate(at) + mean)

        columns: dict[str, Array] = {}
        for k, name in enumerate(("Sa", "Sb", "S1", "ST")):
            columns |= {name: values[k * d : (k + 1) * d], f"{name}_conf": halves[k * d : (k + 1) * d]}
        index = pd.MultiIndex.from_tuples(
            [(a, b) for i, a in enumerate(factors.names) for b in factors.names[i + 1 :]], names=["factor", "with"]
        )
        pairs = pd.DataFrame({"S2": values[4 * d :], "S2_conf": halves[4 * d :]}, index=index) if d > 1 else None
        return Indices(_table(factors, columns), pairs, foretold(fit, x, y, seed))


@offer
class Regional(GivenData):
    """How differently a factor is distributed where the output is high and where it is low: the Kolmogorov-Smirnov distance.

    Of an output that is true or false the two are its classes, else the halves above and below its median.

    References
    ----------
    Hornberger, G. M. and Spear, R. C. (1981), Journal of Environmental Management 12.
    """

    name = "regional"
    headline = "distance"
    default = 512
    takes_categories = True

    def indices(self, factors: Factors, sample: Sample, seed: int, level: float) -> Indices:
        """distance, its half width, and the p-value of no difference."""
        from scipy.stats import ks_2samp

        x, y = known(sample)
        cut = np.median(y)
        is_high = y > cut if y.max() > cut else y >= cut

        def distances(x: Array, high: Array) -> Array:
            which = high > 0
            if which.all() or not which.any():
                return np.full(x.shape[1], np.nan)
            return np.array([ks_2samp(column[which], column[~which]).statistic for column in x.T])

        p = [ks_2samp(column[is_high], column[~is_high]).pvalue for column in x.T]
        half = from_halves(distances, x, is_high.astype(float), seed, level)
        columns = {"distance": distances(x, is_high.astype(float)), "distance_conf": half, "p_value": p}
        return Indices(_table(factors, columns))


def known(sample: Sample) -> tuple[Array, Array]:
    """Points and outputs of the runs that there are."""
    return sample.design.points[: sample.n][sample.defined], sample.mean[sample.defined]


def _table(factors: Factors, columns: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=list(factors.groups))


def terms(degree: int, d: int) -> int:
    """Of polynomials of single factors and pairs."""
    return 1 + degree * d + degree**2 * d * (d - 1) // 2


@contextmanager
def quiet(seed: int) -> Iterator[None]:
    """SALib draws from numpy's global generator, sets how warnings look and prints: all that is put back."""
    import contextlib
    import io

    state, look = np.random.get_state(), warnings.formatwarning  # noqa: NPY002
    with warnings.catch_warnings(record=True), contextlib.redirect_stdout(io.StringIO()):
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
            warnings.formatwarning = look

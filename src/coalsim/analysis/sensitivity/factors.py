"""Factors: uncertain inputs with their distributions, groups and rank correlations, as functions of the unit cube."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[np.float64]
type Given = tuple[float, float] | Sequence[Any] | Any
"""(low, high), a list of values, or a frozen distribution of scipy.stats."""

EDGE = 1e-9  # of the unit interval, where distributions without end have no quantile
NUMBERS = (int, float, np.integer, np.floating)


@dataclass(frozen=True)
class Factor:
    """One uncertain input: uniform between two numbers, one of several values alike, or of a distribution."""

    name: str
    ends: tuple[float, float] | None = None
    values: tuple[Any, ...] | None = None
    distribution: Any = None

    @classmethod
    def of(cls, name: str, given: Given) -> Factor:
        """From a range, a list or a distribution.

        Raises
        ------
        ValueError
            When it is none of them.
        """
        if hasattr(given, "ppf"):
            return cls(name, distribution=given)
        if isinstance(given, tuple) and len(given) == 2 and all(map(is_number, given)):
            low, high = map(float, given)
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(
                    f"factor {name}: {low:g} to {high:g} is no range; give (low, high), two rising numbers"
                )
            return cls(name, (low, high))
        if isinstance(given, list | tuple) and len(given) >= 2:
            if len(set(given)) < len(given):
                raise ValueError(f"factor {name}: a value is listed twice: {', '.join(map(str, given))}")
            return cls(name, values=tuple(given))
        raise ValueError(
            f"factor {name}: {str(given)[:60]!r} is no range; give (low, high), a list of at least two values, or a frozen "
            "distribution of scipy.stats"
        )

    @property
    def is_categorical(self) -> bool:
        """Whether its values have no order."""
        return self.values is not None and not all(map(is_number, self.values))

    def at(self, u: Array) -> list[Any]:
        """Its values at quantiles u (n,)."""
        if self.ends is not None:
            low, high = self.ends
            return (low + u * (high - low)).tolist()
        if self.values is not None:
            return [self.values[k] for k in np.minimum((u * len(self.values)).astype(int), len(self.values) - 1)]
        return np.asarray(self.distribution.ppf(np.clip(u, EDGE, 1 - EDGE)), dtype=float).tolist()

    @property
    def is_endless(self) -> bool:
        """Whether it reaches to infinity on a side."""
        return self.distribution is not None and not np.isfinite(self.distribution.support()).all()


@dataclass(frozen=True)
class Factors:
    """All factors, the groups they are moved in, and how their ranks go together."""

    each: tuple[Factor, ...]
    group_of: tuple[str, ...]  # of each factor; its own name where it is in none
    correlation: Array | None = None  # (d, d) of Gaussian scores, None where all are independent

    @classmethod
    def of(
        cls,
        given: Mapping[str, Given],
        groups: Mapping[str, Sequence[str]] | None = None,
        correlations: Mapping[tuple[str, str], float] | None = None,
    ) -> Factors:
        """From what a caller gives.

        Raises
        ------
        ValueError
            When a range, a group or a correlation makes no sense.
        """
        if not isinstance(given, Mapping) or not given:
            raise ValueError("factors: give at least one, as {name: (low, high)}")
        each = tuple(Factor.of(str(name), one) for name, one in given.items())
        names = [one.name for one in each]
        group_of = dict(zip(names, names))
        seen: set[str] = set()
        for group, members in (groups or {}).items():
            if group in group_of:
                raise ValueError(f"groups, {group}: a factor has that name; name the group otherwise")
            if not members:
                raise ValueError(f"groups, {group}: it has no members; name at least one factor")
            for name in members:
                if name not in names:
                    raise ValueError(f"groups, {group}: there is no factor {name!r}; factors: {', '.join(names)}")
                if name in seen:
                    raise ValueError(f"groups, {group}: {name} is in two groups; a factor belongs to one")
                seen.add(name)
                group_of[name] = group
        return cls(each, tuple(group_of.values()), _scores(names, correlations) if correlations else None)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the factors."""
        return tuple(one.name for one in self.each)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """What indices are of: groups, and factors that are in none, in the order of their first factor."""
        return tuple(dict.fromkeys(self.group_of))

    @property
    def has_groups(self) -> bool:
        """Whether some factors are moved together."""
        return self.groups != self.names

    def columns(self, group: str) -> list[int]:
        """Which factors a group holds."""
        return [k for k, one in enumerate(self.group_of) if one == group]

    def only(self, groups: Sequence[str]) -> Factors:
        """Those of some groups."""
        kept = [k for k, group in enumerate(self.group_of) if group in groups]
        return Factors(tuple(self.each[k] for k in kept), tuple(self.group_of[k] for k in kept))

    def values(self, points: Array) -> Iterator[dict[str, Any]]:
        """Every point (n, d) of the unit cube as {factor: value}."""
        by_factor = [one.at(points[:, k]) for k, one in enumerate(self.each)]
        names = self.names
        for row in zip(*by_factor, strict=True):
            yield dict(zip(names, row))

    def correlated(self, points: Array) -> Array:
        """Points of the unit cube whose ranks go together as they should (a Gaussian copula)."""
        if self.correlation is None:
            return points
        from scipy.special import ndtr, ndtri

        scores = ndtri(np.clip(points, EDGE, 1 - EDGE)) @ np.linalg.cholesky(self.correlation).T
        return np.asarray(ndtr(scores))

    def problem(self) -> dict[str, Any]:
        """The unit cube as SALib describes it; a new one each time, since some of its methods write into it."""
        names = [f"x{k}" for k in range(len(self.each))]
        found: dict[str, Any] = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
        return {**found, "groups": list(self.group_of)} if self.has_groups else found


def _scores(names: Sequence[str], correlations: Mapping[tuple[str, str], float]) -> Array:
    """Correlations (d, d) of Gaussian scores from rank correlations.

    References
    ----------
    Kruskal, W. H. (1958), Ordinal measures of association, Journal of the American Statistical Association 53(284).
    """
    found = np.eye(len(names))
    for pair, rho in correlations.items():
        if not (isinstance(pair, tuple) and len(pair) == 2 and pair[0] != pair[1]):
            raise ValueError(f"correlations, {pair}: name two factors, as {{('a', 'b'): 0.5}}")
        for name in pair:
            if name not in names:
                raise ValueError(f"correlations: there is no factor {name!r}; factors: {', '.join(names)}")
        if not -1 < rho < 1:
            raise ValueError(f"correlations, {', '.join(pair)}: {rho:g} is no rank correlation between -1 and 1")
        i, j = (names.index(name) for name in pair)
        found[i, j] = found[j, i] = 2 * math.sin(math.pi / 6 * rho)
    if np.linalg.eigvalsh(found)[0] <= 1e-9:
        raise ValueError("correlations: no factors can go together like that; make some of them weaker")
    return found


def is_number(value: Any) -> bool:
    """Whether it is a number, and not a truth."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool)

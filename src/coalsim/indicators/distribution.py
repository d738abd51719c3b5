"""Distribution: who gains, by groups of residents and of neighbourhoods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coalsim.agents.locality import SEVERE, Array, Counts, Locality
from coalsim.names import EMPLOYED, HIGHER_LEVEL, INACTIVE, QUALIFICATIONS, UNEMPLOYED

if TYPE_CHECKING:
    import pandas as pd

# Outcomes of a group, each as the indicator of that name measures it for the whole place.
OUTCOMES: Final = (
    "employment_rate",
    "unemployment_rate",
    "inactivity_rate",
    "level_3_or_above",
    "limiting_illness",
    "severe_deprivation",
    "mean_deprivation",
    "place_quality",
)
COLUMNS: Final = ("locality", "grouping", "group", "residents", *OUTCOMES)
KEYS: Final = 3  # columns that name a row

RANKS = ("most", "second most", "third most", "fourth most")


PARTS = ("whole", "half", "third", "quarter", "fifth")
MOST_PARTS = len(PARTS)


def parts(n: int) -> tuple[str, ...]:
    """Names of the parts into which `n` neighbourhoods fall by deprivation: fifths, or as many as there are neighbourhoods."""
    k = min(n, MOST_PARTS)
    return tuple(f"{rank} deprived {PARTS[k - 1]}" for rank in (*RANKS[: k - 1], "least"))


def membership(locality: Locality) -> tuple[tuple[str, ...], Array]:
    """Names of the parts, and which neighbourhoods lie in each (neighbourhoods, parts), by deprivation at the start."""
    start: Array = locality.geography.deprivation
    names, n = parts(start.size), start.size
    # Most deprived first, ties by index; the first fifth is the one whose quality the coalition's targets follow.
    order, k = np.argsort(-start, kind="stable"), len(names)
    member: Array = np.zeros((n, k))
    for part in range(k):
        member[order[part * n // k : (part + 1) * n // k], part] = 1
    return names, member


@dataclass(frozen=True)
class Grouping:
    """One way of dividing the residents of a place into groups; everybody belongs to exactly one."""

    name: str
    doc: str
    groups: Callable[[int], tuple[str, ...]]  # names of the groups in a place of n neighbourhoods


# In the order of rows, which is that in which `_Place.record` counts.
GROUPINGS: Final = (
    Grouping("all", "All residents aged 16-64.", lambda n: ("all",)),
    Grouping(
        "deprivation at the start",
        "Residents by where they live now: fifths of the place's neighbourhoods by deprivation at the start.",
        parts,
    ),
    Grouping(
        "qualification", "Residents by the highest level at which they are qualified now.", lambda n: QUALIFICATIONS
    ),
    Grouping(
        "health",
        "Residents by whether they have a limiting long-term illness now.",
        lambda n: ("limiting illness", "no limiting illness"),
    ),
    Grouping(
        "neighbourhood",
        "Residents of each neighbourhood, by its number.",
        lambda n: tuple(str(i + 1) for i in range(n)),
    ),
)

# Cells of `Locality.people` laid flat, and what each counts towards: everybody and five outcomes, and seven kinds of person.
_STATUS, _LEVEL, _ILL = (axis.ravel() for axis in np.indices((3, len(QUALIFICATIONS), 2)))
_COUNTED: Array = np.stack(
    [_STATUS >= 0, _STATUS == EMPLOYED, _STATUS == UNEMPLOYED, _STATUS == INACTIVE, _LEVEL >= HIGHER_LEVEL, _ILL == 1],
    axis=1,
).astype(np.float64)
_KINDS: Array = np.concatenate([np.eye(len(QUALIFICATIONS))[_LEVEL], np.eye(2)[1 - _ILL]], axis=1)


class Distribution:
    """Outcomes by group of residents and of neighbourhoods, each the mean over the months recorded.

    `coalsim.simulate(scenario, on_month=distribution.record)` records every month of a run.
    """

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def record(self, model: Any) -> None:
        """Take in the month that the model has just finished."""
        if not self._places:
            self._places = [_Place(locality) for locality in model.localities]
        for place, locality in zip(self._places, model.localities):
            place.record(locality)

    def table(self) -> pd.DataFrame:
        """A row for each locality and group, in the order of `GROUPINGS`; no rows before a month is recorded.

        `residents` are persons; units and meanings of the rest are those of the indicators of the same names. A rate is the
        mean over the months in which there was somebody to count, and nan where there never was. Where people live makes
        their place quality and deprivation: means over a group's residents of the values of their neighbourhoods. What
        defines a group is all or nothing in it, such as limiting illness by health.
        """
        import pandas as pd

        table = pd.DataFrame(self.groups(), columns=list(COLUMNS[:KEYS]))
        return table.join(pd.DataFrame(self.values(), columns=list(COLUMNS[KEYS:])))

    def groups(self) -> list[tuple[str, str, str]]:
        """Locality, grouping and group of each row."""
        return [(place.name, *group) for place in self._places for group in place.groups]

    def values(self) -> Array:
        """Residents and outcomes of each row (rows, 1 + outcomes)."""
        return np.concatenate([np.empty((0, 1 + len(OUTCOMES))), *(place.values() for place in self._places)])


class _Place:
    """Sums over the months recorded for the groups of one locality."""

    def __init__(self, locality: Locality) -> None:
        n = locality.geography.deprivation.size
        self.name, self.weight = locality.name, locality.weight
        self.groups = [(grouping.name, group) for grouping in GROUPINGS for group in grouping.groups(n)]
        # Neighbourhoods in the whole and in each part.
        self.member: Array = np.column_stack([np.ones(n), membership(locality)[1]])
        shape = (len(self.groups), len(OUTCOMES))
        self.months = 0
        self.residents: Array = np.zeros(shape[0])
        self.sums: Array = np.zeros(shape)
        self.seen: Counts = np.zeros(shape, dtype=np.int64)  # months in which there was somebody to count

    def record(self, locality: Locality) -> None:
        """Add a month: people are counted in whole numbers, what depends on where they live is added from left to right.

        Whole numbers as floats are exact below 2**53 in whatever order they are added, and multiplied many times faster.
        """
        people = locality.people.reshape(len(self.member), -1).astype(np.float64)
        here = people @ _COUNTED  # by neighbourhood
        kinds = _KINDS.T @ (people.sum(axis=0)[:, None] * _COUNTED)
        counts = np.concatenate([self.member.T @ here, kinds, here])
        values = np.stack([locality.deprivation > SEVERE, locality.deprivation, locality.quality], axis=1)
        homes = np.concatenate([self.member * here[:, :1], people @ _KINDS], axis=1)  # where each group lives
        lived = np.add.reduce(homes[:, :, None] * values[:, None, :], axis=0)
        above = np.concatenate([counts[:, 1:], np.concatenate([lived, here[:, :1] * values])], axis=1)
        below = np.repeat(counts[:, :1], len(OUTCOMES), axis=1)
        below[:, OUTCOMES.index("unemployment_rate")] = counts[:, 1] + counts[:, 2]  # the economically active
        self.months += 1
        self.residents += counts[:, 0]
        self.sums += above / np.maximum(below, 1)  # nothing above where there is nothing below
        self.seen += below > 0

    def values(self) -> Array:
        """Residents and outcomes of each group (groups, 1 + outcomes)."""
        residents = self.residents / self.months * self.weight
        means = np.where(self.seen > 0, self.sums / np.maximum(self.seen, 1), np.nan)
        return np.column_stack([residents, means])

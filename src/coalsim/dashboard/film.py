"""A film: one run month by month, neighbourhood by neighbourhood and partner by partner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coalsim.experiments.design import expected_seconds
from coalsim.model import CoalitionModel
from coalsim.names import BODIES, DOMAINS, UNEMPLOYED
from coalsim.results import Run
from coalsim.scenario.schema import Scenario

Array = NDArray[np.float32]
MOST_S = 20.0  # about how long somebody waits for films


@dataclass
class Film:
    """What one run showed in one place, for months 0 to `months`.

    Attributes
    ----------
    neighbourhoods : by name (months + 1, neighbourhoods) float32: `deprivation` (national z-score), the five conditions (0 to 1),
        `unemployed` (share of residents aged 16-64)
    column, row : of each neighbourhood on its hexagonal grid (neighbourhoods,)
    is_member, trust, pooled : of each partner (months + 1, 8); pooled money in GBP a month
    sustaining : whether the economy was mixed and self-sustaining (months + 1,)
    events : month, kind, text
    fingerprint : of the run that was filmed, by which it can be told from the same run in results
    """

    option: str
    place: str
    seed: int
    column: NDArray[np.int64]
    row: NDArray[np.int64]
    neighbourhoods: dict[str, Array]
    is_member: NDArray[np.bool_]
    trust: Array
    pooled: Array
    sustaining: NDArray[np.bool_]
    events: list[tuple[int, str, str]] = field(default_factory=list)
    fingerprint: str = ""

    @property
    def months(self) -> int:
        """Months after the start."""
        return len(self.sustaining) - 1

    @property
    def partners(self) -> tuple[str, ...]:
        """Names of the partners, in the order of the columns."""
        return BODIES


def film(scenario: Scenario, option: str, seed: int, place: str | None = None) -> Film:
    """Run an option once and film a place, the first by default.

    Raises
    ------
    ValueError
        When there is no such place.
    """
    model = CoalitionModel(scenario, policy=option, rng=seed)
    names = [locality.name for locality in model.localities]
    if place is not None and place not in names:
        raise ValueError(f"there is no place called {place[:60]!r}; known: {', '.join(names[:20])}")
    locality = model.localities[names.index(place) if place is not None else 0]
    months = [_frame(locality)]
    while model.running:
        model.step()
        months.append(_frame(locality))
    stacked = {name: np.array([month[name] for month in months]) for name in months[0]}
    return Film(
        option=option,
        place=locality.name,
        seed=seed,
        column=locality.geography.column,
        row=locality.geography.row,
        neighbourhoods={name: stacked[name].astype(np.float32) for name in ("deprivation", *DOMAINS, "unemployed")},
        is_member=stacked["is_member"],
        trust=stacked["trust"].astype(np.float32),
        pooled=stacked["pooled"].astype(np.float32),
        sustaining=stacked["sustaining"],
        events=[(month, kind, text) for month, where, kind, text in model.events if where == locality.name],
        fingerprint=Run(model).fingerprint,
    )


def is_short(scenario: Scenario, options: int) -> bool:
    """Whether films of so many options are made while one waits."""
    return options * expected_seconds(scenario) <= MOST_S


def _frame(locality: Any) -> dict[str, Any]:
    """What a month left behind."""
    partners = locality.partners
    jobless = locality.people[:, UNEMPLOYED].sum(axis=(1, 2)) / locality.n_homes
    return {
        "deprivation": locality.deprivation.copy(),
        **{name: locality.condition[:, k].copy() for k, name in enumerate(DOMAINS)},
        "unemployed": jobless,
        "is_member": np.array([one.is_member for one in partners]),
        "trust": np.array([one.trust for one in partners]),
        "pooled": np.array([one.pooled / 100 for one in partners]),
        "sustaining": np.bool_(locality.is_sustaining),
    }

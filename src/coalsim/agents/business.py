"""Businesses: workplaces of a locality, in slots that are used again when one closes."""

from typing import ClassVar, NamedTuple

import numpy as np

from coalsim.columns import Column, ColumnAgent
from coalsim.names import DOMAINS, SECTORS


class Sector(NamedTuple):
    """What sets a broad industrial group apart; figures from memory, see docs/parameters.md."""

    is_tradable: bool  # sells mainly outside the area
    higher_share: float  # share of posts that ask for level 3 or above
    productivity: float  # GVA per job relative to the place's mean, before the sector mix is taken out
    cyclicality: float  # response to the national cycle relative to the mean
    market: float  # response to profit: 0 for the public sector, whose posts are set by settlements
    pull: tuple[float, float, float, float, float]  # which conditions draw entrants, in the order of DOMAINS


SECTOR: dict[str, Sector] = {
    "manufacturing": Sector(True, 0.30, 1.15, 1.6, 1.0, (0.5, 0.0, 0.0, 0.0, 1.0)),
    "construction": Sector(False, 0.30, 1.00, 1.8, 1.0, (0.0, 0.0, 0.0, 0.5, 0.5)),
    "distribution": Sector(False, 0.20, 0.70, 1.0, 1.0, (0.0, 0.5, 0.0, 1.0, 0.0)),
    "transport": Sector(True, 0.25, 1.10, 1.0, 1.0, (0.0, 0.0, 0.0, 0.0, 1.5)),
    "business": Sector(True, 0.55, 1.60, 1.0, 1.0, (1.5, 0.5, 0.0, 0.5, 0.5)),
    "public": Sector(False, 0.55, 0.75, 0.1, 0.0, (0.0, 0.0, 0.0, 0.0, 0.0)),
}
assert tuple(SECTOR) == SECTORS
assert all(len(sector.pull) == len(DOMAINS) for sector in SECTOR.values())


def by_sector(name: str) -> np.ndarray:
    """One figure of every sector, (6,) float64, or (6, 5) for `pull`, in the order of SECTORS."""
    return np.array([getattr(sector, name) for sector in SECTOR.values()], dtype=np.float64)


class Business(ColumnAgent):
    """A workplace that hires residents and commuters and sells inside or outside the area."""

    alive_column: ClassVar[str | None] = "is_alive"

    sector = Column(np.int8, unit="sector", doc="Broad industrial group.", labels=SECTORS)
    scale = Column(
        np.float64, unit="jobs", doc="Natural size: profitable jobs in the starting state without its own shock."
    )
    shock = Column(np.float64, unit="log points", doc="Its own luck, an autoregression around nought.")
    dither = Column(
        np.float64, unit="1", doc="Where it rounds its target up, so that small businesses respond in the mean."
    )
    target = Column(np.int32, unit="jobs", doc="Jobs it wants.")
    residents = Column(np.int32, unit="jobs", doc="Jobs held by residents of the locality.")
    commuters_higher = Column(np.int32, unit="jobs", doc="Higher-skilled jobs held by people who live elsewhere.")
    commuters_other = Column(np.int32, unit="jobs", doc="Other jobs held by people who live elsewhere.")
    vacancies_higher = Column(np.int32, unit="posts", doc="Open posts that ask for level 3 or above.")
    vacancies_other = Column(np.int32, unit="posts", doc="Other open posts.")
    productivity = Column(np.float64, unit="GBP/job/year", doc="Gross value added per job.")
    age = Column(np.int32, unit="months", doc="Months since it opened.")
    is_engaged = Column(np.bool_, unit="1", doc="Whether it works with the coalition.")
    is_closing = Column(np.bool_, unit="1", doc="Whether it closes this month.")
    is_alive = Column(np.bool_, unit="1", doc="Whether the slot holds a business.")

    @property
    def jobs(self) -> int:
        """Filled jobs."""
        return int(self.residents + self.commuters_higher + self.commuters_other)

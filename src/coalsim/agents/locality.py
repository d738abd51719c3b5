"""A locality: the neighbourhoods of one place and what is known of them at the end of each month.

Not an agent but the ground on which agents meet. Arrays have a row per neighbourhood (n); residents and businesses are
slices of their tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from coalsim.kernels import conditions as kernel
from coalsim.kernels.enterprise import FLOWS as ENTERPRISE_FLOWS
from coalsim.kernels.maths import weighted_mean
from coalsim.kernels.residents import FLOWS as RESIDENT_FLOWS
from coalsim.kernels.residents import LEVELS_FROM, TOTALS, TOTALS_FROM, sum_up
from coalsim.names import DOMAINS, SECTORS
from coalsim.scenario.place import Place

if TYPE_CHECKING:
    from coalsim.agents.coalition import Coalition
    from coalsim.agents.council import Council
    from coalsim.agents.partner import Partner

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

# National z-score of the worst tenth, and how far each change moves a neighbourhood's score: IMD 2004 weights over the
# national standard deviation of the component between neighbourhoods (weights verified; deviations from memory).
SEVERE = 1.2816
COMPONENTS = {
    "out_of_work": (0.45, 0.065),
    "illness": (0.135, 0.06),
    "unqualified": (0.135, 0.09),
    "cohesion": (0.093, 0.13),
    "environment": (0.093, 0.13),
    "infrastructure": (0.093, 0.13),
}
WEIGHTS: Array = np.array([weight / sd for weight, sd in COMPONENTS.values()])


class Locality:
    """One place in one run."""

    def __init__(
        self, index: int, place: Place, homes: int, first_home: int, slots: int, first_slot: int, first_row: int
    ):
        n = place.neighbourhoods
        self.index = index
        self.place = place
        self.name = place.name
        self.number = place.number
        self.weight = place.adults / homes  # residents aged 16-64 whom each simulated one stands for
        self.heads = place.residents.population.value / homes  # residents of all ages for each simulated one
        self.homes = slice(first_home, first_home + homes)
        self.slots = slice(first_slot, first_slot + slots)
        self.rows = slice(first_row, first_row + n)  # its neighbourhoods among those of all localities
        self.bounds: Counts = np.arange(n + 1, dtype=np.int64) * homes // n
        self.n_homes: Counts = np.diff(self.bounds)
        # Conditions (n, 5) and the money that moves them, GBP a head and year
        self.condition: Array = np.empty((n, len(DOMAINS)))
        self.spend: Array = np.zeros((n, len(DOMAINS)))
        self.need: Array = np.ones((n, len(DOMAINS)))
        self.quality: Array = np.empty(n)
        self.deprivation: Array = np.empty(n)
        # Counts of residents, filled by `kernels.residents.count`
        self.people: Counts = np.zeros((n, 3, 5, 2), dtype=np.int64)
        self.seekers: Counts = np.zeros((n, 5, 2, 4), dtype=np.int64)
        self.engaged: Counts = np.zeros(n, dtype=np.int64)
        self.outside: Counts = np.zeros((n, 2), dtype=np.int64)
        self.resident_flows: Counts = np.zeros((n, len(RESIDENT_FLOWS)), dtype=np.int64)
        # Counts of businesses, filled by `kernels.enterprise.census`
        self.stock: Counts = np.zeros(len(SECTORS), dtype=np.int64)
        self.jobs: Counts = np.zeros(len(SECTORS), dtype=np.int64)
        self.business_totals: Counts = np.zeros(7, dtype=np.int64)
        self.business_flows: Counts = np.zeros(len(ENTERPRISE_FLOWS), dtype=np.int64)
        self.output = 0.0  # GBP a year
        self.hired: Counts = np.zeros(
            4, dtype=np.int64
        )  # this month: residents, then commuters, in higher and other posts
        self.top_slice = 0  # pence of programme money still to be taken from settlements
        self.outlook: Array = np.zeros(len(SECTORS))
        self.shortage = 0.0  # of labour over the past year, log posts per unemployed against the start
        # Luck of their own, see `start.luck` and `phases.change`; `demand` and `drift` count from the start
        self.luck: Array = np.zeros(1 + n)  # of demand for labour in and around the place, then of each neighbourhood
        self.luck_at_start: Array = np.zeros(1 + n)
        self.demand = 0.0  # log jobs
        self.outside_work = 1.0  # relative chance of finding work outside
        self.drift: Array = np.zeros(n)  # national standard deviations of deprivation
        self.time_limited = 0  # pence this month of money that ends with a programme
        self.is_sustaining = False
        self.success_run = 0  # months in a row in which the economy has been self-sustaining
        self.tipped_month: int | None = None
        self.council: Council
        self.services: list[Partner] = []
        self.coalition: Coalition
        self.geography: Any = None
        self.profile: Any = None
        self.rates: Any = None  # of this month
        self.rates_at_start: Any = None
        self.market: Any = None  # reference values of labour and business demand, see `start.market`
        self.at_start: dict[str, Any] = {}

    def open_month(self) -> None:
        """Forget last month's terms and counts of money."""
        self.coalition.terms = self.coalition.fresh_terms()
        self.time_limited = 0

    @property
    def partners(self) -> list[Partner]:
        """The public bodies: seven services and the council."""
        return [*self.services, self.council]

    # Counts for the whole locality, of simulated residents or jobs; times `weight` for persons

    @property
    def n_residents(self) -> int:
        """Simulated residents."""
        return self.homes.stop - self.homes.start

    def total(self) -> None:
        """Add up the counts of residents over neighbourhoods and of businesses over sectors, once a month."""
        totals = np.empty(TOTALS_FROM + len(TOTALS), dtype=np.int64)
        sum_up(self.people, self.seekers, self.engaged, self.outside, self.resident_flows, totals)
        self.by_status: Counts = totals[:LEVELS_FROM]  # inactive, unemployed, employed
        self.by_level: Counts = totals[LEVELS_FROM:TOTALS_FROM]
        _, self.n_unemployed, self.n_employed = self.by_status.tolist()
        (
            self.n_ill, self.n_ill_inactive, self.n_long_term, self.n_engaged, self.n_outside, self.n_separated, self.n_newcomers,
            self.n_higher_employed, self.n_higher_outside,
        ) = totals[TOTALS_FROM:].tolist()  # fmt: skip
        self.n_businesses = sum(self.stock.tolist())
        self.n_jobs = sum(self.jobs.tolist())  # filled, at businesses of the locality

    @property
    def n_commuters(self) -> int:
        """Jobs held by people who live elsewhere."""
        return int(self.business_totals[2]) + int(self.business_totals[3])

    @property
    def n_vacancies(self) -> int:
        """Open posts."""
        return int(self.business_totals[4]) + int(self.business_totals[5])

    def mean(self, values: Array) -> float:
        """Mean over residents of values by neighbourhood (n,)."""
        return float(weighted_mean(values, self.n_homes))

    def mean_conditions(self) -> Array:
        """The five conditions, mean over residents, (5,)."""
        out = np.empty(len(DOMAINS))
        kernel.means(self.condition, self.n_homes, out)
        return out

    def components(self) -> Array:
        """What a neighbourhood's deprivation hangs on, in the order of `COMPONENTS`, (6, n)."""
        out = np.empty((len(COMPONENTS), self.n_homes.size))
        kernel.components(self.people, self.condition, self.n_homes, out)
        return out

    def score_deprivation(self) -> None:
        """National z-score of each neighbourhood: its starting score and the changes in its components since."""
        self.deprivation = np.empty(self.n_homes.size)
        start = self.at_start["components"]
        kernel.add_changes(self.geography.deprivation, self.components(), start, WEIGHTS, self.deprivation)

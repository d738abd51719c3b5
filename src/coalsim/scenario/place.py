"""A place: the figures of one English district, each with its year, status and source."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from coalsim.names import SECTORS
from coalsim.scenario.errors import Misfit, Misfits
from coalsim.scenario.parameter import PRINTABLE, Fact, Strict

# What a district can be: England's have from 2,000 (Isles of Scilly) to a million residents (Birmingham).
FEWEST, MOST = 1000, 2_000_000
MOST_PLACES = 400  # side by side; England had 354 districts


def _share(name: str, fact: Fact) -> Iterable[Misfit]:
    if not 0 < fact.value < 1:
        yield Misfit(f"{fact.value:.12g} is not a share between 0 and 1", name, "value")


def _count(name: str, fact: Fact, what: str) -> Iterable[Misfit]:
    if not FEWEST <= fact.value <= MOST:
        size = "few" if fact.value < FEWEST else "many"
        hint = f"a district is meant, with {FEWEST:,} to {MOST:,}"
        yield Misfit(f"{fact.value:.12g} are too {size} {what}", name, "value", hint=hint)


def _positive(name: str, fact: Fact) -> Iterable[Misfit]:
    if not fact.value > 0:
        yield Misfit(f"{fact.value:.12g} is not above 0", name, "value")


def _refuse(misfits: Iterable[Misfit]) -> None:
    if found := list(misfits):
        raise Misfits(found)


class Deprivation(Strict):
    """Where the place's neighbourhoods stand in the national ranking (Index of Multiple Deprivation)."""

    mean_score: Fact = Field(description="Unweighted mean of neighbourhood IMD scores.")
    share_worst_5: Fact = Field(description="Share of neighbourhoods in the worst national twentieth.")
    share_worst_10: Fact = Field(description="Share of neighbourhoods in the worst national tenth.")
    share_worst_20: Fact = Field(description="Share of neighbourhoods in the worst national fifth.")
    share_worst_30: Fact = Field(description="Share of neighbourhoods in the worst national three tenths.")
    share_worst_50: Fact = Field(description="Share of neighbourhoods in the worse national half.")
    morans_i: Fact = Field(description="Moran's I of neighbourhood scores: spatial clustering.")

    @model_validator(mode="after")
    def _nested(self) -> Self:
        shares = [(name, fact.value) for name, fact in self if name.startswith("share_worst_")]
        for name, value in shares:
            if not 0 <= value <= 1:
                raise Misfit(f"{value:.12g} is not a share from 0 to 1", name, "value")
        for (inner, less), (name, value) in pairwise(shares):
            if value < less:
                raise Misfit(f"{value:.12g} is below {inner}, {less:.12g}, which it contains", name, "value")
        if not -0.2 <= self.morans_i.value <= 0.8:
            message = f"{self.morans_i.value:.12g} cannot be laid out; give a number from -0.2 to 0.8"
            raise Misfit(message, "morans_i", "value")
        return self


class Residents(Strict):
    """Who lives there."""

    population: Fact = Field(description="Residents of all ages.")
    share_working_age: Fact = Field(description="Share of residents aged 16 to 64.")
    employment_rate: Fact = Field(description="Employed share of residents aged 16 to 64.")
    unemployment_rate: Fact = Field(description="Unemployed share of the economically active (ILO, modelled).")
    claimant_rate: Fact = Field(description="Claimants as a share of residents aged 16 to 64.")
    no_qualifications: Fact = Field(description="Share of residents aged 16 to 64 with no qualification.")
    level_4: Fact = Field(description="Share of residents aged 16 to 64 qualified to NVQ level 4 or above.")
    limiting_illness: Fact = Field(description="Share of residents aged 16 to 64 with a limiting long-term illness.")
    moving_out: Fact = Field(description="Residents who move to another district in a year, share of residents.")
    job_finding: Fact = Field(description="Share of the unemployed who enter work in a month.")
    weekly_pay: Fact = Field(description="Median gross weekly pay of employees, GBP.")

    @model_validator(mode="after")
    def _shares(self) -> Self:
        _refuse(
            misfit for name, fact in self if name not in ("population", "weekly_pay") for misfit in _share(name, fact)
        )
        _refuse([*_count("population", self.population, "residents"), *_positive("weekly_pay", self.weekly_pay)])
        unqualified, level_4 = self.no_qualifications.value, self.level_4.value
        if unqualified + level_4 >= 0.9:
            message = f"{unqualified:.12g} and level_4, {level_4:.12g}, leave less than a tenth for levels 1 to 3"
            raise Misfit(message, "no_qualifications", "value")
        active = self.employment_rate.value / (1 - self.unemployment_rate.value)
        if active >= 0.98:
            message = f"with unemployment_rate this leaves {max(1 - active, 0):.3f} inactive; at least 0.02 is needed"
            raise Misfit(message, "employment_rate", "value")
        return self


class Economy(Strict):
    """Who works there."""

    jobs: Fact = Field(description="Workplace jobs.")
    in_commuting: Fact = Field(description="Share of workplace jobs held by people who live elsewhere.")
    in_commuting_higher: Fact = Field(description="The same for higher-skilled jobs.")
    gva_per_job: Fact = Field(description="Gross value added per filled job, GBP a year.")
    sectors: dict[str, Fact] = Field(description="Share of workplace jobs by broad industrial group.")

    @model_validator(mode="after")
    def _sectors(self) -> Self:
        if tuple(self.sectors) != SECTORS:
            message = f"found {', '.join(self.sectors)}; they must be {', '.join(SECTORS)}, in this order"
            raise Misfit(message, "sectors")
        for name, share in self.sectors.items():
            if not 0 <= share.value <= 1:
                raise Misfit(f"{share.value:.12g} is not a share from 0 to 1", "sectors", name, "value")
        total = math.fsum(share.value for share in self.sectors.values())
        if abs(total - 1) > 1e-6:
            raise Misfit(f"the shares of jobs by sector add up to {total:.6g}, not 1", "sectors")
        _refuse([*_share("in_commuting", self.in_commuting), *_share("in_commuting_higher", self.in_commuting_higher)])
        _refuse([*_count("jobs", self.jobs, "jobs"), *_positive("gva_per_job", self.gva_per_job)])
        return self


class Governance(Strict):
    """How well partners work together at the start, and which national programmes reach the place."""

    leadership: Fact = Field(description="Convening effort of the council at the start, 0 to 1.")
    net_budget: Fact = Field(description="Council's net budget requirement, GBP a year.")
    neighbourhood_renewal: bool = Field(description="One of the 88 neighbourhood-renewal areas.")

    @model_validator(mode="after")
    def _figures(self) -> Self:
        if not 0 <= self.leadership.value <= 1:
            raise Misfit(f"{self.leadership.value:.12g} is not a share from 0 to 1", "leadership", "value")
        _refuse(_positive("net_budget", self.net_budget))
        return self


class Calibration(Strict):
    """Small corrections, fitted on business as usual, that make the starting state stationary."""

    separation: float = Field(1.0, ge=0.3, le=2.0, description="Multiplies job separation rates.")
    entry: float = Field(1.0, ge=0.3, le=2.0, description="Multiplies the jobs that new businesses bring.")
    provenance: str = Field("none", description="How, when and on which model version it was fitted.")


class Place(Strict):
    """One local authority district with the figures a run starts from."""

    name: str = Field(min_length=1, max_length=80, pattern=PRINTABLE)
    code: str = Field(pattern=r"^[0-9A-Z]{4}$", description="ONS standard district code of the time, e.g. 00CU.")
    neighbourhoods: int = Field(ge=1, le=2000, description="Lower-layer Super Output Areas (2001).")
    residents: Residents
    deprivation: Deprivation
    economy: Economy
    governance: Governance
    calibration: Calibration = Calibration()

    @property
    def number(self) -> int:
        """The code as an integer: part of the key of every random draw made in the place."""
        return int(self.code, 36)

    @property
    def adults(self) -> int:
        """Residents aged 16 to 64."""
        return round(self.residents.population.value * self.residents.share_working_age.value)

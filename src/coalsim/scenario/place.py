"""A place: the figures of one English district, each with its year, status and source."""

from typing import Self

from pydantic import Field, model_validator

from coalsim.names import SECTORS
from coalsim.scenario.parameter import Fact, Strict


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
        shares = [
            self.share_worst_5,
            self.share_worst_10,
            self.share_worst_20,
            self.share_worst_30,
            self.share_worst_50,
        ]
        values = [share.value for share in shares]
        if any(not 0 <= value <= 1 for value in values) or values != sorted(values):
            raise ValueError(f"shares of worst neighbourhoods must be from 0 to 1 and never fall, found {values}")
        if not -0.2 <= self.morans_i.value <= 0.8:
            raise ValueError(f"morans_i {self.morans_i.value} cannot be laid out; give a number from -0.2 to 0.8")
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
        shares = {name: fact.value for name, fact in self if name not in ("population", "weekly_pay")}
        for name, value in shares.items():
            if not 0 < value < 1:
                raise ValueError(f"{name} {value} is not a share between 0 and 1")
        if self.no_qualifications.value + self.level_4.value >= 0.9:
            raise ValueError("no_qualifications and level_4 together leave less than a tenth for levels 1 to 3")
        active = self.employment_rate.value / (1 - self.unemployment_rate.value)
        if active >= 0.98:
            raise ValueError(
                f"employment and unemployment rates leave {1 - active:.3f} inactive; at least 0.02 is needed"
            )
        if not 1000 <= self.population.value <= 2_000_000:
            raise ValueError(
                f"population {self.population.value:.15g} is outside 1,000 to 2,000,000: a district is meant"
            )
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
            raise ValueError(f"sectors must be {', '.join(SECTORS)}, in this order; found {', '.join(self.sectors)}")
        total = sum(share.value for share in self.sectors.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"shares of jobs by sector add up to {total:.6g}, not 1")
        for name in ("in_commuting", "in_commuting_higher"):
            if not 0 < getattr(self, name).value < 1:
                raise ValueError(f"{name} must lie between 0 and 1")
        return self


class Governance(Strict):
    """How well partners work together at the start, and which national programmes reach the place."""

    leadership: Fact = Field(description="Convening effort of the council at the start, 0 to 1.")
    net_budget: Fact = Field(description="Council's net budget requirement, GBP a year.")
    neighbourhood_renewal: bool = Field(description="One of the 88 neighbourhood-renewal areas.")


class Calibration(Strict):
    """Small corrections, fitted on business as usual, that make the starting state stationary."""

    separation: float = Field(1.0, ge=0.3, le=2.0, description="Multiplies job separation rates.")
    entry: float = Field(1.0, ge=0.3, le=2.0, description="Multiplies the jobs that new businesses bring.")
    provenance: str = Field("none", description="How, when and on which model version it was fitted.")


class Place(Strict):
    """One local authority district with the figures a run starts from."""

    name: str = Field(min_length=1, max_length=80)
    code: str = Field(pattern=r"^[0-9A-Z]{4}$", description="ONS standard district code of the time, e.g. 00CU.")
    neighbourhoods: int = Field(ge=4, le=2000, description="Lower-layer Super Output Areas (2001).")
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

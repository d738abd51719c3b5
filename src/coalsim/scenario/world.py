"""A world: national assumptions, shocks and the strength of every mechanism.

Each parameter is declared once, with its unit, range of uncertainty, status and source; world files name only
what they change.
"""

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from coalsim.names import BODIES, DOMAINS
from coalsim.scenario.calendar import Month
from coalsim.scenario.parameter import Strict, parameter

ASSUMED: dict[str, Any] = {"status": "assumption", "source": "coalsim; no direct evidence found"}


class Mechanisms(Strict):
    """Strength of each feedback: 1 as estimated, 0 off."""

    conditions_to_business: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Place quality and skills to jobs, entry, exit, sector mix.", **ASSUMED)
    conditions_to_residents: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Conditions to learning, illness, moving and engagement.", **ASSUMED)
    brokerage: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Engaged businesses open vacancies to local people.", **ASSUMED)
    jobs_to_demand: float = parameter(1, unit="1", ge=0, le=2, low=0, high=1, doc="Residents' states to demand-led public spending.", **ASSUMED)
    local_multiplier: float = parameter(1, unit="1", ge=0, le=2, low=0, high=2, doc="Residents' employment to local demand.", **ASSUMED)
    joint_working: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Breadth of pooling to effective spend.", **ASSUMED)
    peer_influence: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Others' choices to the choice to join or engage.", **ASSUMED)
    trust_learning: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Outcomes seen to trust.", **ASSUMED)
    neighbourhood_spillover: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Conditions next door to conditions here.", **ASSUMED)
    displacement: float = parameter(1, unit="1", ge=0, le=1, low=0, high=1, doc="Share of mobile investment won from other places.", **ASSUMED)


class Labour(Strict):
    """Job search, separation and activity of residents."""

    matching_elasticity: float = parameter(0.6, unit="1", ge=0.05, le=0.95, low=0.5, high=0.7, doc="Of matches with respect to searchers.", status="recall_unverified", source="Petrongolo and Pissarides (2001)")
    vacancy_rate: float = parameter(0.023, unit="1", ge=0.005, le=0.1, low=0.018, high=0.028, doc="Vacancies per job at the start.", status="recall_unverified", source="ONS vacancy survey, about 600,000 vacancies in 2006")
    long_term_finding: float = parameter(0.5, unit="1", ge=0.05, le=1, low=0.4, high=0.7, doc="Job finding after 24 months out of work, relative to the newly unemployed.", status="recall_unverified", source="duration dependence in UK flows")
    ill_finding: float = parameter(0.5, unit="1", ge=0.05, le=1, low=0.3, high=0.8, doc="Job finding with a limiting illness, relative to without.", **ASSUMED)
    leaving_work: float = parameter(0.0012, unit="1/month", ge=0, le=0.02, low=0.0005, high=0.003, doc="Employed to inactive.", **ASSUMED)
    giving_up: float = parameter(0.03, unit="1/month", ge=0, le=0.2, low=0.01, high=0.05, doc="Unemployed to inactive.", **ASSUMED)
    ill_leaving: float = parameter(3.0, unit="1", ge=1, le=10, low=2, high=5, doc="Hazard of leaving activity with a limiting illness, relative to without.", **ASSUMED)
    ill_return: float = parameter(0.3, unit="1", ge=0.01, le=1, low=0.1, high=0.6, doc="Hazard of starting to search with a limiting illness, relative to without.", **ASSUMED)
    encouragement: float = parameter(0.3, unit="1", ge=0, le=2, low=0, high=0.6, doc="Elasticity of starting to search to job finding.", **ASSUMED)
    unemployment_gap_from_finding: float = parameter(0.4, unit="1", ge=0, le=1, low=0.3, high=0.5, doc="Share of neighbourhood unemployment differences due to job finding; the rest is separation.", status="verified", source="Smith (2011), Economic Journal: 60/40 inflow/outflow, for change over time")
    direct_moves: float = parameter(0.6, unit="1", ge=0, le=1, low=0.4, high=0.8, doc="Share of those laid off who apply for a local post at once.", **ASSUMED)
    commuter_quits: float = parameter(0.006, unit="1/month", ge=0, le=0.1, low=0.004, high=0.009, doc="In-commuters who leave their job, closures and layoffs aside.", status="derived", source="as residents' separation")
    wage_curve: float = parameter(-0.10, unit="1", ge=-0.5, le=0, low=-0.15, high=-0.05, doc="Elasticity of pay to local unemployment.", status="verified", source="Blanchflower and Oswald (1994)")
    brokerage_effect: float = parameter(0.2, unit="1", ge=0, le=1, low=0, high=0.2, doc="Rise in residents' job finding when every business is engaged.", status="verified", source="range: Blundell et al. (2004), New Deal, about 20% of the base rate")


class Enterprise(Strict):
    """Businesses: size, entry, exit and what makes them grow."""

    businesses_per_1000_adults: float = parameter(45, unit="businesses per 1,000 residents aged 16-64", ge=5, le=200, low=35, high=55, doc="Stock at the start.", status="derived", source="BERR VAT register 2006, about 1.97m UK enterprises")
    entry_rate: float = parameter(0.10, unit="1/year", ge=0, le=0.5, low=0.092, high=0.104, doc="Entrants a year per business at the start.", status="derived", source="BERR VAT registrations 2007")
    exit_first_year: float = parameter(0.065, unit="1/year", ge=0, le=1, low=0.05, high=0.07, doc="Exit hazard before the first birthday.", status="derived", source="ONS business demography: 1-year survival 93-95%")
    exit_years_1_to_3: float = parameter(0.23, unit="1/year", ge=0, le=1, low=0.2, high=0.27, doc="Exit hazard from the first to the third birthday.", status="derived", source="ONS business demography: 3-year survival 53-57%")
    exit_years_3_to_5: float = parameter(0.17, unit="1/year", ge=0, le=1, low=0.15, high=0.2, doc="Exit hazard from the third to the fifth birthday.", status="derived", source="ONS business demography: 5-year survival 38%")
    exit_size_elasticity: float = parameter(-0.4, unit="1", ge=-1, le=0, low=-0.6, high=-0.2, doc="Of the exit hazard to size in jobs.", **ASSUMED)
    size_exponent: float = parameter(1.06, unit="1", ge=0.8, le=2, low=0.98, high=1.10, doc="Pareto tail exponent of size.", status="recall_unverified", source="Axtell (2001)")
    largest: float = parameter(3000, unit="smallest sizes", ge=50, le=20000, low=1000, high=5000, doc="Largest business at the start, in units of the smallest of its sector.", **ASSUMED)
    largest_entrant: float = parameter(250, unit="jobs", ge=10, le=5000, low=100, high=500, doc="Largest new business, mobile investment aside.", **ASSUMED)
    shock_persistence: float = parameter(0.985, unit="1 a month", ge=0, le=0.9999, low=0.97, high=0.995, doc="Of a business's own shock.", **ASSUMED)
    shock_sd: float = parameter(0.06, unit="log points", ge=0, le=1, low=0.03, high=0.15, doc="Standard deviation of a business's own shock.", **ASSUMED)
    quality_effect: float = parameter(0.3, unit="log jobs per unit of place quality", ge=0, le=3, low=0, high=0.8, doc="Place quality to profitable size.", **ASSUMED)
    skills_effect: float = parameter(0.3, unit="log jobs per unit share at level 3+", ge=0, le=3, low=0, high=0.6, doc="Residents' qualifications to profitable size.", status="recall_unverified", source="Moretti (2004); Dearden, Reed and Van Reenen (2006)")
    demand_elasticity: float = parameter(0.7, unit="1", ge=0, le=1.5, low=0, high=1.0, doc="Non-tradable jobs to residents' employment.", status="derived", source="traded multiplier 0.5 (0.3-1.1): Osman and Kemeny (2022), van Dijk")
    shortage_effect: float = parameter(0.03, unit="log jobs per log tightness", ge=0, le=0.5, low=0, high=0.1, doc="Labour shortage to profitable size.", **ASSUMED)
    entry_response: float = parameter(1.0, unit="log entry per log jobs", ge=0, le=5, low=0.5, high=2, doc="Expected profit to entry.", **ASSUMED)
    exit_response: float = parameter(1.0, unit="log exit per log jobs", ge=0, le=5, low=0.5, high=2, doc="Expected profit to exit.", **ASSUMED)
    layoff_speed: float = parameter(0.25, unit="1/month", ge=0.01, le=1, low=0.1, high=0.5, doc="Share of surplus posts shed in a month.", **ASSUMED)
    mobile_share: float = parameter(0.05, unit="1", ge=0, le=0.5, low=0.02, high=0.10, doc="Mobile investment as a share of new businesses' jobs at the start.", **ASSUMED)
    mobile_size: float = parameter(40, unit="jobs", ge=5, le=500, low=20, high=100, doc="Size of a mobile investment.", **ASSUMED)
    attraction: float = parameter(2.0, unit="1", ge=0, le=10, low=1, high=4, doc="Log attractiveness per unit of place quality.", **ASSUMED)
    agglomeration: float = parameter(0.04, unit="1", ge=0, le=0.2, low=0.03, high=0.05, doc="Elasticity of productivity to jobs.", status="verified", source="Graham, Gibbons and Martin (2009)")
    sector_response: float = parameter(1.0, unit="log entry share per unit of condition", ge=0, le=5, low=0, high=2, doc="Good conditions to the sector mix of entrants.", **ASSUMED)


class Life(Strict):
    """Learning, illness, moving and engagement of residents."""

    ageing: float = parameter(1 / 49 / 12, unit="1/month", ge=0, le=0.02, low=0.0015, high=0.0019, doc="Residents who pass 65 and are succeeded by a younger one.", status="derived", source="49 years from 16 to 64")
    learning_rate: float = parameter(0.010, unit="1/year", ge=0, le=0.1, low=0.005, high=0.015, doc="Residents who rise one qualification level.", **ASSUMED)
    learning_effect: float = parameter(1.5, unit="log rate per unit of condition", ge=0, le=6, low=0, high=3, doc="Skills condition to learning.", **ASSUMED)
    recovery_rate: float = parameter(0.008, unit="1/month", ge=0, le=0.5, low=0.005, high=0.015, doc="End of a limiting illness.", **ASSUMED)
    illness_effect: float = parameter(0.7, unit="log rate per unit of condition", ge=0, le=6, low=0, high=2, doc="Health condition to falling ill.", status="recall_unverified", source="1 sd of area health about 3-5 pp of employment")
    moving_effect: float = parameter(1.0, unit="log rate per unit of quality", ge=0, le=6, low=0, high=3, doc="Place quality to higher-qualified residents staying.", status="recall_unverified", source="Meen et al. (2005) for direction")
    sorting_effect: float = parameter(1.0, unit="log odds a level per unit of quality", ge=0, le=6, low=0, high=3, doc="Place quality to newcomers' qualifications.", status="recall_unverified", source="Meen et al. (2005) for direction")
    engaged_share: float = parameter(0.10, unit="1", ge=0.01, le=0.5, low=0.05, high=0.2, doc="Residents engaged at the start.", **ASSUMED)
    engagement_peer: float = parameter(0.5, unit="1", ge=0, le=3, low=0, high=1, doc="Social utility J of engaging.", **ASSUMED)
    engagement_effect: float = parameter(1.5, unit="field per unit of condition", ge=0, le=6, low=0, high=3, doc="Cohesion to engaging.", **ASSUMED)


class Conditions(Strict):
    """How effective public spending moves the conditions of neighbourhoods."""

    eta: float = parameter(1.5, unit="1", ge=0.5, le=4, low=1, high=3, doc="Shape of returns: above 1 a range of increasing returns.", **ASSUMED)
    rho: float = parameter(-1.0, unit="1", ge=-5, le=1, low=-3, high=1, doc="CES exponent of place quality: below 1 the weakest condition drags.", **ASSUMED)
    speed_skills: float = parameter(0.012, unit="1/month", ge=0, le=1, low=0.005, high=0.02, doc="Skills condition.", **ASSUMED)
    speed_environment: float = parameter(0.05, unit="1/month", ge=0, le=1, low=0.02, high=0.1, doc="Environment condition.", **ASSUMED)
    speed_health: float = parameter(0.01, unit="1/month", ge=0, le=1, low=0.005, high=0.02, doc="Health condition.", **ASSUMED)
    speed_cohesion: float = parameter(0.03, unit="1/month", ge=0, le=1, low=0.01, high=0.06, doc="Cohesion condition.", **ASSUMED)
    speed_infrastructure: float = parameter(0.01, unit="1/month", ge=0, le=1, low=0.005, high=0.02, doc="Infrastructure condition.", **ASSUMED)
    spillover: float = parameter(0.003, unit="1/month", ge=0, le=0.2, low=0, high=0.01, doc="Pull of neighbouring conditions.", status="recall_unverified", source="NDC: diffusion of benefit, Whitworth and McLennan (2010), for direction")
    unmet_effect: float = parameter(0.5, unit="1", ge=0, le=2, low=0, high=1, doc="Fall of effective spend per share of demand unmet, relative.", **ASSUMED)
    engagement_cohesion: float = parameter(0.2, unit="condition per unit share", ge=0, le=1, low=0, high=0.4, doc="Engaged residents to cohesion.", **ASSUMED)
    unit_spend: float = parameter(100.0, unit="GBP per head and year", ge=1, le=1000, low=50, high=200, doc="Standard against which need is stated.", **ASSUMED)


class Body(Strict):
    """Money of one kind of public body, per resident of all ages or per case."""

    base: float = parameter(0, unit="GBP per head and year", ge=0, le=10000, doc="Demand-led spend that does not vary with residents' states.", **ASSUMED)
    per_unemployed: float = parameter(0, unit="GBP per case and year", ge=0, le=50000, doc="Reactive cost per unemployed resident.", **ASSUMED)
    per_ill: float = parameter(0, unit="GBP per case and year", ge=0, le=50000, doc="Reactive cost per resident aged 16-64 with a limiting illness.", **ASSUMED)
    per_ill_inactive: float = parameter(0, unit="GBP per case and year", ge=0, le=50000, doc="Reactive cost per inactive resident with a limiting illness.", **ASSUMED)
    per_unqualified: float = parameter(0, unit="GBP per case and year", ge=0, le=50000, doc="Reactive cost per resident without a qualification.", **ASSUMED)
    per_low_cohesion: float = parameter(0, unit="GBP per head and unit shortfall and year", ge=0, le=10000, doc="Reactive cost of low cohesion, per head at zero cohesion.", **ASSUMED)
    per_low_environment: float = parameter(0, unit="GBP per head and unit shortfall and year", ge=0, le=10000, doc="Reactive cost of a poor environment, per head at zero.", **ASSUMED)
    reactive_share: float = parameter(0.9, unit="1", gt=0.05, lt=1, doc="Demand-led share of the budget at the start.", **ASSUMED)
    follows_demand: float = parameter(0.2, unit="1", ge=0, le=1, low=0, high=1, doc="Share of a change in demand that central government pays or takes back in the same month.", **ASSUMED)
    mandate: float = parameter(0.5, unit="1", ge=0, le=1, low=0, high=1, doc="Weight of central targets on the body.", **ASSUMED)


def _bodies() -> dict[str, Body]:
    """Starting figures: totals near GBP 6,500 a head with Birmingham's reactive shares of 2008-09."""
    return {
        "schools_and_learning": Body(base=850, per_unqualified=1000, reactive_share=0.90, follows_demand=0.2, mandate=0.7),
        "jobs_and_skills": Body(base=30, per_unemployed=7000, per_ill_inactive=6000, reactive_share=0.93, follows_demand=0.9, mandate=0.8),
        "health": Body(base=1300, per_ill=3000, reactive_share=0.96, follows_demand=0.2, mandate=0.8),
        "police_and_safety": Body(base=120, per_low_cohesion=150, reactive_share=0.85, follows_demand=0.0, mandate=0.6),
        "environment": Body(base=150, per_low_environment=150, reactive_share=0.70, follows_demand=0.0, mandate=0.2),
        "housing_and_infrastructure": Body(base=500, per_unemployed=3000, per_ill_inactive=3000, reactive_share=0.80, follows_demand=0.6, mandate=0.3),
        "business_support": Body(base=20, reactive_share=0.20, follows_demand=0.0, mandate=0.3),
        "council": Body(base=900, per_ill=2000, per_unemployed=2000, reactive_share=0.94, follows_demand=0.2, mandate=0.4),
    }


class Money(Strict):
    """Settlements and the cost of failure."""

    bodies: dict[str, Body] = Field(default_factory=_bodies, description="Public bodies by name.")
    review_months: int = Field(36, ge=12, le=120, description="Months between spending reviews.")
    review_catch_up: float = parameter(0.5, unit="1", ge=0, le=1, low=0, high=1, doc="Share of a lasting change in demand that a spending review takes into the settlement.", **ASSUMED)
    settlement_growth: float = parameter(0.0, unit="1/year", ge=-0.2, le=0.2, low=-0.04, high=0.04, doc="Real growth of discretionary settlements.", **ASSUMED)
    rateable_value_per_job: float = parameter(1950, unit="GBP per job", ge=100, le=10000, low=1500, high=2500, doc="Business rates base.", status="recall_unverified", source="2005 rating list over workplace jobs")

    @field_validator("bodies")
    @classmethod
    def _complete(cls, bodies: dict[str, Body]) -> dict[str, Body]:
        if set(bodies) != set(BODIES):
            odd = sorted(set(bodies) ^ set(BODIES))
            raise ValueError(f"bodies must be exactly {', '.join(BODIES)}; differing: {', '.join(odd)}")
        return {name: bodies[name] for name in BODIES}


class Partnership(Strict):
    """How partners, businesses and residents decide to work together (Brock and Durlauf 2001)."""

    beta: float = parameter(1.0, unit="1", ge=0.01, le=10, low=0.5, high=2, doc="Intensity of choice.", **ASSUMED)
    peer: float = parameter(1.0, unit="1", ge=0, le=5, low=0.4, high=1.6, doc="Social utility J of choosing as the others do.", **ASSUMED)
    reluctance: float = parameter(0.05, unit="field", ge=-3, le=3, low=-0.3, high=0.5, doc="Field against pooling with nothing on offer.", status="assumption", source="set so that about four in five partners pool under a four-block agreement; 88% of partnerships reported progress on joint funding (CLG LAA survey 2010)")
    reconsidering_pool: float = parameter(0.25, unit="1/quarter", ge=0.01, le=1, low=0.1, high=0.5, doc="Public partners who reconsider in a quarter.", **ASSUMED)
    leadership_effect: float = parameter(0.5, unit="field", ge=0, le=3, low=0.2, high=1, doc="Field of full leadership.", **ASSUMED)
    incentive_effect: float = parameter(15.0, unit="field per share of budget", ge=0, le=200, low=5, high=40, doc="Field per expected reward as a share of net budget.", **ASSUMED)
    trust_effect: float = parameter(0.5, unit="field", ge=0, le=3, low=0.2, high=1, doc="Field of full trust.", **ASSUMED)
    mandate_effect: float = parameter(0.3, unit="field", ge=0, le=3, low=0.1, high=0.6, doc="Field against pooling of unaligned central targets.", **ASSUMED)
    transaction_effect: float = parameter(2.0, unit="field per share", ge=0, le=20, low=0, high=5, doc="Field against pooling per transaction cost share.", **ASSUMED)
    trust_rate: float = parameter(0.15, unit="1/quarter", ge=0, le=1, low=0.05, high=0.3, doc="Speed of learning trust.", **ASSUMED)
    trust_scale: float = parameter(40.0, unit="trust per unit of condition a year", ge=0, le=500, low=10, high=100, doc="Improvement seen that counts as full success is its inverse.", **ASSUMED)
    transaction_cost: float = parameter(0.05, unit="1", ge=0, le=0.5, low=0.02, high=0.10, doc="Share of the pot spent on running the partnership.", **ASSUMED)
    joint_working: float = parameter(0.02, unit="1", ge=-0.1, le=0.3, low=0, high=0.08, doc="Gain psi in effective spend at full breadth.", status="verified", source="HM Treasury/CLG Total Place (2010): 2% of spend; advocates 4-8%")
    evidence_start: float = parameter(0.3, unit="1", ge=0, le=1, low=0.1, high=0.5, doc="Accuracy of targeting with no investment.", **ASSUMED)
    evidence_cost: float = parameter(100_000, unit="GBP a year", ge=1000, le=5_000_000, low=50_000, high=500_000, doc="Spend that closes half the gap in evidence.", status="derived", source="Audit Commission (2009): research budgets usually below GBP 50,000, one in ten above 500,000")
    evidence_speed: float = parameter(0.5, unit="1/year", ge=0, le=1, low=0.2, high=1.0, doc="Yearly speed at which evidence follows its support.", **ASSUMED)
    business_engaged_share: float = parameter(0.05, unit="1", ge=0.005, le=0.5, low=0.02, high=0.1, doc="Businesses engaged at the start.", **ASSUMED)
    business_peer: float = parameter(0.5, unit="1", ge=0, le=3, low=0, high=1, doc="Social utility J among businesses.", **ASSUMED)
    business_growth_effect: float = parameter(3.0, unit="field per log jobs", ge=0, le=20, low=1, high=6, doc="Expected growth to engaging.", **ASSUMED)
    reconsidering: float = parameter(0.25, unit="1/quarter", ge=0.01, le=1, low=0.1, high=0.5, doc="Businesses and residents who reconsider in a quarter.", **ASSUMED)
    target_horizon: int = Field(36, ge=12, le=120, description="Months of an agreement's targets.")


class Shock(Strict):
    """A national shock to demand for labour: it rises, holds and fades in straight lines."""

    name: str = Field(max_length=80)
    start: str = Field(description="First month, as 2008-04.")
    rise_months: int = Field(ge=1, le=120, description="Months to its full size.")
    hold_months: int = Field(0, ge=0, le=1200, description="Months at its full size.")
    fade_months: int = Field(ge=1, le=1200, description="Months in which it fades.")
    jobs: float = Field(ge=-0.5, le=0.5, description="Log change in profitable size at full size in a sector of average cyclicality.")
    outside_work: float = Field(0.0, ge=-0.9, le=1.0, description="Relative change in finding work outside the locality at full size.")
    source: str = Field("", max_length=500)

    @field_validator("start")
    @classmethod
    def _month(cls, value: str) -> str:
        return str(Month.parse(value))

    def size(self, month: Month) -> float:
        """Share of the shock in force in a calendar month, 0 to 1."""
        since = Month.parse(self.start).until(month)
        if since < 0:
            return 0.0
        fading = since - self.rise_months - self.hold_months
        return min((since + 1) / self.rise_months, 1.0) if fading < 0 else max(0.0, 1 - (fading + 1) / self.fade_months)


class World(Strict):
    """National assumptions in which places are compared."""

    name: str = Field(min_length=1, max_length=80)
    summary: str = ""
    mechanisms: Mechanisms = Mechanisms()
    labour: Labour = Labour()
    enterprise: Enterprise = Enterprise()
    life: Life = Life()
    conditions: Conditions = Conditions()
    money: Money = Money()
    partnership: Partnership = Partnership()
    shocks: list[Shock] = []

    @model_validator(mode="after")
    def _domains(self) -> Self:
        for domain in DOMAINS:
            if getattr(self.conditions, f"speed_{domain}") + self.conditions.spillover > 1:
                raise ValueError(f"conditions.speed_{domain} plus spillover exceeds 1 a month: conditions would overshoot")
        return self

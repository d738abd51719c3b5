"""Enterprise: size, entry, exit and growth of businesses."""

from coalsim.scenario.parameter import ASSUMED, Strict, parameter


class Enterprise(Strict):
    """Businesses: size, entry, exit and what makes them grow."""

    businesses_per_1000_adults: float = parameter(
        45,
        unit="businesses per 1,000 residents aged 16-64",
        ge=5,
        le=200,
        low=35,
        high=55,
        doc="Stock at the start.",
        status="derived",
        source="BERR VAT register 2006, about 1.97m UK enterprises",
    )
    entry_rate: float = parameter(
        0.10,
        unit="1/year",
        ge=0,
        le=0.5,
        low=0.092,
        high=0.104,
        doc="Entrants a year per business at the start.",
        status="derived",
        source="BERR VAT registrations 2007",
    )
    exit_first_year: float = parameter(
        0.06,
        unit="1/year",
        ge=0,
        le=1,
        low=0.05,
        high=0.07,
        doc="Exit hazard before the first birthday.",
        status="derived",
        source="ONS business demography: 1-year survival 93-95%",
    )
    exit_years_1_to_3: float = parameter(
        0.28,
        unit="1/year",
        ge=0,
        le=1,
        low=0.25,
        high=0.31,
        doc="Exit hazard from the first to the third birthday.",
        status="derived",
        source="ONS business demography: 3-year survival 53-57%",
    )
    exit_years_3_to_5: float = parameter(
        0.185,
        unit="1/year",
        ge=0,
        le=1,
        low=0.16,
        high=0.21,
        doc="Exit hazard from the third to the fifth birthday.",
        status="derived",
        source="ONS business demography: 5-year survival 38%",
    )
    exit_size_elasticity: float = parameter(
        -0.4, unit="1", ge=-1, le=0, low=-0.6, high=-0.2, doc="Of the exit hazard to size in jobs.", **ASSUMED
    )
    size_exponent: float = parameter(
        1.06,
        unit="1",
        ge=0.8,
        le=2,
        low=0.98,
        high=1.10,
        doc="Pareto tail exponent of size.",
        status="recall_unverified",
        source="Axtell (2001)",
    )
    largest: float = parameter(
        3000,
        unit="smallest sizes",
        ge=50,
        le=20000,
        low=1000,
        high=5000,
        doc="Largest business at the start, in units of the smallest of its sector.",
        **ASSUMED,
    )
    largest_entrant: float = parameter(
        250,
        unit="jobs",
        ge=10,
        le=5000,
        low=100,
        high=500,
        doc="Largest new business, mobile investment aside.",
        **ASSUMED,
    )
    shock_persistence: float = parameter(
        0.985, unit="1 a month", ge=0, le=0.9999, low=0.97, high=0.995, doc="Of a business's own shock.", **ASSUMED
    )
    shock_sd: float = parameter(
        0.06,
        unit="log points",
        ge=0,
        le=1,
        low=0.03,
        high=0.15,
        doc="Standard deviation of a business's own shock.",
        **ASSUMED,
    )
    local_demand_sd: float = parameter(
        0.033,
        unit="log jobs",
        ge=0,
        le=0.2,
        low=0.02,
        high=0.06,
        doc="Demand for labour in and around a place by itself: standard deviation in the long run.",
        status="fitted",
        source="by hand, to how lasting differences between districts and their claimant rates are (docs/validation.md)",
    )
    local_demand_persistence: float = parameter(
        0.985,
        unit="1 a month",
        ge=0,
        le=0.9999,
        low=0.97,
        high=0.995,
        doc="Of local demand.",
        status="fitted",
        source="by hand, to how lasting differences between districts and their claimant rates are (docs/validation.md)",
    )
    quality_effect: float = parameter(
        0.3,
        unit="log jobs per unit of place quality",
        ge=0,
        le=3,
        low=0,
        high=0.8,
        doc="Place quality to profitable size.",
        **ASSUMED,
    )
    skills_effect: float = parameter(
        0.3,
        unit="log jobs per unit share at level 3+",
        ge=0,
        le=3,
        low=0,
        high=0.6,
        doc="Residents' qualifications to profitable size.",
        status="recall_unverified",
        source="Moretti (2004); Dearden, Reed and Van Reenen (2006)",
    )
    demand_elasticity: float = parameter(
        0.7,
        unit="1",
        ge=0,
        le=1.5,
        low=0,
        high=1.0,
        doc="Non-tradable jobs to residents' employment.",
        status="derived",
        source="traded multiplier 0.5 (0.3-1.1): Osman and Kemeny (2022), van Dijk",
    )
    shortage_effect: float = parameter(
        0.03,
        unit="log jobs per log tightness",
        ge=0,
        le=0.5,
        low=0,
        high=0.1,
        doc="Labour shortage to profitable size.",
        **ASSUMED,
    )
    entry_response: float = parameter(
        1.0, unit="log entry per log jobs", ge=0, le=5, low=0.5, high=2, doc="Expected profit to entry.", **ASSUMED
    )
    exit_response: float = parameter(
        1.0, unit="log exit per log jobs", ge=0, le=5, low=0.5, high=2, doc="Expected profit to exit.", **ASSUMED
    )
    layoff_speed: float = parameter(
        0.25, unit="1/month", ge=0.01, le=1, low=0.1, high=0.5, doc="Share of surplus posts shed in a month.", **ASSUMED
    )
    mobile_share: float = parameter(
        0.05,
        unit="1",
        ge=0,
        le=0.5,
        low=0.02,
        high=0.10,
        doc="Mobile investment as a share of new businesses' jobs at the start.",
        **ASSUMED,
    )
    mobile_size: float = parameter(
        40, unit="jobs", ge=5, le=500, low=20, high=100, doc="Size of a mobile investment.", **ASSUMED
    )
    attraction: float = parameter(
        2.0, unit="1", ge=0, le=10, low=1, high=4, doc="Log attractiveness per unit of place quality.", **ASSUMED
    )
    agglomeration: float = parameter(
        0.04,
        unit="1",
        ge=0,
        le=0.2,
        low=0.03,
        high=0.05,
        doc="Elasticity of productivity to jobs.",
        status="verified",
        source="Graham, Gibbons and Martin (2009)",
    )
    sector_response: float = parameter(
        1.0,
        unit="log entry share per unit of condition",
        ge=0,
        le=5,
        low=0,
        high=2,
        doc="Good conditions to the sector mix of entrants.",
        **ASSUMED,
    )

"""Labour: job search, separation and activity."""

from coalsim.scenario.parameter import ASSUMED, Strict, parameter


class Labour(Strict):
    """Job search, separation and activity of residents."""

    matching_elasticity: float = parameter(
        0.6,
        unit="1",
        ge=0.05,
        le=0.95,
        low=0.5,
        high=0.7,
        doc="Of matches with respect to searchers.",
        status="recall_unverified",
        source="Petrongolo and Pissarides (2001)",
    )
    vacancy_rate: float = parameter(
        0.023,
        unit="1",
        ge=0.005,
        le=0.1,
        low=0.018,
        high=0.028,
        doc="Vacancies per job at the start.",
        status="recall_unverified",
        source="ONS vacancy survey, about 600,000 vacancies in 2006",
    )
    long_term_finding: float = parameter(
        0.5,
        unit="1",
        ge=0.05,
        le=1,
        low=0.4,
        high=0.7,
        doc="Job finding after 24 months out of work, relative to the newly unemployed.",
        status="recall_unverified",
        source="duration dependence in UK flows",
    )
    ill_finding: float = parameter(
        0.5,
        unit="1",
        ge=0.05,
        le=1,
        low=0.3,
        high=0.8,
        doc="Job finding with a limiting illness, relative to without.",
        **ASSUMED,
    )
    leaving_work: float = parameter(
        0.0012, unit="1/month", ge=0, le=0.02, low=0.0005, high=0.003, doc="Employed to inactive.", **ASSUMED
    )
    giving_up: float = parameter(
        0.03, unit="1/month", ge=0, le=0.2, low=0.01, high=0.05, doc="Unemployed to inactive.", **ASSUMED
    )
    ill_leaving: float = parameter(
        3.0,
        unit="1",
        ge=1,
        le=10,
        low=2,
        high=5,
        doc="Hazard of leaving activity with a limiting illness, relative to without.",
        **ASSUMED,
    )
    ill_return: float = parameter(
        0.3,
        unit="1",
        ge=0.01,
        le=1,
        low=0.1,
        high=0.6,
        doc="Hazard of starting to search with a limiting illness, relative to without.",
        **ASSUMED,
    )
    encouragement: float = parameter(
        0.3, unit="1", ge=0, le=2, low=0, high=0.6, doc="Elasticity of starting to search to job finding.", **ASSUMED
    )
    unemployment_gap_from_finding: float = parameter(
        0.4,
        unit="1",
        ge=0,
        le=1,
        low=0.3,
        high=0.5,
        doc="Share of neighbourhood unemployment differences due to job finding; the rest is separation.",
        status="verified",
        source="Smith (2011), Economic Journal: 60/40 inflow/outflow, for change over time",
    )
    direct_moves: float = parameter(
        0.6,
        unit="1",
        ge=0,
        le=1,
        low=0.4,
        high=0.8,
        doc="Share of those laid off who apply for a local post at once.",
        **ASSUMED,
    )
    commuter_quits: float = parameter(
        0.006,
        unit="1/month",
        ge=0,
        le=0.1,
        low=0.004,
        high=0.009,
        doc="In-commuters who leave their job, closures and layoffs aside.",
        status="derived",
        source="as residents' separation",
    )
    wage_curve: float = parameter(
        -0.10,
        unit="1",
        ge=-0.5,
        le=0,
        low=-0.15,
        high=-0.05,
        doc="Elasticity of pay to local unemployment.",
        status="verified",
        source="Blanchflower and Oswald (1994)",
    )
    brokerage_effect: float = parameter(
        0.2,
        unit="1",
        ge=0,
        le=1,
        low=0,
        high=0.2,
        doc="Rise in residents' job finding when every business is engaged.",
        status="verified",
        source="range: Blundell et al. (2004), New Deal, about 20% of the base rate",
    )
    outside_response: float = parameter(
        6.0,
        unit="log chance per log jobs",
        ge=0,
        le=20,
        low=3,
        high=10,
        doc="Finding work outside to demand for labour in and around the place.",
        status="assumption",
        source="as the recession of 2008 is assumed to divide between work in a place and outside it (-0.04 and -0.25)",
    )
    claiming_elasticity: float = parameter(
        1.5,
        unit="1",
        ge=0.5,
        le=3,
        low=1.2,
        high=1.8,
        doc="Of claimants to the unemployed.",
        status="derived",
        source="England 2007-09: claimants 2.2 to 3.8% of residents, unemployed 5.3 to 7.7% of the active (ONS)",
    )

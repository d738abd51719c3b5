"""Conditions: what spending makes of neighbourhoods."""

from coalsim.scenario.parameter import ASSUMED, Strict, parameter


class Conditions(Strict):
    """How effective public spending moves the conditions of neighbourhoods."""

    eta: float = parameter(
        1.5,
        unit="1",
        ge=0.5,
        le=4,
        low=1,
        high=3,
        doc="Shape of returns: above 1 a range of increasing returns.",
        **ASSUMED,
    )
    rho: float = parameter(
        -1.0,
        unit="1",
        ge=-5,
        le=1,
        low=-3,
        high=1,
        doc="CES exponent of place quality: below 1 the weakest condition drags.",
        **ASSUMED,
    )
    speed_skills: float = parameter(
        0.012, unit="1/month", ge=0, le=1, low=0.005, high=0.02, doc="Skills condition.", **ASSUMED
    )
    speed_environment: float = parameter(
        0.05, unit="1/month", ge=0, le=1, low=0.02, high=0.1, doc="Environment condition.", **ASSUMED
    )
    speed_health: float = parameter(
        0.01, unit="1/month", ge=0, le=1, low=0.005, high=0.02, doc="Health condition.", **ASSUMED
    )
    speed_cohesion: float = parameter(
        0.03, unit="1/month", ge=0, le=1, low=0.01, high=0.06, doc="Cohesion condition.", **ASSUMED
    )
    speed_infrastructure: float = parameter(
        0.01, unit="1/month", ge=0, le=1, low=0.005, high=0.02, doc="Infrastructure condition.", **ASSUMED
    )
    spillover: float = parameter(
        0.003,
        unit="1/month",
        ge=0,
        le=0.2,
        low=0,
        high=0.01,
        doc="Pull of neighbouring conditions.",
        status="recall_unverified",
        source="NDC: diffusion of benefit, Whitworth and McLennan (2010), for direction",
    )
    unmet_effect: float = parameter(
        0.5,
        unit="condition per unit share",
        ge=0,
        le=2,
        low=0,
        high=1,
        doc="Fall of the condition that a body serves, in the long run, per share of its demand unmet.",
        **ASSUMED,
    )
    engagement_cohesion: float = parameter(
        0.2,
        unit="condition per unit share",
        ge=0,
        le=1,
        low=0,
        high=0.4,
        doc="Engaged residents to cohesion.",
        **ASSUMED,
    )

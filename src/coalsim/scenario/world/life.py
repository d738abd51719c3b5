"""Life: learning, illness, moving and engagement of residents."""

from coalsim.scenario.parameter import ASSUMED, Strict, parameter


class Life(Strict):
    """Learning, illness, moving and engagement of residents."""

    ageing: float = parameter(
        1 / 49 / 12,
        unit="1/month",
        ge=0,
        le=0.02,
        low=0.0015,
        high=0.0019,
        doc="Residents who pass 65 and are succeeded by a younger one.",
        status="derived",
        source="49 years from 16 to 64",
    )
    drift_sd: float = parameter(
        0.33,
        unit="national sd of deprivation",
        ge=0,
        le=2,
        low=0.2,
        high=1.0,
        doc="How far neighbourhoods change by themselves, standard deviation in the long run.",
        status="fitted",
        source="by hand, to how many neighbourhoods stay in the worst tenth and keep their rank (docs/validation.md)",
    )
    drift_persistence: float = parameter(
        0.978,
        unit="1 a month",
        ge=0,
        le=0.9999,
        low=0.96,
        high=0.995,
        doc="Of a neighbourhood's own change.",
        status="fitted",
        source="by hand, to how many neighbourhoods stay in the worst tenth and keep their rank (docs/validation.md)",
    )
    learning_rate: float = parameter(
        0.010,
        unit="1/year",
        ge=0,
        le=0.1,
        low=0.005,
        high=0.015,
        doc="Residents who rise one qualification level.",
        **ASSUMED,
    )
    learning_effect: float = parameter(
        1.5,
        unit="log rate per unit of condition",
        ge=0,
        le=6,
        low=0,
        high=3,
        doc="Skills condition to learning.",
        **ASSUMED,
    )
    recovery_rate: float = parameter(
        0.008, unit="1/month", gt=0, le=0.5, low=0.005, high=0.015, doc="End of a limiting illness.", **ASSUMED
    )
    illness_effect: float = parameter(
        0.7,
        unit="log rate per unit of condition",
        ge=0,
        le=6,
        low=0,
        high=2,
        doc="Health condition to falling ill.",
        status="recall_unverified",
        source="1 sd of area health about 3-5 pp of employment",
    )
    moving_effect: float = parameter(
        1.0,
        unit="log rate per unit of quality",
        ge=0,
        le=6,
        low=0,
        high=3,
        doc="Place quality to higher-qualified residents staying.",
        status="recall_unverified",
        source="Meen et al. (2005) for direction",
    )
    sorting_effect: float = parameter(
        1.0,
        unit="log odds a level per unit of quality",
        ge=0,
        le=6,
        low=0,
        high=3,
        doc="Place quality to newcomers' qualifications.",
        status="recall_unverified",
        source="Meen et al. (2005) for direction",
    )
    engaged_share: float = parameter(
        0.10, unit="1", ge=0.01, le=0.5, low=0.05, high=0.2, doc="Residents engaged at the start.", **ASSUMED
    )
    engagement_peer: float = parameter(
        0.5, unit="1", ge=0, le=3, low=0, high=1, doc="Social utility J of engaging.", **ASSUMED
    )
    engagement_effect: float = parameter(
        1.5, unit="field per unit of condition", ge=0, le=6, low=0, high=3, doc="Cohesion to engaging.", **ASSUMED
    )

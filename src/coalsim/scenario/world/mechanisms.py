"""Mechanisms: the strength of every feedback."""

from coalsim.scenario.parameter import ASSUMED, Strict, parameter


class Mechanisms(Strict):
    """Strength of each feedback: 1 as estimated, 0 off."""

    conditions_to_business: float = parameter(
        1,
        unit="1",
        ge=0,
        le=3,
        low=0,
        high=2,
        doc="Place quality and skills to jobs, entry, exit, sector mix.",
        **ASSUMED,
    )
    conditions_to_residents: float = parameter(
        1, unit="1", ge=0, le=3, low=0, high=2, doc="Conditions to learning, illness, moving and engagement.", **ASSUMED
    )
    brokerage: float = parameter(
        1, unit="1", ge=0, le=3, low=0, high=2, doc="Engaged businesses open vacancies to local people.", **ASSUMED
    )
    jobs_to_demand: float = parameter(
        1, unit="1", ge=0, le=2, low=0, high=1, doc="Residents' states to demand-led public spending.", **ASSUMED
    )
    local_multiplier: float = parameter(
        1, unit="1", ge=0, le=2, low=0, high=2, doc="Residents' employment to local demand.", **ASSUMED
    )
    joint_working: float = parameter(
        1, unit="1", ge=0, le=3, low=0, high=2, doc="Breadth of pooling to effective spend.", **ASSUMED
    )
    peer_influence: float = parameter(
        1, unit="1", ge=0, le=3, low=0, high=2, doc="Others' choices to the choice to join or engage.", **ASSUMED
    )
    trust_learning: float = parameter(1, unit="1", ge=0, le=3, low=0, high=2, doc="Outcomes seen to trust.", **ASSUMED)
    neighbourhood_spillover: float = parameter(
        1, unit="1", ge=0, le=3, low=0, high=2, doc="Conditions next door to conditions here.", **ASSUMED
    )
    displacement: float = parameter(
        1, unit="1", ge=0, le=1, low=0, high=1, doc="Share of mobile investment won from other places.", **ASSUMED
    )

"""Partnership: how partners, businesses and residents decide to work together."""

from pydantic import Field

from coalsim.scenario.parameter import ASSUMED, Strict, parameter


class Partnership(Strict):
    """How partners, businesses and residents decide to work together (Brock and Durlauf 2001)."""

    beta: float = parameter(1.0, unit="1", ge=0.01, le=10, low=0.5, high=2, doc="Intensity of choice.", **ASSUMED)
    peer: float = parameter(
        1.0, unit="1", ge=0, le=5, low=0.4, high=1.6, doc="Social utility J of choosing as the others do.", **ASSUMED
    )
    reluctance: float = parameter(
        -0.2,
        unit="field",
        ge=-3,
        le=3,
        low=-0.5,
        high=0.3,
        doc="Field against pooling with nothing on offer.",
        status="assumption",
        source=(
            "set so that about four in five partners pool under a four-block agreement in the four places (0.78 on average); "
            "88% of partnerships reported progress on joint funding (CLG LAA survey 2010)"
        ),
    )
    reconsidering_pool: float = parameter(
        0.25,
        unit="1/quarter",
        ge=0.01,
        le=1,
        low=0.1,
        high=0.5,
        doc="Public partners who reconsider in a quarter.",
        **ASSUMED,
    )
    leadership_effect: float = parameter(
        0.5, unit="field", ge=0, le=3, low=0.2, high=1, doc="Field of full leadership.", **ASSUMED
    )
    incentive_effect: float = parameter(
        15.0,
        unit="field per share of budget",
        ge=0,
        le=200,
        low=5,
        high=40,
        doc="Field per expected reward as a share of net budget.",
        **ASSUMED,
    )
    trust_effect: float = parameter(
        0.5, unit="field", ge=0, le=3, low=0.2, high=1, doc="Field of full trust.", **ASSUMED
    )
    mandate_effect: float = parameter(
        0.3,
        unit="field",
        ge=0,
        le=3,
        low=0.1,
        high=0.6,
        doc="Field against pooling of unaligned central targets.",
        **ASSUMED,
    )
    transaction_effect: float = parameter(
        2.0,
        unit="field per share",
        ge=0,
        le=20,
        low=0,
        high=5,
        doc="Field against pooling per transaction cost share.",
        **ASSUMED,
    )
    trust_rate: float = parameter(
        0.15, unit="1/quarter", ge=0, le=1, low=0.05, high=0.3, doc="Speed of learning trust.", **ASSUMED
    )
    trust_scale: float = parameter(
        40.0,
        unit="trust per unit of condition a year",
        ge=0,
        le=500,
        low=10,
        high=100,
        doc="Improvement seen that counts as full success is its inverse.",
        **ASSUMED,
    )
    transaction_cost: float = parameter(
        0.05,
        unit="1",
        ge=0,
        le=0.5,
        low=0.02,
        high=0.10,
        doc="Share of the pot spent on running the partnership.",
        **ASSUMED,
    )
    joint_working: float = parameter(
        0.02,
        unit="1",
        ge=-0.1,
        le=0.3,
        low=0,
        high=0.08,
        doc="Gain psi in effective spend at full breadth.",
        status="verified",
        source="HM Treasury/CLG Total Place (2010): 2% of spend; advocates 4-8%",
    )
    evidence_start: float = parameter(
        0.3, unit="1", ge=0, le=1, low=0.1, high=0.5, doc="Accuracy of targeting with no investment.", **ASSUMED
    )
    evidence_cost: float = parameter(
        100_000,
        unit="GBP a year",
        ge=1000,
        le=5_000_000,
        low=50_000,
        high=500_000,
        doc="Spend that closes half the gap in evidence.",
        status="derived",
        source="Audit Commission (2009): research budgets usually below GBP 50,000, one in ten above 500,000",
    )
    evidence_speed: float = parameter(
        0.5,
        unit="1/year",
        ge=0,
        le=1,
        low=0.2,
        high=1.0,
        doc="Yearly speed at which evidence follows its support.",
        **ASSUMED,
    )
    business_engaged_share: float = parameter(
        0.05, unit="1", ge=0.005, le=0.5, low=0.02, high=0.1, doc="Businesses engaged at the start.", **ASSUMED
    )
    business_peer: float = parameter(
        0.5, unit="1", ge=0, le=3, low=0, high=1, doc="Social utility J among businesses.", **ASSUMED
    )
    business_growth_effect: float = parameter(
        3.0, unit="field per log jobs", ge=0, le=20, low=1, high=6, doc="Expected growth to engaging.", **ASSUMED
    )
    reconsidering: float = parameter(
        0.25,
        unit="1/quarter",
        ge=0.01,
        le=1,
        low=0.1,
        high=0.5,
        doc="Businesses and residents who reconsider in a quarter.",
        **ASSUMED,
    )
    target_horizon: int = Field(36, ge=12, le=120, description="Months of an agreement's targets.")

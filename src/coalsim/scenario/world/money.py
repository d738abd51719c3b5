"""Money: settlements and the cost of failure."""

from typing import Any

from pydantic import Field, field_validator

from coalsim.names import BODIES
from coalsim.registry import nearest
from coalsim.scenario.errors import Misfit
from coalsim.scenario.parameter import ASSUMED, Strict, parameter


class Body(Strict):
    """Money of one kind of public body, per resident of all ages or per case."""

    base: float = parameter(
        0,
        unit="GBP per head and year",
        ge=0,
        le=10000,
        doc="Demand-led spend that does not vary with residents' states.",
        **ASSUMED,
    )
    per_unemployed: float = parameter(
        0, unit="GBP per case and year", ge=0, le=50000, doc="Reactive cost per unemployed resident.", **ASSUMED
    )
    per_ill: float = parameter(
        0,
        unit="GBP per case and year",
        ge=0,
        le=50000,
        doc="Reactive cost per resident aged 16-64 with a limiting illness.",
        **ASSUMED,
    )
    per_ill_inactive: float = parameter(
        0,
        unit="GBP per case and year",
        ge=0,
        le=50000,
        doc="Reactive cost per inactive resident with a limiting illness.",
        **ASSUMED,
    )
    per_unqualified: float = parameter(
        0,
        unit="GBP per case and year",
        ge=0,
        le=50000,
        doc="Reactive cost per resident without a qualification.",
        **ASSUMED,
    )
    per_low_cohesion: float = parameter(
        0,
        unit="GBP per head and unit shortfall and year",
        ge=0,
        le=10000,
        doc="Reactive cost of low cohesion, per head at zero cohesion.",
        **ASSUMED,
    )
    per_low_environment: float = parameter(
        0,
        unit="GBP per head and unit shortfall and year",
        ge=0,
        le=10000,
        doc="Reactive cost of a poor environment, per head at zero.",
        **ASSUMED,
    )
    reactive_share: float = parameter(
        0.9, unit="1", gt=0.05, lt=1, doc="Demand-led share of the budget at the start.", **ASSUMED
    )
    follows_demand: float = parameter(
        0.2,
        unit="1",
        ge=0,
        le=1,
        low=0,
        high=1,
        doc="Share of a change in demand that central government pays or takes back in the same month.",
        **ASSUMED,
    )
    mandate: float = parameter(
        0.5, unit="1", ge=0, le=1, low=0, high=1, doc="Weight of central targets on the body.", **ASSUMED
    )


def _bodies() -> dict[str, Body]:
    """Starting figures: totals near GBP 6,500 a head with Birmingham's reactive shares of 2008-09."""
    return {
        "schools_and_learning": Body(
            base=850, per_unqualified=1000, reactive_share=0.90, follows_demand=0.2, mandate=0.7
        ),
        "jobs_and_skills": Body(
            base=30, per_unemployed=7000, per_ill_inactive=6000, reactive_share=0.93, follows_demand=0.9, mandate=0.8
        ),
        "health": Body(base=1300, per_ill=3000, reactive_share=0.96, follows_demand=0.2, mandate=0.8),
        "police_and_safety": Body(base=120, per_low_cohesion=150, reactive_share=0.85, follows_demand=0.0, mandate=0.6),
        "environment": Body(base=150, per_low_environment=150, reactive_share=0.70, follows_demand=0.0, mandate=0.2),
        "housing_and_infrastructure": Body(
            base=500, per_unemployed=3000, per_ill_inactive=3000, reactive_share=0.80, follows_demand=0.6, mandate=0.3
        ),
        "business_support": Body(base=20, reactive_share=0.20, follows_demand=0.0, mandate=0.3),
        "council": Body(
            base=900, per_ill=2000, per_unemployed=2000, reactive_share=0.94, follows_demand=0.2, mandate=0.4
        ),
    }


class Money(Strict):
    """Settlements and the cost of failure."""

    bodies: dict[str, Body] = Field(default_factory=_bodies, description="Public bodies by name.")
    review_months: int = Field(36, ge=12, le=120, description="Months between spending reviews.")
    review_catch_up: float = parameter(
        0.5,
        unit="1",
        ge=0,
        le=1,
        low=0,
        high=1,
        doc="Share of a lasting change in demand that a spending review takes into the settlement.",
        **ASSUMED,
    )
    settlement_growth: float = parameter(
        0.0,
        unit="1/year",
        ge=-0.2,
        le=0.2,
        low=-0.04,
        high=0.04,
        doc="Real growth of discretionary settlements.",
        **ASSUMED,
    )
    rateable_value_per_job: float = parameter(
        1950,
        unit="GBP per job",
        ge=100,
        le=10000,
        low=1500,
        high=2500,
        doc="Business rates base.",
        status="recall_unverified",
        source="2005 rating list over workplace jobs",
    )

    @field_validator("bodies", mode="before")
    @classmethod
    def _complete(cls, bodies: Any) -> Any:
        """A world names only what it changes: other bodies, and other figures of a body, keep their defaults."""
        if not isinstance(bodies, dict):
            return bodies
        for name in bodies:
            if name not in BODIES:
                near = nearest(str(name), BODIES)
                hint = f"did you mean {near!r}?" if near else f"known: {', '.join(BODIES)}"
                raise Misfit("there is no such body", name, hint=hint)
        given = {name: bodies.get(name, {}) for name in BODIES}
        return {
            name: {**dict(default), **given[name]} if isinstance(given[name], dict) else given[name]
            for name, default in _bodies().items()
        }

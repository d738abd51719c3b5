"""Small scenarios drawn by Hypothesis, and all that a run has made of each place, for comparing runs exactly.

Places are real ones with other figures, worlds any within declared ranges, policies any within bounds; a few hundred
residents are simulated for a few months.
"""

from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from coalsim import Business, CoalitionModel, Policy, Resident
from coalsim.loading import load_scenario
from coalsim.names import SECTORS
from coalsim.policies import instruments
from coalsim.policies.where import Where
from coalsim.scenario.calendar import Month
from coalsim.scenario.parameter import Fact, declared
from coalsim.scenario.place import Place
from coalsim.scenario.schema import Scenario, Success
from coalsim.scenario.world import World

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
REAL = load_scenario(SCENARIOS / "four_places.yaml").places
NAMES = ("Ayton", "Beeford", "Cotness")
START = Month.parse("2006-01")
FEWEST, MOST = 3, 14  # months

law = settings(max_examples=settings().max_examples // 30)


# Places


def share(low=0.0, high=1.0):
    """A share strictly between 0 and 1."""
    return st.floats(max(low, 0.001), min(high, 0.999))


def fact(value):
    return Fact(value=value, source="drawn", status="assumption")


def facts(model, **values):
    """A part of a place with some figures replaced; those not drawn keep what the real place has."""
    return type(model).model_validate({**dict(model), **{name: fact(value) for name, value in values.items()}})


@st.composite
def residents(draw, real, population):
    """Who lives there; figures that bound one another are drawn together."""
    active, unemployed = draw(st.floats(0.4, 0.979)), draw(share(0.005, 0.3))
    unqualified = draw(share(0.01, 0.6))
    return facts(
        real,
        population=population,
        share_working_age=draw(share(0.4, 0.8)),
        employment_rate=active * (1 - unemployed),
        unemployment_rate=unemployed,
        claimant_rate=draw(share(high=0.3)),
        no_qualifications=unqualified,
        level_4=draw(share(high=0.89 - unqualified)),
        limiting_illness=draw(share(0.01, 0.5)),
        moving_out=draw(share(high=0.4)),
        job_finding=draw(share(0.01, 0.6)),
    )


@st.composite
def economies(draw, real, population):
    weights = draw(st.lists(st.integers(0, 20), min_size=6, max_size=6).filter(any))
    found = facts(
        real,
        jobs=max(1000, round(population * draw(st.floats(0.1, 1.2)))),
        in_commuting=draw(share()),
        in_commuting_higher=draw(share()),
        gva_per_job=draw(st.floats(1000, 200_000)),
    )
    sectors = {name: fact(weight / sum(weights)) for name, weight in zip(SECTORS, weights)}
    return type(real).model_validate({**dict(found), "sectors": sectors})


@st.composite
def deprivations(draw, real):
    shares = sorted(draw(st.lists(st.floats(0, 1), min_size=5, max_size=5)))
    names = [f"share_worst_{percent}" for percent in (5, 10, 20, 30, 50)]
    return facts(
        real, mean_score=draw(st.floats(2, 70)), morans_i=draw(st.floats(-0.2, 0.8)), **dict(zip(names, shares))
    )


@st.composite
def places(draw, name, code, any_work=True):
    """A real place, or one with other figures; work and commuting stay real unless `any_work`."""
    real = draw(st.sampled_from(REAL))
    neighbourhoods = draw(st.integers(1, 8))
    population = max(1000 if any_work else 4000, round(1500 * neighbourhoods * draw(st.floats(0.5, 2))))
    lives, works, deprivation, governance = real.residents, real.economy, real.deprivation, real.governance
    jobs = max(1000, round(works.jobs.value / lives.population.value * population))  # a place has no fewer
    lives, works = facts(lives, population=population), facts(works, jobs=jobs)
    if draw(st.booleans()):
        if any_work:
            lives, works = draw(residents(lives, population)), draw(economies(works, population))
        deprivation = draw(deprivations(deprivation))
        governance = governance.model_copy(
            update={"neighbourhood_renewal": draw(st.booleans()), "leadership": fact(draw(st.floats(0, 1)))}
        )
    parts = {"residents": lives, "economy": works, "deprivation": deprivation, "governance": governance}
    return Place.model_validate({**dict(real), "name": name, "code": code, "neighbourhoods": neighbourhoods, **parts})


# Worlds


RANGES = {one.path: (one.low, one.high) for one in declared(World) if one.low is not None and one.high is not None}
MECHANISMS = [path for path in RANGES if path.startswith("mechanisms.")]
OFF = [f"{part}.{what}" for part, what in (("life", "drift_sd"), ("enterprise", "local_demand_sd"))]


def nested(values):
    """Dotted paths as mappings within mappings."""
    whole = {}
    for path, value in values.items():
        *steps, last = path.split(".")
        inside = whole
        for step in steps:
            inside = inside.setdefault(step, {})
        inside[last] = value
    return whole


@st.composite
def shocks(draw, first=-6, last=MOST, most=0.5):
    """A national shock to jobs of at most so much that begins so many months after `START`."""
    return {
        "name": "a shock",
        "start": str(START + draw(st.integers(first, last))),
        "rise_months": draw(st.integers(1, 6)),
        "hold_months": draw(st.integers(0, 6)),
        "fade_months": draw(st.integers(1, 12)),
        "jobs": draw(st.floats(-most, most)),
        "outside_work": draw(st.floats(-0.9, 1)),
        "job_loss": draw(st.floats(0, 0.05)),
    }


@st.composite
def worlds(draw, mechanisms=True, most=0.5):
    """Any world: some parameters anywhere in their range, luck of places on or off, mechanisms weak, strong or off.

    A shock changes jobs by at most `most`.
    """
    off = dict.fromkeys(MECHANISMS, 0.0)
    choice = draw(st.sampled_from(["as estimated", "drawn", "off"])) if mechanisms else "off"
    values = off if choice == "off" else {}
    if choice == "drawn":
        values = {path: draw(st.one_of(st.just(0.0), st.floats(*RANGES[path]))) for path in MECHANISMS}
    others = [path for path in RANGES if path not in MECHANISMS]
    for path in draw(st.lists(st.sampled_from(others), max_size=6, unique=True)):
        values[path] = draw(st.floats(*RANGES[path]))
    values |= dict.fromkeys(draw(st.lists(st.sampled_from(OFF), max_size=2, unique=True)), 0.0)
    whole = nested(values) | {"name": "drawn"}
    whole["shocks"] = draw(st.lists(shocks(most=most), max_size=2))
    money = whole.setdefault("money", {})
    money["review_months"] = draw(st.sampled_from([12, 36]))  # twelve months reach the first review
    return World.model_validate(whole)


# Policies


def bounds(field):
    """The least and largest value of a setting."""
    low, high = 0, None
    for bound in field.metadata:
        low = getattr(bound, "ge", getattr(bound, "gt", low))
        high = getattr(bound, "le", getattr(bound, "lt", high))
    return low, high


def setting(field):
    """Any value that a setting of an instrument may have, `start`, `end` and `ramp` aside."""
    low, high = bounds(field)
    if field.annotation is bool:
        return st.booleans()
    if field.annotation is int:
        return st.integers(low, min(high, 36))
    if field.annotation is float:
        return st.one_of(
            st.just(field.default), st.floats(low, high, exclude_min=any(hasattr(m, "gt") for m in field.metadata))
        )
    return st.sampled_from(field.annotation.__args__)  # a choice of words


@st.composite
def settings_of(draw, name, first=0, last=MOST, **fixed):
    """Settings of an instrument that starts within the months given."""
    start = draw(st.integers(first, last))
    end = draw(st.one_of(st.none(), st.integers(start + 1, start + 2 * MOST)))
    ramp = 0 if name == "reward_grant" else draw(st.integers(0, 4))
    fields = {key: one for key, one in instruments[name].model_fields.items() if key not in ("start", "end", "ramp")}
    own = {key: fixed[key] if key in fixed else draw(setting(one)) for key, one in fields.items()}
    return {"start": start, "end": end, "ramp": ramp, **own}


EVERYWHERE = st.none()


@st.composite
def policies(draw, where=EVERYWHERE, most=3, **dates):
    """One to `most` instruments with any dates and sizes, adopted anywhere."""
    names = draw(st.lists(st.sampled_from(sorted(instruments)), min_size=1, max_size=most, unique=True))
    chosen = {name: draw(settings_of(name, **dates)) for name in names}
    return Policy.model_validate({"name": "drawn", "where": draw(where), "instruments": chosen})


def wheres(drawn):
    """Any way of saying which of the places adopt; None where all do."""
    names = [place.name for place in drawn]
    some = st.integers(1, len(drawn))
    ways = [
        st.none(),
        st.lists(st.sampled_from(names), min_size=1, unique=True).map(lambda chosen: Where(places=chosen)),
        some.map(lambda n: Where(most_deprived=n)),
        st.builds(lambda n, draw: Where(at_random=n, draw=draw), some, st.integers(0, 99)),
    ]
    if any(place.governance.neighbourhood_renewal for place in drawn):
        ways.append(st.just(Where(renewal_areas=True)))
    return st.one_of(ways)


def codes(number):
    """Codes of so many places: what keys their draws."""
    return st.lists(st.from_regex(r"[0-9A-Z]{4}", fullmatch=True), min_size=number, max_size=number, unique=True)


NOTHING = Policy(name="nothing")
seeds = st.integers(0, 2**64 - 1)


@st.composite
def scenarios(draw, fewest=1, most=3, borders=("closed", "investment", "open"), world=worlds, policy=policies, **fixed):
    """A scenario of a few small places with a counterfactual `nothing` and an option `drawn`."""
    border = draw(st.sampled_from(borders))
    is_nation = border == "open"
    number = draw(st.integers(max(fewest, 1 + is_nation), most))
    drawn = [draw(places(name, code, any_work=not is_nation)) for name, code in zip(NAMES, draw(codes(number)))]
    # A nation in which fewer residents work elsewhere than commuters lose posts in a month cannot balance, and fails
    # (docs/odd.md, 8.9): its work is real, its residents are more and its shocks mild.
    needed = max(20 * place.neighbourhoods / place.adults for place in drawn) * (4 if is_nation else 1)
    months = draw(st.integers(FEWEST, MOST))
    usual = drawn[0].residents.employment_rate.value  # near it places come to be self-sustaining, and tip
    success = Success(
        employment_rate=usual + draw(st.floats(-0.02, 0.02)), effective_sectors=1, severe_deprivation=1, temporary_support=1,
        months_running=1, months_after=draw(st.integers(0, 2)),
    )  # fmt: skip
    whole = {
        "name": "drawn",
        "places": drawn,
        "world": draw(world(most=0.05 if is_nation else 0.5)),
        "start": str(START + draw(st.integers(0, 11))),
        "months": months,
        "options": {"nothing": NOTHING, "drawn": draw(policy(where=wheres(drawn)))},
        "sample": min(1.0, needed * draw(st.floats(1.001, 2))),
        "budget_neutral": draw(st.booleans()),
        "borders": border,
        "success": success,
    }
    return Scenario.model_validate(whole | fixed)


# Runs


def run(scenario, policy="drawn", seed=0, months=None, **more):
    """A model after its last month, or an earlier one."""
    model = CoalitionModel(scenario, policy=policy, rng=seed, **more)
    return go_on(model, scenario.months if months is None else months)


def go_on(model, month):
    while model.month < month:
        model.step()
    return model


def with_(scenario, **changes):
    """A scenario with some fields replaced, validated anew."""
    return Scenario.model_validate({**dict(scenario), **changes})


def told(model, *, verdict=True):
    """All that a run has made of each place, by code, whatever the place is called and wherever it stands.

    Without `verdict` it leaves out what depends on when time-limited money ends: whether and when a place has tipped.
    """
    ledger = model.ledger.table()
    return {
        place.place.code: dict(_of_place(model, k, place, ledger, verdict)) for k, place in enumerate(model.localities)
    }


OF_PLACE = (
    "condition",
    "quality",
    "deprivation",
    "spend",
    "need",
    "luck",
    "outlook",
    "hired",
    "resident_flows",
    "business_flows",
)


def _of_place(model, k, place, ledger, verdict):
    values = model.indicators.array()[:, k]
    yield from ((f"indicator {name}", values[:, i]) for i, name in enumerate(model.indicators.names))
    people, firms = model.tables[Resident], model.tables[Business]
    for name in people:
        column = people[name][place.homes]
        if name == "employer":
            column = np.where(column >= 0, column - place.slots.start, column)
        elif name == "neighbourhood":
            column = column - place.rows.start
        yield f"resident {name}", column
    is_alive = firms["is_alive"][place.slots]
    yield "slots", is_alive
    yield from ((f"business {name}", firms[name][place.slots][is_alive]) for name in firms)
    for name in OF_PLACE:
        yield f"place {name}", getattr(place, name)
    for body in place.partners:
        now = (
            body.settlement,
            body.demand_now,
            body.is_member,
            body.joined_month,
            body.trust,
            body.pooled,
            body.unmet_share,
        )
        yield f"body {body.name}", np.array([np.nan if x is None else x for x in now])
    coalition = place.coalition
    yield "evidence", np.array([coalition.evidence, coalition.breadth, coalition.pot])
    yield "targets", [*coalition.targets, *coalition.attainment.items()]
    yield "promised", sorted(coalition.promised)
    payments = ledger[ledger["locality"] == place.name].drop(columns="locality")
    yield "ledger", sorted(payments.itertuples(index=False, name=None))
    yield "events", [(m, kind, text) for m, name, kind, text in model.events if name == place.name and kind != "tipped"]
    if verdict:
        yield "tipped", place.tipped_month
        yield "tippings", [m for m, name, kind, _ in model.events if name == place.name and kind == "tipped"]


def differences(one, other, *, besides=()):
    """What differs between two tellings, a line each; `besides` names what may, by how the name begins."""
    assert one.keys() == other.keys()
    found = []
    for code, ours in one.items():
        theirs = other[code]
        assert ours.keys() == theirs.keys()
        for what, value in ours.items():
            if not what.startswith(tuple(besides)) and not same(value, theirs[what]):
                found.append(f"{code}: {what}")
    return found


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return a == b

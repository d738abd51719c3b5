"""Folders of files that are valid, drawn from the declarations of the schema, and nearly valid ones, in which one thing is wrong.

A folder is a mapping of file names to what YAML would give; its first file is the one that is read.
"""

import copy
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import assume
from hypothesis import strategies as st
from pydantic import BaseModel

import coalsim.policies  # noqa: F401  (makes the instruments known)
from coalsim.indicators import indicators
from coalsim.names import SECTORS
from coalsim.policies.policy import instruments
from coalsim.scenario.parameter import declared
from coalsim.scenario.schema import Success
from coalsim.scenario.world import World

type Folder = dict[str, dict[str, Any]]

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=12).filter(str.strip)
RANGES = {f"world.{one.path}": one for one in declared(World) if one.low is not None and "*" not in one.path}
# Held by another rule, too, or of so many steps that only long runs hold them.
RULED = ("conditions.", "partnership.target_horizon", "money.review_months")


def between(field) -> st.SearchStrategy:
    """Values of a field within its bounds."""
    low = next((m.ge if isinstance(m, Ge) else m.gt for m in field.metadata if isinstance(m, Ge | Gt)), 0)
    high = next((m.le if isinstance(m, Le) else m.lt for m in field.metadata if isinstance(m, Le | Lt)), 1)
    open_low, open_high = (any(isinstance(m, kind) for m in field.metadata) for kind in (Gt, Lt))
    if field.annotation is bool:
        return st.booleans()
    if get_origin(field.annotation) is Literal:
        return st.sampled_from(get_args(field.annotation))
    if field.annotation is int:
        return st.integers(low, high)
    return st.floats(low, high, exclude_min=open_low, exclude_max=open_high, allow_subnormal=False)


def some(model: type[BaseModel], most: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """A few plain fields of a model."""
    plain = {
        name: between(field)
        for name, field in model.model_fields.items()
        if field.annotation in (bool, int, float) or get_origin(field.annotation) is Literal
    }
    names = st.lists(st.sampled_from(sorted(plain)), unique=True, max_size=most)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: plain[name] for name in chosen}))


def facts(low: float, high: float, whole: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    value = st.integers(int(low), int(high)) if whole else st.floats(low, high).map(lambda x: float(f"{x:.6g}"))
    return value.map(
        lambda x: {"value": x, "low": x - 1, "high": x, "year": 2006, "source": "x", "status": "assumption"}
    )


@st.composite
def places(draw, number: int) -> dict[str, Any]:
    share = lambda low=0.05, high=0.4: draw(facts(low, high))  # noqa: E731
    nested = sorted(draw(st.lists(st.floats(0, 1).map(lambda x: round(x, 4)), min_size=5, max_size=5)))
    cuts = sorted(draw(st.lists(st.integers(1, 99), min_size=5, max_size=5)))
    parts = [b - a for a, b in zip([0, *cuts], [*cuts, 100])]
    place = {
        "name": draw(TEXTS) + f" {number}",
        "code": f"{draw(st.integers(0, 99)):02d}F{number}",
        "neighbourhoods": draw(st.integers(1, 12)),
        "residents": {
            "population": draw(facts(1000, 30_000, whole=True)), "share_working_age": share(0.5, 0.7),
            "employment_rate": share(0.5, 0.8), "unemployment_rate": share(0.01, 0.15), "claimant_rate": share(0.005, 0.1),
            "no_qualifications": share(), "level_4": share(), "limiting_illness": share(), "moving_out": share(0.01, 0.1),
            "job_finding": share(), "weekly_pay": share(200, 800),
        },
        "deprivation": {
            "mean_score": share(5, 60), "morans_i": share(-0.2, 0.8),
            **{f"share_worst_{k}": {"value": value, "source": "x", "status": "computed"}
               for k, value in zip((5, 10, 20, 30, 50), nested)},
        },
        "economy": {
            "jobs": draw(facts(1000, 20_000)), "in_commuting": share(), "in_commuting_higher": share(),
            "gva_per_job": share(10_000, 90_000),
            "sectors": {name: {"value": part / 100, "source": "x", "status": "derived"} for name, part in zip(SECTORS, parts)},
        },
        "governance": {"leadership": share(0, 1), "net_budget": share(1e5, 1e9), "neighbourhood_renewal": draw(st.booleans())},
    }  # fmt: skip
    if draw(st.booleans()):
        place["calibration"] = {"separation": draw(st.floats(0.3, 2)), "entry": draw(st.floats(0.3, 2))}
    return place


@st.composite
def worlds(draw, number: int) -> dict[str, Any]:
    world: dict[str, Any] = {"name": draw(TEXTS) + str(number)}
    for part in ("mechanisms", "labour", "enterprise", "life", "partnership"):
        if draw(st.booleans()):
            world[part] = draw(some(World.model_fields[part].annotation))
    if draw(st.booleans()):
        world["conditions"] = {"speed_health": draw(st.floats(0, 0.8)), "spillover": draw(st.floats(0, 0.2))}
    if draw(st.booleans()):
        whole = st.integers(1, 24)
        shock = {
            "name": draw(TEXTS), "start": f"200{draw(st.integers(0, 9))}-{draw(st.integers(1, 12)):02d}",
            "rise_months": draw(whole), "fade_months": draw(whole), "jobs": draw(st.floats(-0.5, 0.5)),
            "outside_work": draw(st.floats(-0.9, 1)), "job_loss": draw(st.floats(0, 0.05)),
        }  # fmt: skip
        world["shocks"] = [shock]
        world["provenance"] = {"shocks.0.jobs": draw(TEXTS)}
    return world


@st.composite
def policies(draw, number: int) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(sorted(instruments)), unique=True, max_size=5))
    given: dict[str, Any] = {}
    for name in chosen:
        start, length = draw(st.integers(0, 24)), draw(st.none() | st.integers(1, 60))
        given[name] = {**draw(some(instruments[name])), "start": start, "ramp": draw(st.integers(0, 240))}
        if name == "reward_grant":  # offered whole or not at all
            del given[name]["ramp"]
        if length is not None:
            given[name]["end"] = start + length
        else:
            given[name].pop("end", None)
    return {"name": draw(TEXTS) + str(number), "summary": draw(TEXTS), "instruments": given}


@st.composite
def scenarios(draw) -> Folder:
    """A scenario of one or a few places, in two worlds and with two or three options."""
    n_places, n_options = draw(st.integers(1, 2)), draw(st.integers(2, 3))
    folder: Folder = {f"scenarios/places/p{k}.yaml": draw(places(k)) for k in range(n_places)}
    folder |= {f"scenarios/worlds/w{k}.yaml": draw(worlds(k)) for k in range(2)}
    folder |= {f"scenarios/policies/o{k}.yaml": draw(policies(k)) for k in range(n_options)}
    fewest = min(
        one["residents"]["population"]["value"] * one["residents"]["share_working_age"]["value"] / one["neighbourhoods"]
        for name, one in folder.items()
        if "/places/" in name
    )
    assume(fewest > 21.1)  # so that sizes above the sample differ
    named = [f"places/p{k}.yaml" for k in range(n_places)]
    scenario = {
        "name": draw(TEXTS), **({"place": named[0]} if n_places == 1 else {"places": named}), "world": "worlds/w0.yaml",
        "start": f"200{draw(st.integers(0, 9))}-{draw(st.integers(1, 12)):02d}", "months": draw(st.integers(24, 120)),
        "options": [f"policies/o{k}.yaml" for k in range(n_options)], "sample": 21 / fewest,
        "replicates": draw(st.integers(1, 5)), "borders": draw(st.sampled_from(["closed", "investment", "open"])),
        "budget_neutral": draw(st.booleans()),
    }  # fmt: skip
    if draw(st.booleans()):
        scenario["success"] = draw(some(Success))
    if draw(st.booleans()):
        scenario["overrides"] = draw(st.dictionaries(st.just("months"), st.integers(24, 120)))
    if draw(st.booleans()):
        where = {"at_random": draw(st.integers(1, n_places)), "draw": draw(st.integers(0, 9))}
        folder[f"scenarios/policies/o{n_options - 1}.yaml"]["where"] = where
    if draw(st.booleans()):  # the same, written as an overlay
        folder["scenarios/base.yaml"] = scenario
        scenario = {"extends": "base.yaml", "question": draw(TEXTS)}
    return {"scenarios/s.yaml": scenario, **folder}


@st.composite
def experiments(draw) -> Folder:
    """An experiment of any kind with a scenario."""
    folder = draw(scenarios())
    places = [one["name"] for name, one in folder.items() if "/places/" in name]
    last = (
        max(name for name in folder if "/policies/" in name).removeprefix("scenarios/policies/").removesuffix(".yaml")
    )
    kind = draw(st.sampled_from(["compare", "calibrate", "tipping", "sensitivity", "discover"]))
    file: dict[str, Any] = {
        "kind": kind, "name": draw(TEXTS), "scenario": "../scenarios/s.yaml", "seed": draw(st.integers(0, 10**17)),
    }  # fmt: skip
    paths = draw(st.lists(st.sampled_from(sorted(RANGES)), unique=True, min_size=1, max_size=3))
    paths = [path for path in paths if "speed_" not in path and "spillover" not in path] or [
        "world.labour.direct_moves"
    ]
    outputs = st.sampled_from(sorted(indicators))
    ends = st.sampled_from(["", "@end", "@max", "@min", "@mean", "@month=12", "@change", "@growth"])
    looked_at = draw(st.lists(st.tuples(outputs, ends).map("".join), unique=True, min_size=1, max_size=3))
    ranges = {path: {"low": RANGES[path].low, "high": RANGES[path].high} for path in paths}
    either = {path: draw(st.sampled_from([{}, spread])) for path, spread in ranges.items()}
    match kind:
        case "compare":
            file |= {
                "outputs": looked_at,
                "replicates": draw(st.integers(2, 9)),
                "worlds": ["w0", "w1"][: draw(st.integers(0, 2))],
                "factors": {path: {**spread, "levels": 2} for path, spread in ranges.items()},
                "precision": {looked_at[0]: draw(st.floats(1e-6, 1e6))},
                "interval": draw(st.sampled_from(["t", "bootstrap"])),
            }
        case "calibrate":
            target = {
                "output": draw(outputs),
                "value": draw(st.floats(-1e6, 1e6)),
                "tolerance": draw(st.floats(1e-6, 1e6)),
            }
            if draw(st.booleans()):
                target["place"] = draw(st.sampled_from(places))
            file |= {"parameters": either, "targets": [target], "runs": 10_000, "world": "w1"}
        case "tipping":
            levers = dict(list(ranges.items())[: draw(st.integers(0, 3))])
            sample = next(file["sample"] for file in folder.values() if "sample" in file)
            file |= {
                "sizes": [sample, (sample + 1) / 2, 1],
                "levers": levers,
                "withdrawn": [12, 23],
                "place": places[0],
                "runs": 10_000,
                "knock_out": draw(st.booleans()),
                "outputs": [looked_at[0].partition("@")[0]],
                "policy": last,
            }
        case _:
            file |= {
                "factors": either,
                "outputs": looked_at,
                "against": draw(st.sampled_from([None, "o0"])),
                "policy": last,
                "level": draw(st.floats(0.51, 0.99)),
                "place": draw(st.sampled_from([None, *places])),
            }
            if kind == "sensitivity":
                file["method"] = draw(st.sampled_from(["two_stage", "sobol", "morris", "delta", "pawn", "rbd_fast"]))
            else:
                file["cases"] = {draw(TEXTS): {"output": looked_at[0], "at_least": draw(st.floats(-1e9, 1e9))}}
    return {"experiments/e.yaml": {key: value for key, value in file.items() if value is not None}, **folder}


def parts(node: Any, at: tuple = ()) -> list[tuple]:
    """Where every value inside a mapping or list is."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [inner for key, value in members for inner in ((*at, key), *parts(value, (*at, key)))]


WRONG = st.sampled_from(
    [None, True, False, 0, 1, -1, 2, 0.5, 1.5, -0.001, 1e9, 1e300, -1e300, float("nan"), float("inf"), 10**17, 10**30, "", "no",
     "1", "nobody", "x" * 3000, "../../x.yaml", "o0", "p0", "w0", "2006-13", "jobs@never", "world.", "policy.single_pot", [], {},
     [1], [[]], {"a": 1}, {"low": 1}, {"value": 1}, {"extends": "s.yaml"}, ["jobs", "jobs"], "\u202e", "\u0440\u0430rtners"]
)  # fmt: skip


@st.composite
def nearly(draw, folders) -> Folder:
    """The same with one thing, or two, that may be wrong: of another type, out of bounds, misspelt, missing or too much."""
    folder = copy.deepcopy(draw(folders))
    for _ in range(draw(st.integers(1, 2))):
        file = folder[draw(st.sampled_from(sorted(folder)))]
        where = parts(file)
        if not where:
            continue
        *above, key = draw(st.sampled_from(where))
        holder: Any = file
        for step in above:
            holder = holder[step]
        value = holder[key]
        match draw(st.sampled_from(["value", "value", "number", "drop", "rename", "more", "double"])):
            case "value":
                holder[key] = draw(WRONG)
            case "number" if isinstance(value, int | float) and not isinstance(value, bool):
                holder[key] = draw(st.sampled_from([-value, value * 100, value + 1, value - 1, value / 3, str(value)]))
            case "drop":
                del holder[key]
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from([f"{key}s", f"{key}"[:-1], f"{key}".upper(), "extends", "name"]))] = (
                    holder.pop(key)
                )
            case "more" if isinstance(value, dict):
                value[draw(TEXTS)] = draw(WRONG)
            case "double" if isinstance(holder, list):
                holder.append(value)
    return folder


class _Quoting(yaml.SafeDumper):
    """Quotes every text, since PyYAML holds some for texts that are numbers in YAML 1.2, such as 1e9."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def write(folder: Folder, there: Path) -> Path:
    """Write the files; the one that is read."""
    for name, content in folder.items():
        path = there / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.dump(content, Dumper=_Quoting, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return there / next(iter(folder))

"""Declarations carry what tables, charts and sensitivity analysis read from them."""

from enum import StrEnum

import pytest
from pydantic import Field, ValidationError
from scenario_town import Population, Town

from coalsim.scenario.parameter import Fact, Strict, declared, parameter


class Body(Strict):
    base: float = parameter(0, unit="GBP/year", ge=0, doc="Base spend.", low=0, high=10)


class World(Strict):
    bodies: dict[str, Body] = Field(default_factory=lambda: {"health": Body(base=5), "police": Body(base=3)})
    others: list[Body] = []
    main: Body = Body(base=7)
    spare: Body | None = None
    parts: "dict[str, World]" = {}


def test_a_parameter_declares_itself():
    engaged = next(p for p in declared(Population) if p.path == "engaged")
    assert (engaged.default, engaged.unit, engaged.status, engaged.source) == (0.1, "1", "assumption", "test")
    residents = next(p for p in declared(Population) if p.path == "residents")
    assert (residents.low, residents.high, residents.doc) == (500, 2000, "Residents aged 16 to 64.")


def test_parameters_are_found_by_dotted_path_in_every_part():
    paths = [p.path for p in declared(Town)]
    assert {"months", "population.residents", "councils.*.budget", "policy.share", "policy.rate"} <= set(paths)
    assert len(set(paths)) == len(paths)


def test_the_default_is_the_one_of_the_part_that_holds_it():
    defaults = {p.path: p.default for p in declared(World)}
    assert defaults == {
        "bodies.health.base": 5, "bodies.police.base": 3, "others.*.base": 0, "main.base": 7, "spare.base": 0,
    }  # fmt: skip
    assert next(p for p in declared(Town) if p.path == "councils.*.budget").default is ...


@pytest.mark.parametrize(
    "wrong",
    [
        {"default": 2, "ge": 3}, {"default": 2, "le": 1}, {"default": 2, "low": 3, "high": 4},
        {"default": 2, "low": 0, "ge": 1},
        {"default": ..., "low": 3, "high": 2}, {"default": 2, "status": "guess"},
        {"default": 2, "unit": ""}, {"default": 2, "doc": ""},
    ],
)  # fmt: skip
def test_a_declaration_that_contradicts_itself_is_refused(wrong):
    with pytest.raises(ValueError, match=r"disagree|unit|status"):
        parameter(**{"unit": "1", "doc": "A share."} | wrong)


def test_bounds_may_be_open():
    class Model(Strict):
        share: float = parameter(0.5, unit="1", doc="A share.", gt=0, lt=1)

    for value in (0, 1):
        with pytest.raises(ValidationError):
            Model(share=value)


class Colour(StrEnum):
    RED = "red"


class Shapes(Strict):
    number: float = 0
    whole: int = 0
    pair: tuple[float, float] = (0, 0)
    names: frozenset[str] = frozenset()


def test_what_yaml_cannot_write_is_taken_from_a_list():
    shapes = Shapes.model_validate({"number": 3, "pair": [1, 2.5], "names": ["a"]})
    assert (shapes.number, shapes.pair, shapes.names) == (3.0, (1, 2.5), {"a"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "3"},
        {"number": True},
        {"whole": 3.0},
        {"whole": True},
        {"pair": ["1", 2]},
        {"names": [1]},
        {"other": 1},
    ],
)
def test_nothing_is_converted(wrong):
    with pytest.raises(ValidationError):
        Shapes.model_validate(wrong)


def test_a_fact_lies_in_its_range():
    fact = {"value": 5, "source": "ONS", "status": "verified"}
    assert Fact.model_validate(fact | {"low": 4, "high": 5}).value == 5
    for wrong in ({"low": 6}, {"high": 4}, {"low": 6, "high": 4}, {"status": "sure"}, {"value": float("nan")}):
        with pytest.raises(ValidationError):
            Fact.model_validate(fact | wrong)

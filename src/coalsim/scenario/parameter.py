"""Parameters and facts: numbers that carry their unit, meaning, range and source."""

import types
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

from coalsim.scenario.errors import Misfit

# What a parameter without evidence says of itself: `parameter(0.3, ..., **ASSUMED)`.
ASSUMED: dict[str, Any] = {"status": "assumption", "source": "coalsim; no direct evidence found"}

# Names and questions are shown as they are written: no control characters, which could steer a terminal.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"

STATUSES = ("verified", "derived", "recall_unverified", "assumption", "fitted")

# The mappings that are being validated, each with the model that looked at it, so that a message can name
# the keys, units and meanings of that model. None outside `validate`.
looked_at: ContextVar[list[tuple[Mapping[Any, Any], type[BaseModel]]] | None] = ContextVar("looked_at", default=None)


def _admit_lists(schema: Any) -> None:
    """Let a YAML list stand for a tuple or set, which YAML cannot write; the items stay strict."""
    if isinstance(schema, dict):
        if schema.get("type") in ("tuple", "set", "frozenset"):
            schema["strict"] = False
        for key, part in schema.items():
            if key != "metadata":
                _admit_lists(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            _admit_lists(part)


class Strict(BaseModel):
    """A part of a scenario: no unknown keys, no conversions, finite numbers only, fixed once made.

    A whole number may stand for a float, a list for a tuple or set. Choices are a Literal, not an Enum.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, str_max_length=2000)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _admit_lists(schema)
        return schema

    @model_validator(mode="before")
    @classmethod
    def _note_what_is_looked_at(cls, data: Any) -> Any:
        note(data, cls)
        return data


def note(data: Any, model: type[BaseModel]) -> None:
    """Remember what is being validated; apart from the class, since one made in a notebook is pickled with all it refers to."""
    notes = looked_at.get()
    if notes is not None and isinstance(data, Mapping):
        notes.append((data, model))


class Fact(Strict):
    """One figure of a place, with where it comes from and how sure it is."""

    value: float = Field(description="The figure, in its unit.")
    unit: str = Field("", description="Unit; empty when the key names it.")
    year: int | None = Field(None, description="Year to which the figure refers.")
    source: str = Field(description="Publication or table, exactly enough to find it again.")
    status: Literal["verified", "derived", "computed", "recall_unverified", "assumption", "fitted"] = Field(
        description="How the figure was obtained."
    )
    low: float | None = Field(None, description="Lower end of the range of uncertainty.")
    high: float | None = Field(None, description="Upper end of the range of uncertainty.")
    note: str = Field("", description="Anything a reader should know.")

    @model_validator(mode="after")
    def _lies_in_its_range(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise Misfit(f"{self.low:.12g} is above high, {self.high:.12g}", "low")
        if self.low is not None and self.value < self.low:
            raise Misfit(f"{self.value:.12g} is below the low end of its own range, {self.low:.12g}", "value")
        if self.high is not None and self.value > self.high:
            raise Misfit(f"{self.value:.12g} is above the high end of its own range, {self.high:.12g}", "value")
        return self


def parameter(
    default: Any,
    *,
    unit: str,
    doc: str,
    low: float | None = None,
    high: float | None = None,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    lt: float | None = None,
    source: str = "",
    status: str = "",
) -> Any:
    """A field of a model that declares its unit, meaning, hard bounds, range of uncertainty and source.

    Parameters
    ----------
    default : Any
        The value used when a scenario says nothing; `...` when it must say something.
    unit, doc : str
        Unit ("1" for a share or a ratio) and meaning, neither empty.
    low, high : float, optional
        Range of uncertainty, from which sensitivity analysis draws.
    ge, le, gt, lt : float, optional
        Hard bounds, outside which a scenario is refused; the last two are themselves outside.
    source, status : str
        Where the default comes from; verified, derived, recall_unverified, assumption or fitted.

    Raises
    ------
    ValueError
        When the declaration contradicts itself.
    """
    if not unit or not doc:
        raise ValueError(f"a parameter needs a unit and a meaning; unit={unit!r}, doc={doc!r}")
    if status and status not in STATUSES:
        raise ValueError(f"status {status!r} of {doc!r} is not one of {', '.join(STATUSES)}")
    value = default if isinstance(default, int | float) and not isinstance(default, bool) else None
    floor, ceiling = gt if ge is None else ge, lt if le is None else le
    for ends in ((floor, low, value, high, ceiling), (floor, low, high, ceiling)):
        given = [end for end in ends if end is not None]
        if given != sorted(given):
            what = f"default {default!r}, range {low} to {high} and bounds {floor} to {ceiling}"
            raise ValueError(f"{doc!r}: {what} disagree")
    extra: dict[str, Any] = {"unit": unit, "low": low, "high": high, "source": source, "status": status}
    return Field(default, description=doc, ge=ge, le=le, gt=gt, lt=lt, json_schema_extra=extra)


@dataclass(frozen=True)
class Declared:
    """What a parameter declares about itself, and its dotted path from the model that was asked."""

    path: str
    default: Any
    unit: str
    low: float | None
    high: float | None
    source: str
    status: str
    doc: str


def declared(model_class: type[BaseModel]) -> Iterator[Declared]:
    """The parameters of a model and of the models inside it.

    A mapping of models is walked key by key where it has a default; `*` stands for any other key or item.
    """
    return _declared(model_class, (), None, ())


def _declared(
    model_class: type[BaseModel], path: tuple[str, ...], instance: BaseModel | None, within: tuple[type, ...]
) -> Iterator[Declared]:
    if model_class in within:  # a model that may hold itself has no end
        return
    for name, field in model_class.model_fields.items():
        here = (*path, field.alias or name)
        default = getattr(instance, name) if instance is not None else _default(field)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if "unit" in extra:
            said: dict[str, Any] = {key: extra.get(key) for key in ("unit", "low", "high", "source", "status")}
            yield Declared(".".join(here), default, doc=field.description or "", **said)
        for steps, inner in _models_in(field.annotation):
            members = default if steps == ("*",) and isinstance(default, Mapping) else {}
            for key, member in members.items():
                yield from _declared(inner, (*here, str(key)), member, (*within, model_class))
            if not members:
                inside = default if not steps and isinstance(default, inner) else None
                yield from _declared(inner, here + steps, inside, (*within, model_class))


def _default(field: FieldInfo) -> Any:
    """The field's default, `...` when there is none."""
    return ... if field.is_required() else field.get_default(call_default_factory=True, validated_data={})


def _models_in(annotation: Any) -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    """The models that a type admits, each with the `*` steps that lead to it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield (), annotation
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _models_in(arguments[0])
    elif origin in (Union, types.UnionType):
        for argument in arguments:
            yield from _models_in(argument)
    elif isinstance(origin, type) and issubclass(origin, Mapping | list | tuple | set | frozenset):
        for argument in arguments:
            for steps, model in _models_in(argument):
                yield ("*", *steps), model

"""What is said about a scenario that cannot be used: what is wrong, where, and what to write instead."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from coalsim.registry import nearest

MOST_SHOWN = 20
MOST_FOUND = 200  # where looking for more ends
MOST_CHARACTERS = 3_900


class Mark(NamedTuple):
    """A place in a file, counted from 1; line 0 when the file is an origin such as `--set a.b=1`."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a scenario."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    source_line: str = ""

    def __str__(self) -> str:
        place = _cut(self.file, 300) + (f":{self.line}:{self.column}" if self.line else "")
        what = f"{_cut(self.path, 120)}: " if self.path else ""
        lines = [f"{place}: error: " * bool(self.file) + what + _cut(self.message, 400)]
        if self.source_line.strip():
            shown, column, width = _window(self.source_line, self.column)
            lines += [f"{self.line:6d} | {shown}", f"       | {' ' * column}{'^' * width}"]
        if self.hint:
            lines.append(f"       = hint: {_cut(self.hint, 300)}")
        return "\n".join(lines)


class ScenarioError(ValueError):
    """A scenario that cannot be used; `problems` holds all that was found wrong with it."""

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem("", 0, 0, "", problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        shown: list[str] = []
        for problem in self.problems[:MOST_SHOWN]:
            text = str(problem)
            if shown and sum(map(len, shown)) + len(text) > MOST_CHARACTERS - 100:
                break
            shown.append(text)
        if len(self.problems) > 1:
            left_out = f", the first {len(shown)} shown" if len(shown) < len(self.problems) else ""
            found = f"{len(self.problems)}" if len(self.problems) < MOST_FOUND else f"at least {MOST_FOUND}"
            shown.append(f"{found} problems found{left_out}")
        return "\n".join(shown)


class UnknownPathError(ScenarioError):
    """A dotted path that leads nowhere."""


class Misfit(ValueError):
    """What a validator raises when a value does not fit.

    Parameters
    ----------
    message : str
        What is wrong, with the offending value: "1.1 is the sum of the shares; it must be 1".
    *at : str or int
        Keys and positions that lead from the validated value to the one at fault.
    hint : str
        What to write instead.
    """

    def __init__(self, message: str, *at: str | int, hint: str = "") -> None:
        super().__init__(message, *at)
        self.message, self.at, self.hint = message, at, hint

    def __str__(self) -> str:
        return self.message


class Misfits(ValueError):
    """Several misfits found by one validator."""

    def __init__(self, misfits: Sequence[Misfit]) -> None:
        super().__init__("; ".join(misfit.message for misfit in misfits))
        self.misfits = tuple(misfits)


def printable(value: object, longest: int = 60) -> str:
    """The value as it is shown in a message: on one line, without control characters, cut."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return str(value) if value.bit_length() < 100 else "a huge whole number"
        case float():
            return f"{value:.12g}"
        case str():
            return f"'{_cut(value, longest)}'"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list() | tuple():
            return "a list" if value else "an empty list"
    return f"a {type(value).__name__}"


def clean(text: str) -> str:
    """The text with every character that does not print escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def _cut(text: str, longest: int) -> str:
    text = clean(text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _window(line: str, column: int, width: int = 100) -> tuple[str, int, int]:
    """The part of a line around a column, where the caret starts in it, and how long it is."""
    line = "".join(c if c.isprintable() else " " if c == "\t" else "?" for c in line.rstrip())
    start = max(0, column - 1 - width // 2) if len(line) > width else 0
    shown = line[start : start + width]
    at = min(max(column - 1 - start, 0), len(shown))
    token = re.match(r"""'[^']*'|"[^"]*"|(?:(?!,\s|\s\#|:\s|:$|[]}[{]).)+""", shown[at:])
    return shown, at, max(1, len(token[0].rstrip())) if token else 1


# ---- pydantic's findings in plain words -----------------------------------------------------------------------

WANTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "iterable_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dataclass_type": "a mapping",
    "none_required": "null",
}


def plain(error: ErrorDetails, field: FieldInfo | None = None, known: Sequence[str] = ()) -> tuple[str, str]:
    """A finding of pydantic as message and hint.

    `field` is the declaration of the value at fault, `known` the keys that its mapping may have.
    """
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    cause = context.get("error")
    unit = _unit(field)
    if isinstance(cause, ValueError | AssertionError):
        return str(getattr(cause, "message", cause)) or "does not fit", getattr(cause, "hint", "")
    match kind:
        case "missing":
            return "is missing" + (f"; {_meaning(field)}" if _meaning(field) else ""), ""
        case "extra_forbidden":
            return unknown(str(error["loc"][-1]), known)
        case "finite_number":
            return f"{printable(value)} is not a finite number", ""
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return _beyond(kind, value, next(iter(context.values())), unit)
        case "multiple_of":
            return f"{printable(value)} is not a multiple of {_number(context['multiple_of'])}", ""
        case "literal_error" | "enum":
            return _not_one_of(value, context.get("expected", ""))
        case "union_tag_invalid":
            tag = str(context.get("tag", ""))
            return _not_one_of(tag, context.get("expected_tags", ""))
        case "union_tag_not_found":
            return f"does not say which kind it is; give the key {context.get('discriminator', '')}", ""
        case "string_pattern_mismatch":
            meaning = _meaning(field) or f"the pattern is {context.get('pattern')}"
            return f"{printable(value)} is not written as it should be", meaning
        case "string_too_short" if context.get("min_length") == 1:
            return "is empty", _meaning(field)
        case "string_too_short":
            return f"{printable(value)} is shorter than {context.get('min_length')} characters", ""
        case "string_too_long":
            length = len(value) if isinstance(value, str) else "many"
            return f"a text of {length} characters is too long; the most is {context.get('max_length')}", ""
        case "too_short":
            return f"has {context.get('actual_length')} items; at least {context.get('min_length')} are needed", ""
        case "too_long":
            return f"has {context.get('actual_length')} items; at most {context.get('max_length')} are allowed", ""
        case "invalid_key":
            return f"{printable(value)} cannot be a key here", "put the key in quotes if it is a name"
    if kind in WANTED:
        return _wrong_kind(value, WANTED[kind])
    said = re.sub(r"^(Input|Value) should", "should", error["msg"])
    return f"{printable(value)} does not fit: {said}" if kind != "custom" else said, ""


def wanted(error: ErrorDetails) -> str | None:
    """What the value should have been, when it is of the wrong kind altogether."""
    if error["type"] in ("literal_error", "enum"):
        choices = _choices(error.get("ctx", {}).get("expected", ""))
        return f"one of {', '.join(choices)}" if len(choices) > 1 else f"'{''.join(choices)}'"
    return WANTED.get(error["type"])


def neither(value: object, kinds: Iterable[str]) -> tuple[str, str]:
    """Message and hint for a value that is none of several kinds."""
    kinds = list(dict.fromkeys(kinds))
    if len(kinds) == 1:
        return _wrong_kind(value, kinds[0])
    hint = _wrong_kind(value, "a number")[1] if "a number" in kinds else ""
    return f"{printable(value)} is neither {' nor '.join(kinds)}", hint


def unknown(name: str, known: Sequence[str]) -> tuple[str, str]:
    """Message and hint for a key that nothing here bears."""
    near = nearest(name, known)
    hint = f"did you mean {near!r}?" if near else f"known keys: {', '.join(known)}" if known else ""
    return "is not a key that is known here", hint


def _wrong_kind(value: object, want: str) -> tuple[str, str]:
    number = want in ("a number", "a whole number")
    match value:
        case None if want != "null":
            return f"is empty (null); {want} is needed", ""
        case str() if number:
            figure = _figure(value)
            return f"{printable(value)} is text, not {want}", f"write {figure}" if figure else ""
        case str() if want == "true or false":
            says = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
            meant = says.get(value.casefold())
            return f"{printable(value)} is text, not true or false", f"write {meant}" if meant else ""
        case float() if want == "a whole number":
            return f"{printable(value)} is not a whole number", f"write {value:.0f}" if value.is_integer() else ""
        case int() | float() if want == "text":
            return f"{printable(value)} is not text", "put it in quotes"
        case str() if want == "a list":
            return f"{printable(value)} is not a list", f"write [{_cut(value, 60)}]" if value else ""
    return f"{printable(value)} is not {want}", ""


def _figure(text: str) -> str:
    """The number that a text such as '£1,000,000', '12%' or '1_000' stands for, or nothing."""
    bare = re.sub(r"[£$€\s_]", "", text)
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?%?", bare):
        bare = bare.replace(",", "")
    found = re.fullmatch(r"([-+]?\d{1,15}(?:\.\d{1,15})?)(%|[mM]|[kK])?", bare)
    if not found:
        return ""
    scale = {"%": 0.01, "m": 1e6, "k": 1e3}.get((found[2] or "").lower())
    return found[1] if scale is None else _number(float(f"{float(found[1]) * scale:.12g}"))


def _beyond(kind: str, value: object, bound: Any, unit: str) -> tuple[str, str]:
    side, most = ("below", "smallest") if kind.startswith("greater") else ("above", "largest")
    limit = f"{_number(bound)} {unit}" if unit not in ("", "1") else _number(bound)
    if not kind.endswith("equal"):
        return f"{printable(value)} is not {'above' if side == 'below' else 'below'} {limit}", ""
    message = f"{printable(value)} is {side} the {most} allowed, {limit}"
    if unit in ("", "1") and side == "above" and 0 < bound <= 1 and isinstance(value, int | float) and 1 < value <= 100:
        return f"{message}; for {value:g}% write {float(f'{value / 100:.6g}'):g}", ""
    return message, ""


def _not_one_of(value: object, expected: str) -> tuple[str, str]:
    choices = _choices(expected)
    near = nearest(value, choices) if isinstance(value, str) else None
    return f"{printable(value)} is not one of {', '.join(choices)}", f"did you mean {near!r}?" if near else ""


def _choices(expected: str) -> list[str]:
    """The values in pydantic's "'a', 'b' or 'c'"."""
    return [quoted or other for quoted, other in re.findall(r"'([^']*)'|([^\s,']+)", expected) if other != "or"]


def _unit(field: FieldInfo | None) -> str:
    extra = field.json_schema_extra if field is not None else None
    return str(extra.get("unit") or "") if isinstance(extra, dict) else ""


def _meaning(field: FieldInfo | None) -> str:
    if field is None or not field.description:
        return ""
    unit = _unit(field)
    return field.description.rstrip(".") + (f" ({unit})" if unit not in ("", "1") else "")


def _number(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)

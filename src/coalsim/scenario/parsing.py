"""YAML that cannot surprise: one small document of plain values, each with its place."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import yaml

from coalsim.scenario.document import MOST_DEPTH, Document, Where, problem_at
from coalsim.scenario.errors import MOST_FOUND, Mark, Misfit, Problem, ScenarioError, printable

MOST_NODES = 50_000
MOST_DIGITS = 18  # what a 64-bit integer holds for certain

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both give the same marks; tested


def parse_scalar(text: str) -> str | int | float | bool | None:
    """A value given on the command line, typed as it would be in a file.

    Raises
    ------
    ScenarioError
        For numbers that a file could not hold either.
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    try:
        return typed(text.strip())
    except Misfit as misfit:
        raise ScenarioError(problem_at(Mark(""), (), misfit.message, misfit.hint)) from None


@dataclass
class _Open:
    """A mapping or list that is being read."""

    node: dict[Any, Any] | list[Any]
    path: Where
    key: Any = None
    has_key: bool = False
    seen: dict[str, Mark] = field(default_factory=dict)


class Parser:
    """Builds the data of one file straight from the parser's events, so that nothing is made before it is checked."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.lines = LINE_BREAK.split(text)
        self.problems: list[Problem] = []
        self.values: dict[Where, Mark] = {}
        self.keys: dict[Where, Mark] = {}
        self.stack: list[_Open] = []
        self.root: Any = None

    def document(self, path: Path, root: Path) -> Document:
        """The document.

        Raises
        ------
        ScenarioError
            With all that is wrong, up to what cannot be read past.
        """
        if bad := _UNPRINTABLE.search(self.text):
            before = LINE_BREAK.split(self.text[: bad.start()])
            at = Mark(self.file, len(before), len(before[-1]) + 1)
            self.refuse(at, f"the character U+{ord(bad[0]):04X} is not allowed in YAML")
        try:
            self.build()
        except yaml.YAMLError as error:
            self.refuse(*self.syntax(error))
        if not self.problems and not isinstance(self.root, dict):
            what = "is empty" if self.root is None else f"holds {printable(self.root)}"
            at = self.values.get((), Mark(self.file, 1, 1))
            self.complain(at, (), f"the file {what}; it must be a mapping of keys to values, such as `name: Walsall`")
        if self.problems:
            raise ScenarioError(self.problems)
        return Document(path, root, self.root, self.values, self.keys, {self.file: self.lines})

    def build(self) -> None:
        nodes = documents = 0
        for event in yaml.parse(self.text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(self.at(event), "a second document begins here; a file holds one", "remove the `---`")
            if not isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                continue
            nodes += 1
            if nodes > MOST_NODES:
                self.refuse(self.at(event), f"the file has too many values, more than {MOST_NODES:,}")
            if isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
            else:
                self.node(event)

    def node(self, event: Any) -> None:
        at = self.at(event)
        if isinstance(event, yaml.AliasEvent):
            self.refuse(at, f"the alias *{event.anchor} is not allowed", "write the value out again")
        if event.anchor is not None:
            self.refuse(at, f"the anchor &{event.anchor} is not allowed", "remove it; share settings with `extends:`")
        if event.tag is not None:
            self.refuse(at, f"the tag {event.tag.replace('tag:yaml.org,2002:', '!!')} is not allowed", "remove it")
        value = self.value(event, at)
        holder = self.stack[-1] if self.stack else None
        if holder is not None and isinstance(holder.node, dict) and not holder.has_key:
            self.key(holder, value, event, at)
            return
        path = self.place(holder, value)
        self.values[path] = at
        if isinstance(value, dict | list):
            if len(self.stack) >= MOST_DEPTH:
                self.refuse(at, f"nested too deep, more than {MOST_DEPTH} levels")
            self.stack.append(_Open(value, path))

    def value(self, event: Any, at: Mark) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return {}
        if isinstance(event, yaml.SequenceStartEvent):
            return []
        if not event.implicit[0]:  # quoted or a block of text
            return event.value
        try:
            return typed(event.value)
        except Misfit as misfit:
            holder = self.stack[-1] if self.stack else None
            path = () if holder is None else (*holder.path, holder.key) if holder.has_key else holder.path
            self.complain(at, path, misfit.message, misfit.hint)
            return 0

    def key(self, holder: _Open, value: Any, event: Any, at: Mark) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(at, "a key must be a single word or number, not a mapping or list")
        # Only whole numbers (years) keep their type as keys: `no`, `true` and `0.5` are names there.
        key = value if isinstance(value, int) and not isinstance(value, bool) else event.value
        if key == "":
            self.refuse(at, "a key is missing before the colon")
        if key == "<<":
            self.refuse(at, "the merge key << is not allowed", "share settings with `extends:`")
        path = (*holder.path, key)
        if (first := holder.seen.get(str(key))) is not None:
            message = f"the key {printable(key)} is given twice, first on line {first.line} and again on line {at.line}"
            self.complain(at, path, message, "keep one of them")
        else:
            holder.seen[str(key)] = self.keys[path] = at
        holder.key, holder.has_key = key, True

    def place(self, holder: _Open | None, value: Any) -> Where:
        if holder is None:
            self.root = value
            return ()
        if isinstance(holder.node, list):
            holder.node.append(value)
            return (*holder.path, len(holder.node) - 1)
        holder.node[holder.key] = value
        holder.has_key = False
        return (*holder.path, holder.key)

    def syntax(self, error: yaml.YAMLError) -> tuple[Mark, str, str]:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        at = Mark(self.file, mark.line + 1, mark.column + 1) if mark else Mark(self.file)
        said = " ".join(str(part) for name in ("context", "problem") if (part := getattr(error, name, None)))
        line = self.lines[at.line - 1] if 0 < at.line <= len(self.lines) else ""
        before = self.lines[at.line - 2] if 2 <= at.line <= len(self.lines) + 1 else ""
        hint = ""
        if "\t" in line[: len(line) - len(line.lstrip())] or "\t" in line[max(0, at.column - 1) : at.column]:
            hint = "indent with spaces, not tabs"
        elif "mapping values are not allowed" in said:
            hint = "put a text that holds a colon in quotes, and check the indentation"
        elif re.match(r"\s*[^\s#:]+\s*$", before) or "could not find expected ':'" in said:
            hint = "is a colon missing after a key?"
        return at, f"not valid YAML: {said or 'cannot be read'}", hint

    def at(self, event: Any) -> Mark:
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def complain(self, at: Mark, path: Where, message: str, hint: str = "") -> None:
        self.problems.append(problem_at(at, path, message, hint, self.lines))
        if len(self.problems) >= MOST_FOUND:
            raise ScenarioError(self.problems)

    def refuse(self, at: Mark, message: str, hint: str = "") -> NoReturn:
        self.complain(at, (), message, hint)
        raise ScenarioError(self.problems)


_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def typed(text: str) -> str | int | float | bool | None:
    """A plain scalar by the core schema of YAML 1.2; Misfit for numbers that are likely to be mistakes."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
            raise Misfit(
                f"{printable(text)[1:-1]} begins with a zero, which some read as octal",
                hint=f"write {printable(digits.lstrip('0') or '0')[1:-1]}, or put a code in quotes",
            )
        value = int(text, 0) if len(text) <= 30 else None
        if value is None or abs(value) >= 10**MOST_DIGITS:
            raise Misfit(f"a whole number of {len(digits)} digits is too large; at most {MOST_DIGITS} are allowed")
        return value
    if _FLOAT.fullmatch(text):
        if len(text) > 60:
            raise Misfit(f"a number of {len(text)} characters is too long", hint="put it in quotes if it is a text")
        return float(text.casefold().replace(".inf", "inf").replace(".nan", "nan"))
    return text

"""Reading a scenario's files: YAML that cannot surprise, overlays, and errors that point at the line."""

import copy
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from coalsim.registry import UnknownNameError, nearest
from coalsim.scenario.errors import (
    MOST_FOUND,
    Mark,
    Misfit,
    Misfits,
    Problem,
    ScenarioError,
    neither,
    plain,
    printable,
    wanted,
)
from coalsim.scenario.parameter import looked_at

MOST_BYTES = 1024 * 1024
MOST_NODES = 50_000
MOST_DEPTH = 30
MOST_DIGITS = 18  # what a 64-bit integer holds for certain
MOST_OVERLAYS = 20

ROOTS = ("scenarios", "experiments")

type Where = tuple[str | int, ...]

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both give the same marks; tested


@dataclass
class Document:
    """What a file says, files it extends included, and where each part was written."""

    path: Path
    root: Path
    data: dict[Any, Any]
    values: dict[Where, Mark] = field(default_factory=dict, repr=False)
    keys: dict[Where, Mark] = field(default_factory=dict, repr=False)
    sources: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def mark(self, path: Where, *, key: bool = False) -> Mark:
        """Where a value, or its key, was written; of the nearest part around it when it was not written."""
        path = tuple(path)
        if key and path in self.keys:
            return self.keys[path]
        if path in self.values:
            return self.values[path]
        while path:
            path = path[:-1]
            if path in self.keys:
                return self.keys[path]
            if path in self.values:
                return self.values[path]
        return Mark(str(self.path))

    def set(self, dotted: str, value: Any, origin: str | Mark) -> None:
        """Put a value at a dotted path, as `--set a.b=0.3` does; `origin` is what errors will then name.

        Raises
        ------
        ScenarioError
            When the path leads through something that is neither a mapping nor an item of a list.
        """
        mark = origin if isinstance(origin, Mark) else Mark(origin)
        node: Any = self.data
        path: Where = ()
        *parents, last = steps = dotted.split(".")
        if not all(steps) or len(steps) > MOST_DEPTH:
            message = f"{printable(dotted)} is not a dotted path such as a.b.c"
            raise ScenarioError(self.problem(path, message, mark=mark))
        for step in parents:
            key = _step(node, step)
            path = (*path, step if key is None else key)
            if key is None or not isinstance(node[key], dict | list):
                if not isinstance(node, dict) or (key is not None and node[key] is not None):
                    self._no_way(path, node, mark)
                node[path[-1]] = {}
                self.values[path] = self.keys[path] = mark
            node = node[path[-1]]
        key = _step(node, last)
        path = (*path, last if key is None else key)
        if not isinstance(node, dict) and key is None:
            self._no_way(path, node, mark)
        if key is not None:
            _forget(self, path, node[key])
        node[path[-1]] = copy.deepcopy(value)
        self.values[path] = self.keys[path] = mark

    def _no_way(self, path: Where, node: Any, mark: Mark) -> NoReturn:
        if isinstance(node, list):
            message = f"there is no item {printable(str(path[-1]))}; the list has {len(node)}, counted from 0"
        else:
            message = f"{printable(node[path[-1]])} has nothing inside it that could be set"
        raise ScenarioError(self.problem(path, message, mark=mark))

    def problem(
        self, path: Where, message: str, hint: str = "", *, key: bool = False, mark: Mark | None = None
    ) -> Problem:
        """A problem with the part at `path`, placed where that part was written."""
        at = mark or self.mark(path, key=key)
        return _problem(at, path, message, hint, self.sources.get(at.file, ()))


def read(path: str | os.PathLike[str], *, root: Path | None = None) -> Document:
    """What a scenario file says, joined with the files it extends.

    Parameters
    ----------
    path : path
        The file.
    root : Path, optional
        The folder that everything it refers to must lie in: by default the nearest folder above it that is
        called `scenarios` or `experiments`, or its own.

    Raises
    ------
    ScenarioError
        When it cannot be read; all that is wrong is in `problems`.
    """
    path = Path(path)
    try:
        root = root.resolve() if root is not None else _root_of(path.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise ScenarioError(_problem(Mark(str(path)), (), f"cannot be read: {error}")) from None
    return _read(path, root, ())


def read_alone(path: str | os.PathLike[str]) -> Document:
    """What a file itself says, `extends` included, without the files that it extends.

    Raises
    ------
    ScenarioError
        When it cannot be read.
    """
    path = Path(path)
    return _Builder(str(path), _text(path)).document(path, path.parent)


def resolve(document: Document, reference: object, mark: Mark | None = None) -> Path:
    """The file that a value of a document refers to, relative to the file in which the value was written.

    Raises
    ------
    ScenarioError
        When it lies outside the document's root, which is said before it is looked at, or is no file.
    """
    mark = mark or document.mark(())
    where = next((path for path, at in document.values.items() if at == mark and path), ())
    return _resolve(document, reference, where, mark)


def validate[M: BaseModel](model_class: type[M], document: Document, context: Any = None) -> M:
    """The model that a document describes.

    Raises
    ------
    ScenarioError
        With a problem for every finding of pydantic, in plain words and placed in the file.
    """
    notes: list[tuple[Mapping[Any, Any], type[BaseModel]]] = []
    token = looked_at.set(notes)
    try:
        instance = model_class.model_validate(document.data, context=context)
    except ValidationError as error:
        found = error.errors(include_url=False)[:MOST_FOUND]
    else:
        found = []
    finally:
        looked_at.reset(token)
    endless = [where for where, value in _leaves(document.data) if isinstance(value, float) and value - value != 0]
    problems = [document.problem(at, f"{printable(_at(document.data, at))} is not a finite number") for at in endless]
    problems += _problems(found, document, notes, skip=set(endless))
    if problems:
        order = {file: n for n, file in enumerate(document.sources)}
        problems.sort(key=lambda problem: (order.get(problem.file, -1), problem.line, problem.column))
        raise ScenarioError(dict.fromkeys(problems))
    return instance


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
        return _typed(text.strip())
    except Misfit as misfit:
        raise ScenarioError(_problem(Mark(""), (), misfit.message, misfit.hint)) from None


# ---- files ----------------------------------------------------------------------------------------------------


def _root_of(path: Path) -> Path:
    return next((folder for folder in path.parents if folder.name in ROOTS), path.parent)


def _read(path: Path, root: Path, chain: tuple[Path, ...]) -> Document:
    text = _text(path)
    document = _Builder(str(path), text).document(path, root)
    if "extends" not in document.data:
        return document
    own = (*chain, path.resolve())
    reference, at = document.data.pop("extends"), document.mark(("extends",))
    target = _resolve(document, reference, ("extends",), at)
    if target.resolve() in own:
        circle = " -> ".join(file.name for file in (*own[own.index(target.resolve()) :], target.resolve()))
        raise ScenarioError(document.problem(("extends",), f"goes round in a circle: {circle}"))
    if len(own) > MOST_OVERLAYS:
        raise ScenarioError(document.problem(("extends",), f"more than {MOST_OVERLAYS} files extend one another"))
    _forget(document, ("extends",), reference)
    base = _read(target, root, own)
    _overlay(base, document)
    return Document(path, root, base.data, base.values, base.keys, document.sources | base.sources)


def _text(path: Path) -> str:
    """The text of a plain, small UTF-8 file."""

    def refuse(message: str, hint: str = "", mark: Mark | None = None) -> NoReturn:
        raise ScenarioError(_problem(mark or Mark(str(path)), (), message, hint))

    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            refuse("is a folder, not a file" if path.is_dir() else "is not a plain file")
        # Opened without waiting and looked at again, lest the file became a pipe in between.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                refuse("is not a plain file")
            content = file.read(MOST_BYTES + 1)
    except ScenarioError:
        raise
    except FileNotFoundError:
        near = nearest(path.stem, _files(path.parent, "*"))
        refuse("there is no such file", f"did you mean {printable(near + '.yaml')}?" if near else "")
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        refuse(f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(content) > MOST_BYTES:
        refuse(f"is larger than {MOST_BYTES // 1024} KiB; a scenario is a short text")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").removeprefix("\ufeff")
        lines = _LINE_BREAK.split(before)
        refuse(
            f"byte 0x{content[error.start]:02x} at position {error.start} (line {len(lines)}) is not UTF-8",
            "save the file as UTF-8",
            Mark(str(path), len(lines), len(lines[-1]) + 1),
        )


def _resolve(document: Document, reference: object, where: Where, mark: Mark) -> Path:
    def refuse(message: str, hint: str = "") -> NoReturn:
        raise ScenarioError(document.problem(where, message, hint, mark=mark))

    if not isinstance(reference, str) or not reference.strip():
        refuse(f"{printable(reference)} is not the name of a file")
    folder = (Path(mark.file) if mark.file in document.sources else document.path).parent
    written = Path(os.path.normpath(folder / reference))
    found = []
    for candidate in (written, written.with_name(written.name + ".yaml") if written.name else written):
        try:
            real = candidate.resolve()
        except (OSError, RuntimeError, ValueError) as error:
            refuse(f"{printable(reference)} is not the name of a file: {error}")
        if not any(real.is_relative_to(allowed) for allowed in _allowed(document, where)):
            message = f"{printable(reference)} lies outside the folder {printable(document.root.name)} and is not read"
            refuse(f"{message}; put your file into the scenarios folder, or copy that folder")
        found.append(candidate)
    with suppress(OSError, ValueError):  # such as a name that is too long
        for candidate in found:
            if candidate.is_file():
                return candidate
    near = _near(folder, written)
    return refuse(f"there is no file {printable(reference)}", f"did you mean {printable(near)}?" if near else "")


def _allowed(document: Document, where: Where) -> Iterator[Path]:
    yield document.root
    if document.root.name == "experiments" and where != ("extends",):  # an experiment names a scenario next door
        yield document.root.parent / "scenarios"


def _near(folder: Path, written: Path) -> str | None:
    """The existing file that a reference probably means, as it would be written: in its folder, or in one close by."""
    for candidates in (_files(written.parent, "*"), _files(folder, "*") | _files(folder, "*/*")):
        if near := nearest(written.name.removesuffix(".yaml"), candidates):
            return os.path.relpath(candidates[near], folder)
    return None


def _files(folder: Path, pattern: str) -> dict[str, Path]:
    """The scenario files of a folder by name without ending."""
    with suppress(OSError, ValueError):
        return {file.stem: file for file in sorted(islice(folder.glob(f"{pattern}.yaml"), 1000))}
    return {}


# ---- YAML -----------------------------------------------------------------------------------------------------


@dataclass
class _Open:
    """A mapping or list that is being read."""

    node: dict[Any, Any] | list[Any]
    path: Where
    key: Any = None
    has_key: bool = False
    seen: dict[str, Mark] = field(default_factory=dict)


class _Builder:
    """Builds the data of one file straight from the parser's events, so that nothing is made before it is checked."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.lines = _LINE_BREAK.split(text)
        self.problems: list[Problem] = []
        self.values: dict[Where, Mark] = {}
        self.keys: dict[Where, Mark] = {}
        self.stack: list[_Open] = []
        self.root: Any = None

    def document(self, path: Path, root: Path) -> Document:
        if bad := _UNPRINTABLE.search(self.text):
            before = _LINE_BREAK.split(self.text[: bad.start()])
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
            return _typed(event.value)
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
        self.problems.append(_problem(at, path, message, hint, self.lines))
        if len(self.problems) >= MOST_FOUND:
            raise ScenarioError(self.problems)

    def refuse(self, at: Mark, message: str, hint: str = "") -> NoReturn:
        self.complain(at, (), message, hint)
        raise ScenarioError(self.problems)


_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def _typed(text: str) -> str | int | float | bool | None:
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


# ---- parts of a document --------------------------------------------------------------------------------------


def _overlay(base: Document, over: Document) -> None:
    """Lay one document over another in place: mappings merge, the rest is replaced, null removes a key."""

    def lay(below: dict[Any, Any], above: dict[Any, Any], path: Where) -> None:
        for key, value in above.items():
            here = (*path, key)
            if value is None and key in below:
                _forget(base, here, below.pop(key))
                continue
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                lay(below[key], value, here)
            else:
                _forget(base, here, below.get(key))
                below[key] = value
                for there, _ in _parts(value, here):
                    _adopt(base, over, there)
            _adopt(base, over, here)

    lay(base.data, over.data, ())
    _adopt(base, over, ())


def _adopt(base: Document, over: Document, path: Where) -> None:
    for ours, theirs in ((base.values, over.values), (base.keys, over.keys)):
        if path in theirs:
            ours[path] = theirs[path]


def _forget(document: Document, path: Where, node: Any) -> None:
    """Drop the marks of a part and of all inside it."""
    for gone in (path, *(inside for inside, _ in _parts(node, path))):
        document.values.pop(gone, None)
        document.keys.pop(gone, None)


def _parts(node: Any, path: Where = ()) -> Iterator[tuple[Where, Any]]:
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield (*path, key), value
        yield from _parts(value, (*path, key))


def _leaves(node: Any) -> Iterator[tuple[Where, Any]]:
    return ((path, value) for path, value in _parts(node) if not isinstance(value, dict | list))


def _at(node: Any, path: Where) -> Any:
    for step in path:
        node = node[step]
    return node


def _step(node: Any, step: str | int) -> str | int | None:
    """The key or position in `node` that a step of a path means, if there is one."""
    if isinstance(node, dict):
        if step in node:
            return step
        return next((key for key in node if str(key) == str(step)), None)
    if isinstance(node, list) and str(step).isascii() and str(step).isdigit() and len(str(step)) < 6:
        return int(step) if int(step) < len(node) else None
    return None


def _problem(at: Mark, path: Where, message: str, hint: str = "", lines: Any = ()) -> Problem:
    source = lines[at.line - 1] if 0 < at.line <= len(lines) else ""
    return Problem(at.file, at.line, at.column, ".".join(map(str, path)), message, hint, source)


# ---- pydantic's findings --------------------------------------------------------------------------------------


@dataclass
class _Finding:
    """An error of pydantic, and the part of the document it is about."""

    error: ErrorDetails
    path: Where
    branches: tuple[tuple[Where, str], ...]  # where a union began, and which of its members this is about


def _problems(
    found: list[ErrorDetails],
    document: Document,
    notes: list[tuple[Mapping[Any, Any], type[BaseModel]]],
    skip: set[Where],
) -> list[Problem]:
    problems: list[Problem] = []
    findings = [_place(error, document.data) for error in found]
    chosen, merged = _choose(findings)
    for path, value, kinds in merged:
        problems.append(document.problem(path, *neither(value, kinds)))
    for finding in chosen:
        error, path = finding.error, finding.path
        cause = error.get("ctx", {}).get("error")
        if isinstance(cause, ScenarioError):
            problems += cause.problems
            continue
        for misfit in cause.misfits if isinstance(cause, Misfits) else (cause,):
            if isinstance(misfit, Misfit):
                problems.append(document.problem(path + misfit.at, misfit.message, misfit.hint))
        if isinstance(cause, Misfit | Misfits) or (error["type"] == "finite_number" and path in skip):
            continue
        if isinstance(cause, UnknownNameError):
            path = next((p for p, node in _parts(_at(document.data, path), path) if cause.name in (p[-1], node)), path)
        about, known = _declaration(path, document.data, notes)
        on_key = error["type"] in ("extra_forbidden", "missing", "invalid_key") or error["loc"][-1:] == ("[key]",)
        on_key = on_key or (isinstance(cause, UnknownNameError) and path[-1:] == (cause.name,))
        if error["type"] == "union_tag_invalid":
            path = (*path, error.get("ctx", {}).get("discriminator", "").strip("'"))
        problems.append(document.problem(path, *plain(error, about, known), key=on_key))
    return problems


def _place(error: ErrorDetails, data: Any) -> _Finding:
    """Find the part of the document that an error is about; its `loc` also holds names of union members."""
    loc = error["loc"][:-1] if error["loc"][-1:] == ("[key]",) else error["loc"]
    missing = error["type"] == "missing"
    wanted_input = error.get("input")
    steps = loc[:-1] if missing else loc
    first: tuple[Where, tuple[tuple[Where, str], ...]] | None = None
    for path, node, branches in islice(_alignments(steps, data, (), ()), 200):
        first = first or (path, branches)
        if node is wanted_input:
            first = (path, branches)
            break
    else:  # a validator looked at something further in, without saying where
        path, branches = first or ((), ())
        for inside, node in _parts(_at(data, path), path):
            if node is wanted_input and (missing or isinstance(node, dict | list) or inside[-1:] == steps[-1:]):
                first = (inside, ())
                break
    path, branches = first or ((), ())
    return _Finding(error, (*path, loc[-1]) if missing else path, branches)


def _alignments(
    loc: tuple[Any, ...], node: Any, path: Where, branches: tuple[tuple[Where, str], ...]
) -> Iterator[tuple[Where, Any, tuple[tuple[Where, str], ...]]]:
    if not loc:
        yield path, node, branches
        return
    key = _step(node, loc[0])
    if key is not None:
        yield from _alignments(loc[1:], node[key], (*path, key), branches)
    yield from _alignments(loc[1:], node, path, (*branches, (path, str(loc[0]))))


def _choose(findings: list[_Finding]) -> tuple[list[_Finding], list[tuple[Where, Any, list[str]]]]:
    """Keep, of each union, the findings on the member that was most likely meant.

    Where the value is of no member's kind, give the place, the value and the kinds instead.
    """
    merged: list[tuple[Where, Any, list[str]]] = []
    level = 0
    while any(len(finding.branches) > level for finding in findings):
        unions: dict[Any, dict[str, list[_Finding]]] = {}
        kept = [finding for finding in findings if len(finding.branches) <= level]
        for finding in findings:
            if len(finding.branches) > level:
                start, member = finding.branches[level]
                union = unions.setdefault((finding.branches[:level], start), {})
                union.setdefault(member, []).append(finding)
        for (_, start), members in unions.items():
            wrong = {name: all(f.path == start and wanted(f.error) for f in some) for name, some in members.items()}
            if len(members) > 1 and all(wrong.values()):
                all_of_them = [finding.error for some in members.values() for finding in some]
                merged.append((start, all_of_them[0].get("input"), [wanted(error) or "" for error in all_of_them]))
            else:
                kept += members[min(members, key=lambda name: (wrong[name], len(members[name])))]
        findings, level = kept, level + 1
    return findings, merged


def _declaration(
    path: Where, data: Any, notes: list[tuple[Mapping[Any, Any], type[BaseModel]]]
) -> tuple[FieldInfo | None, list[str]]:
    """How the value at `path` was declared, and the keys that may stand beside it."""
    if not path:
        return None, []
    parent, key = _at(data, path[:-1]), path[-1]
    models = [model for seen, model in notes if seen is parent]
    if not models and isinstance(parent, dict):  # a validator handed on a copy
        models = [model for seen, model in notes if key in seen and seen[key] is parent.get(key)]
    for model in models:
        for name, about in model.model_fields.items():
            if key in (name, about.alias):
                return about, []
    known = [about.alias or name for model in models for name, about in model.model_fields.items()]
    return None, list(dict.fromkeys(known))

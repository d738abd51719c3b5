"""What a scenario file says, with the place of each part: parts are found, set, laid over and complained about here."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from coalsim.scenario.errors import Mark, Problem, ScenarioError, printable

MOST_DEPTH = 30

type Where = tuple[str | int, ...]


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
            key = step_into(node, step)
            path = (*path, step if key is None else key)
            if key is None or not isinstance(node[key], dict | list):
                if not isinstance(node, dict) or (key is not None and node[key] is not None):
                    self._no_way(path, node, mark)
                node[path[-1]] = {}
                self.values[path] = self.keys[path] = mark
            node = node[path[-1]]
        key = step_into(node, last)
        path = (*path, last if key is None else key)
        if not isinstance(node, dict) and key is None:
            self._no_way(path, node, mark)
        if key is not None:
            forget(self, path, node[key])
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
        return problem_at(at, path, message, hint, self.sources.get(at.file, ()))


def overlay(base: Document, over: Document) -> None:
    """Lay one document over another in place: mappings merge, the rest is replaced, null removes a key."""

    def lay(below: dict[Any, Any], above: dict[Any, Any], path: Where) -> None:
        for key, value in above.items():
            here = (*path, key)
            if value is None and key in below:
                forget(base, here, below.pop(key))
                continue
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                lay(below[key], value, here)
            else:
                forget(base, here, below.get(key))
                below[key] = value
                for there, _ in parts(value, here):
                    _adopt(base, over, there)
            _adopt(base, over, here)

    lay(base.data, over.data, ())
    _adopt(base, over, ())


def _adopt(base: Document, over: Document, path: Where) -> None:
    for ours, theirs in ((base.values, over.values), (base.keys, over.keys)):
        if path in theirs:
            ours[path] = theirs[path]


def forget(document: Document, path: Where, node: Any) -> None:
    """Drop the marks of a part and of all inside it."""
    for gone in (path, *(inside for inside, _ in parts(node, path))):
        document.values.pop(gone, None)
        document.keys.pop(gone, None)


def parts(node: Any, path: Where = ()) -> Iterator[tuple[Where, Any]]:
    """Every part inside a part, with its path."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield (*path, key), value
        yield from parts(value, (*path, key))


def leaves(node: Any) -> Iterator[tuple[Where, Any]]:
    """Every plain value inside a part, with its path."""
    return ((path, value) for path, value in parts(node) if not isinstance(value, dict | list))


def part(node: Any, path: Where) -> Any:
    """What stands at a path."""
    for step in path:
        node = node[step]
    return node


def step_into(node: Any, step: str | int) -> str | int | None:
    """The key or position in `node` that a step of a path means, if there is one."""
    if isinstance(node, dict):
        if step in node:
            return step
        return next((key for key in node if str(key) == str(step)), None)
    if isinstance(node, list) and str(step).isascii() and str(step).isdigit() and len(str(step)) < 6:
        return int(step) if int(step) < len(node) else None
    return None


def problem_at(at: Mark, path: Where, message: str, hint: str = "", lines: Sequence[str] = ()) -> Problem:
    """A problem with its line, where the file has been read."""
    source = lines[at.line - 1] if 0 < at.line <= len(lines) else ""
    return Problem(at.file, at.line, at.column, ".".join(map(str, path)), message, hint, source)

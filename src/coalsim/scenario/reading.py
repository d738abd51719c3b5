"""Reading a scenario's files: which file is meant, what it extends, and whether it describes what it should."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from coalsim.registry import nearest
from coalsim.scenario.document import Document, Where, forget, leaves, overlay, part, problem_at
from coalsim.scenario.errors import MOST_FOUND, Mark, ScenarioError, printable
from coalsim.scenario.findings import problems_of
from coalsim.scenario.parameter import looked_at
from coalsim.scenario.parsing import LINE_BREAK, Parser

MOST_BYTES = 1024 * 1024
MOST_OVERLAYS = 20

ROOTS = ("scenarios", "experiments")


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
        raise ScenarioError(problem_at(Mark(str(path)), (), f"cannot be read: {error}")) from None
    return _read(path, root, ())


def read_alone(path: str | os.PathLike[str]) -> Document:
    """What a file itself says, `extends` included, without the files that it extends.

    Raises
    ------
    ScenarioError
        When it cannot be read.
    """
    path = Path(path)
    return Parser(str(path), _text(path)).document(path, path.parent)


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
    endless = [where for where, value in leaves(document.data) if isinstance(value, float) and value - value != 0]
    problems = [document.problem(at, f"{printable(part(document.data, at))} is not a finite number") for at in endless]
    problems += problems_of(found, document, notes, skip=set(endless))
    if problems:
        order = {file: n for n, file in enumerate(document.sources)}
        problems.sort(key=lambda problem: (order.get(problem.file, -1), problem.line, problem.column))
        raise ScenarioError(dict.fromkeys(problems))
    return instance


# ---- files ----------------------------------------------------------------------------------------------------


def _root_of(path: Path) -> Path:
    return next((folder for folder in path.parents if folder.name in ROOTS), path.parent)


def _read(path: Path, root: Path, chain: tuple[Path, ...]) -> Document:
    text = _text(path)
    document = Parser(str(path), text).document(path, root)
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
    forget(document, ("extends",), reference)
    base = _read(target, root, own)
    overlay(base, document)
    return Document(path, root, base.data, base.values, base.keys, document.sources | base.sources)


def _text(path: Path) -> str:
    """The text of a plain, small UTF-8 file."""

    def refuse(message: str, hint: str = "", mark: Mark | None = None) -> NoReturn:
        raise ScenarioError(problem_at(mark or Mark(str(path)), (), message, hint))

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
        lines = LINE_BREAK.split(before)
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

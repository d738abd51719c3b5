"""What pydantic finds wrong with a document, in plain words and placed in the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from coalsim.registry import UnknownNameError
from coalsim.scenario.document import Document, Where, part, parts, step_into
from coalsim.scenario.errors import Misfit, Misfits, Problem, ScenarioError, neither, plain, wanted


@dataclass
class _Finding:
    """An error of pydantic, and the part of the document it is about."""

    error: ErrorDetails
    path: Where
    branches: tuple[tuple[Where, str], ...]  # where a union began, and which of its members this is about


def problems_of(
    found: list[ErrorDetails],
    document: Document,
    notes: list[tuple[Mapping[Any, Any], type[BaseModel]]],
    skip: set[Where],
) -> list[Problem]:
    """A problem for every finding but those of numbers that are not finite in the parts to `skip`.

    `notes`: which mappings were looked at as which models, in their order.
    """
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
            path = next((p for p, node in parts(part(document.data, path), path) if cause.name in (p[-1], node)), path)
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
        for inside, node in parts(part(data, path), path):
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
    key = step_into(node, loc[0])
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
    parent, key = part(data, path[:-1]), path[-1]
    models = [model for seen, model in notes if seen is parent]
    if not models and isinstance(parent, dict):  # a validator handed on a copy
        models = [model for seen, model in notes if key in seen and seen[key] is parent.get(key)]
    for model in models:
        for name, about in model.model_fields.items():
            if key in (name, about.alias):
                return about, []
    known = [about.alias or name for model in models for name, about in model.model_fields.items()]
    return None, list(dict.fromkeys(known))

"""JSON Schema of scenario files, for editors."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from coalsim.atomic import write_text

DIALECT = "https://json-schema.org/draft/2020-12/schema"
OVERLAY = "Overlay"

type Described = type[BaseModel] | Mapping[str, type[BaseModel]]  # a model, or one for each value of the key `kind`


def schemas(models: Mapping[str, Described]) -> dict[str, dict[str, Any]]:
    """A schema for each kind of file, with the unit and source of every parameter.

    A file that extends another need not name anything, and removes what it inherits by null.
    """
    return {
        name: _of_kinds(name, model) if isinstance(model, Mapping) else _schema(name, model)
        for name, model in models.items()
    }


def write(folder: Path, models: Mapping[str, Described]) -> list[Path]:
    """Write `name.schema.json` for each kind of file, and say where."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas(models).items():
        path = folder / f"{name}.schema.json"
        write_text(path, json.dumps(schema, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        written.append(path)
    return written


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    full = model.model_json_schema(mode="validation")
    parts = full.pop("$defs", {})
    if "$ref" in full:  # a model that holds itself
        full = parts[full["$ref"].removeprefix("#/$defs/")]
    relaxed = {part + OVERLAY: _relaxed(schema) for part, schema in parts.items()}
    # The relaxed schema stands first and alone gives an editor its completions; a file without `extends` must
    # satisfy the full one as well.
    overlay = _relaxed(full)
    overlay.setdefault("properties", {})["extends"] = {
        "type": "string",
        "description": f"Another {name} file, read first; this one gives the differences.",
    }
    return {
        "$schema": DIALECT,
        **overlay,
        "if": {"not": {"required": ["extends"]}},
        "then": {"$ref": "#/$defs/Whole"},
        "$defs": {"Whole": full, **parts, **relaxed},
    }


def _of_kinds(name: str, models: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """One schema for files of several kinds, each of which says which kind it is."""
    parts: dict[str, Any] = {}
    for kind, model in models.items():
        schema = _schema(name, model)
        own = schema.pop("$defs")
        own[f"Whole{model.__name__}"] = own.pop("Whole")
        schema["then"] = {"$ref": f"#/$defs/Whole{model.__name__}"}
        for part, definition in {**own, kind: schema}.items():
            if parts.setdefault(part, definition) != definition:
                raise ValueError(f"two parts of {name} files are called {part}")
        schema.pop("$schema")
    return {"$schema": DIALECT, "anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in models], "$defs": parts}


def _relaxed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a part in an overlay: nothing required, null allowed for every key."""
    schema = _redirect(copy.deepcopy(schema))
    schema.pop("required", None)
    schema.pop("minProperties", None)
    schema["properties"] = {key: _or_null(value) for key, value in schema.get("properties", {}).items()}
    return schema if schema["properties"] else {key: value for key, value in schema.items() if key != "properties"}


def _redirect(node: Any) -> Any:
    """Point references at the relaxed parts, except inside lists, which an overlay replaces whole."""
    if isinstance(node, list):
        return [_redirect(part) for part in node]
    if not isinstance(node, dict):
        return node
    redirected: dict[str, Any] = {}
    for key, value in node.items():
        match key:
            case "discriminator":
                continue
            case "$ref":
                redirected[key] = value + OVERLAY
            case "properties":
                redirected[key] = {name: _redirect(part) for name, part in value.items()}
            case "oneOf":  # without its required keys a mapping may be of several kinds
                redirected["anyOf"] = _redirect(value)
            case "items" | "prefixItems" | "default" | "enum" | "const" | "examples":
                redirected[key] = value
            case _:
                redirected[key] = _redirect(value)
    return redirected


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    said = ("title", "description", "unit", "low", "high", "source", "status", "default")
    outer = {key: schema[key] for key in said if key in schema}
    return {**outer, "anyOf": [{key: value for key, value in schema.items() if key not in said}, {"type": "null"}]}

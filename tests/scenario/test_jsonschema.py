"""The schema that editors use agrees with the reader."""

import json
from typing import Literal

import pytest
from scenario_town import VALID, Town

from coalsim.scenario.jsonschema import schemas, write
from coalsim.scenario.parameter import Strict
from coalsim.scenario.reading import read

jsonschema = pytest.importorskip("jsonschema")


def accepts(document):
    return jsonschema.Draft202012Validator(schemas({"town": Town})["town"]).is_valid(json.loads(json.dumps(document)))


def test_unit_and_source_are_kept():
    schema = schemas({"town": Town})["town"]
    engaged = schema["$defs"]["Population"]["properties"]["engaged"]
    assert (engaged["unit"], engaged["source"], engaged["maximum"]) == ("1", "test", 1)
    assert schema["properties"]["months"]["unit"] == "months"


def test_a_valid_file_is_accepted_and_a_broken_one_is_not(tmp_path):
    (tmp_path / "a.yaml").write_text(VALID)
    data = read(tmp_path / "a.yaml").data
    jsonschema.Draft202012Validator.check_schema(schemas({"town": Town})["town"])
    assert accepts(data)
    assert not accepts({key: value for key, value in data.items() if key != "title"})
    assert not accepts(data | {"monts": 3})
    assert not accepts(data | {"months": None})
    assert not accepts(data | {"policy": {"kind": "levy"}})


def test_an_overlay_need_name_nothing_and_may_remove():
    assert accepts({"extends": "a.yaml"})
    assert accepts({"extends": "a.yaml", "months": None, "population": {"engaged": None}, "policy": {"share": 0.1}})
    assert accepts({"extends": "a.yaml", "wage": {"value": 3}})
    assert not accepts({"extends": "a.yaml", "monts": 3})
    assert not accepts({"extends": "a.yaml", "months": 0})
    assert not accepts({"extends": "a.yaml", "population": {"engagd": 1}})
    assert not accepts({"extends": "a.yaml", "councils": [{"name": "a"}]})  # a list is replaced whole


def test_files_of_several_kinds_have_one_schema():
    class Visit(Strict):
        kind: Literal["visit"]
        town: str

    class Move(Strict):
        kind: Literal["move"]
        towns: list[str]

    schema = schemas({"trip": {"visit": Visit, "move": Move}})["trip"]
    checker = jsonschema.Draft202012Validator(schema)
    checker.check_schema(schema)
    assert checker.is_valid({"kind": "visit", "town": "Northby"})
    assert checker.is_valid({"kind": "move", "towns": ["Northby"]})
    assert checker.is_valid({"extends": "other.yaml", "kind": "visit"})
    for wrong in ({"kind": "visit"}, {"kind": "move", "town": "Northby"}, {"kind": "stay", "town": "a"}, {"town": "a"}):
        assert not checker.is_valid(wrong), wrong


def test_a_file_a_kind_is_written(tmp_path):
    (path,) = write(tmp_path / "new", {"town": Town})
    assert path.name == "town.schema.json"
    assert json.loads(path.read_text()) == schemas({"town": Town})["town"]


def test_a_schema_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    (path,) = write(tmp_path, {"town": Town})
    whole = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, {"town": Town})
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [whole]

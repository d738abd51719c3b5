"""What is said about a value that does not fit, and where."""
# ruff: noqa: E501

import pickle

import pytest
from scenario_town import VALID, refusal

from coalsim.scenario.errors import Problem, ScenarioError, printable

# What follows `title: a`, then the place and the whole line that must be said, and the hint.
MESSAGES = {
    "misspelt key": ("monts: 3", "2:1", "monts: is not a key that is known here", "did you mean 'months'?"),
    "misspelt key inside": ("population:\n  resident: 3", "3:3", "population.resident: is not a key", "did you mean 'residents'?"),
    "misspelt key in a list": ("councils:\n- name: b\n  budget: 1\n  budgt: 1", "5:3", "councils.0.budgt: is", "did you mean 'budget'?"),
    "misspelt key in a union": ("policy: {kind: grant, shar: 1}", "2:23", "policy.shar: is not", "did you mean 'share'?"),
    "misspelt key in a fact": ("wage: {value: 1, source: b, status: fitted, yaer: 1}", "2:45", "wage.yaer: is", "did you mean 'year'?"),
    "misspelt key in a family": ("instruments: {land_levy: {kind: levy, rate: 1, rte: 1}}", "2:48", "instruments.land_levy.rte: is", "did you mean 'rate'?"),
    "look-alike letter": ("m\u043enths: 3", "2:1", "m\u043enths: is not", "did you mean 'months'?"),
    "nothing near": ("population: {xyzzy: 1}", "2:14", "population.xyzzy: is not", "known keys: residents, engaged"),
    "missing": ("councils:\n- name: b", "3:3", "councils.0.budget: is missing; Net budget (GBP/year)", ""),
    "missing in a family": ("instruments:\n  land_levy: {kind: levy}", "3:3", "instruments.land_levy.rate: is missing", ""),
    "not whole": ("months: 24.5", "2:9", "months: 24.5 is not a whole number", ""),
    "whole but a float": ("months: 1e2", "2:9", "months: 100 is not a whole number", "write 100"),
    "sexagesimal": ("seed: 1:30:00", "2:7", "seed: '1:30:00' is text, not a whole number", ""),
    "quoted number": ('months: "24"', "2:9", "months: '24' is text, not a whole number", "write 24"),
    "pounds": ('wage: "£1,000,000"', "2:7", "wage: '£1,000,000' is neither a number nor a mapping", "write 1000000"),
    "per cent": ("population: {engaged: 12%}", "2:23", "population.engaged: '12%' is text, not a number", "write 0.12"),
    "millions": ("policy: {kind: levy, rate: 2.5m}", "2:28", "policy.rate: '2.5m' is text, not a number", "write 2500000"),
    "empty": ("months:", "2:8", "months: is empty (null); a whole number is needed", ""),
    "true as number": ("months: true", "2:9", "months: true is not a whole number", ""),
    "above": ("population: {engaged: 1.4}", "2:23", "population.engaged: 1.4 is above the largest allowed, 1; for 1.4% write 0.014", ""),
    "below": ("months: 0", "2:9", "months: 0 is below the smallest allowed, 1 months", ""),
    "negative": ("councils: [{name: b, budget: -5}]", "2:30", "councils.0.budget: -5 is below the smallest allowed, 0 GBP/year", ""),
    "choice": ("rule: majorty", "2:7", "rule: 'majorty' is not one of consensus, majority, leader_veto", "did you mean 'majority'?"),
    "kind": ("policy: {kind: grnt}", "2:16", "policy.kind: 'grnt' is not one of grant, levy", "did you mean 'grant'?"),
    "no kind": ("policy: {share: 1}", "2:9", "policy: does not say which kind it is; give the key 'kind'", ""),
    "yes": ("paired: yes", "2:9", "paired: 'yes' is text, not true or false", "write true"),
    "number as text": ("note: 3", "2:7", "note: 3 is not text", "put it in quotes"),
    "text as list": ("councils: Walsall", "2:11", "councils: 'Walsall' is not a list", "write [Walsall]"),
    "text as mapping": ("population: 5", "2:13", "population: 5 is not a mapping", ""),
    "too many": ("councils:" + "\n- {name: b, budget: 1}" * 4, "3:1", "councils: has 4 items; at most 3 are allowed", ""),
    "pattern": ("start: April 2006", "2:8", "start: 'April 2006' is not written as it should be", "First month, as 2006-04"),
    "key of the wrong kind": ("rates: {a: 1}", "2:9", "rates.a: 'a' is text, not a whole number", ""),
    "number as key": ("7: 1", "2:1", "7: 7 cannot be a key here", "put the key in quotes if it is a name"),
    "union": ("horizon: 2.5", "2:10", "horizon: 2.5 is neither a whole number nor 'end'", ""),
    "sum": ("shares: {b: 0.6, c: 0.5}", "2:9", "shares: the shares add up to 1.1, not 1", "they are shares of one budget"),
    "range": ("wage: {value: 5, low: 6, source: b, status: fitted}", "2:15", "wage.value: 5 is below the low end of its own range, 6", ""),
    "unknown name": ("instruments: {reward-grant: {}}", "2:15", "instruments.reward-grant: there is no instrument called 'reward-grant'", "did you mean 'reward_grant'?"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "place", "words", "hint"), MESSAGES.values(), ids=MESSAGES)
def test_a_value_that_does_not_fit_is_explained_where_it_stands(tmp_path, text, place, words, hint):
    (problem,) = refusal(tmp_path, f"title: a\n{text}\n").problems
    assert f"{problem.line}:{problem.column}" == place
    assert f"{problem.path}: {problem.message}".startswith(words)
    assert problem.hint == hint


def test_a_validator_may_find_several_misfits(tmp_path):
    councils = "title: a\ncouncils:\n" + "- {name: Northby, budget: 1}\n" * 3
    assert [p.path for p in refusal(tmp_path, councils).problems] == ["councils.1.name", "councils.2.name"]


def test_the_page_a_user_sees(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = VALID.replace("months: 24", "monts: 24").replace("share: 0.3", "share: 30")
    assert str(refusal(tmp_path.relative_to(tmp_path), text)) == (
        "town.yaml:3:1: error: monts: is not a key that is known here\n"
        "     3 | monts: 24\n"
        "       | ^^^^^\n"
        "       = hint: did you mean 'months'?\n"
        "town.yaml:15:30: error: policy.share: 30 is above the largest allowed, 1; for 30% write 0.3\n"
        "    15 | policy: {kind: grant, share: 30}\n"
        "       |                              ^^\n"
        "2 problems found"
    )


def test_many_problems_are_cut_to_a_page():
    error = ScenarioError(
        [Problem("a.yaml", i, 1, "p" * 500, "m" * 5000, "h" * 900, "s" * 10_000) for i in range(1, 500)]
    )
    assert len(str(error)) < 4000
    assert str(error).endswith("shown")
    short = ScenarioError([Problem("a.yaml", i, 1, "p", "m") for i in range(1, 500)])
    assert str(short).count("error:") == 20


def test_a_message_holds_no_control_characters(tmp_path):
    text = 'title: a\nrule: "\\e[31mred\\u202e\\n\\0"\n"\\e[0m\\nkey": 1\n'
    message = str(refusal(tmp_path, text))
    assert all(character.isprintable() or character == "\n" for character in message)


def test_the_caret_finds_its_character_in_a_long_line(tmp_path):
    lines = str(refusal(tmp_path, f"title: a\nrates: {{2006: 1, {' ' * 3000}a: 1}}\n")).splitlines()
    assert max(map(len, lines)) < 200
    assert lines[1][lines[2].index("^")] == "a"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "null"), (True, "true"), (0.1, "0.1"), (10**400, "a huge whole number"), ("\x1b", "'\\x1b'")],
)
def test_values_are_shown_as_they_would_be_written(value, shown):
    assert printable(value) == shown


def test_an_error_survives_the_way_back_from_a_worker():
    error = ScenarioError([Problem("a.yaml", 1, 2, "p", "m")])
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_an_error_may_be_a_sentence():
    assert str(ScenarioError("months: 0 is too few")) == "months: 0 is too few"

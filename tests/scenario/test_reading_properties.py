"""However a file is spoilt, it is either read or refused with a message."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_town import VALID, Town

from coalsim.scenario.errors import ScenarioError
from coalsim.scenario.reading import read, validate

PIECES = st.one_of(
    st.sampled_from(
        [
            "\t",
            "{",
            "}",
            "[",
            "]",
            "'",
            "\\",
            "\n",
            "\r",
            "%",
            "#",
            "?",
            "~",
            "`",
            "@",
            "\x00",
            "\x85",
            "\u2028",
            "\ufeff",
            "\ud7ff",
            "😀",
            "|",
            ">",
        ]
    ),
    st.sampled_from(["- ", ": ", '"', "&a ", "*a", "!!str ", "---\n", "...\n", "%YAML 1.2\n---\n", "<<: "]),
    st.sampled_from(["null", ".nan", "-.inf", "030", "1e999", "9" * 40, "0x", "no", "-1", "1.4", "true"]),
    st.sampled_from(["extends: town.yaml\n", "extends: ../..\n", "extends: "]),
    st.text(max_size=5),
)
EDITS = st.lists(
    st.tuples(st.integers(0, len(VALID)), st.integers(0, 12), PIECES, st.booleans()), min_size=1, max_size=6
)  # where, how much is cut, what is put there, whether a line is doubled


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(EDITS)
def test_a_spoilt_file_is_read_or_refused(edits):
    text = VALID
    for at, cut, piece, doubled in edits:
        text = text[:at] + piece + text[at + cut :]
        if doubled:
            lines = text.splitlines(keepends=True)
            where = at % len(lines) if lines else 0
            text = "".join(lines[:where] + lines[where : where + 1] * 2 + lines[where + 1 :])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.yaml"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            assert isinstance(validate(Town, read(path)), Town)
        except ScenarioError as refused:
            message, problems = str(refused), refused.problems
            assert 0 < len(message) < 4000
            assert all(problem.message for problem in problems)

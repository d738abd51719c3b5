"""What `coalsim check` says of a file, held to what every message must be."""

from pathlib import Path

from click.testing import CliRunner

from coalsim.cli import cli

LONGEST = 4000  # characters of a message


def is_valid(path: Path) -> tuple[bool, str]:
    """Whether a file is valid, and what is said; a refusal names a file of its folder, is short, and draws nothing."""
    result = CliRunner().invoke(cli, ["check", str(path)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    said = result.stderr
    assert result.exit_code in (0, 2)
    assert (result.exit_code == 0) == (said == "")
    if said:
        assert said.startswith(str(path.parents[1])), said
        assert ": error: " in said
        assert len(said) < LONGEST
        assert all(c.isprintable() or c == "\n" for c in said), said
    return not said, said

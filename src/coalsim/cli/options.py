"""Options that several commands share, and how `--set` is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


class Seed(click.ParamType[int]):
    """A whole number from 0 to 2**64 - 1."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, or a message with the range."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**64):
            self.fail(f"{text[:40]!r} is not a seed; give a whole number from 0 to {2**64 - 1}", param, ctx)
        return int(text)


workers_option = click.option(
    "--workers", type=click.IntRange(1, 1024), help="Processes; all cores by default. Results do not change."
)
quick_option = click.option(
    "--quick", is_flag=True, help="A few runs of everything: shows that it works, not what is true."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout and nothing else there."
)


def scenario_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every command that takes a scenario understands."""
    for option in (
        click.option("--world", metavar="NAME", help="Use another world, e.g. recession_2008."),
        click.option(
            "--set",
            "changes",
            metavar="PATH=VALUE",
            multiple=True,
            help="Change one value, e.g. --set months=60 (repeatable).",
        ),
        click.option("--seed", type=Seed(), help="Seed of the (first) run; 0 or the experiment's own by default."),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Keep results here; what it holds is not run again.",
        ),
        json_option,
    ):
        command = option(command)
    return command


def parse_changes(changes: tuple[str, ...]) -> dict[str, Any]:
    """`--set a.b=1` as {"a.b": 1}, typed as in a file."""
    from coalsim.scenario.parsing import parse_scalar

    overrides = {}
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals or not path:
            raise ValueError(f"--set {change[:60]}: write it as PATH=VALUE, for example --set months=60")
        if path in ("policy", "world", "seed"):
            raise ValueError(f"--set {change[:60]}: write --{path} {text[:40] or path.upper()}")
        overrides[path] = parse_scalar(text)
    return overrides

"""The command line: `coalsim COMMAND --help` tells more. Results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import sys

import click

from coalsim import __version__
from coalsim.cli.comparing import compare
from coalsim.cli.dashboard import dashboard
from coalsim.cli.files import check, list_family, new, schema
from coalsim.cli.fitting import calibrate, validate_model
from coalsim.cli.reporting import report
from coalsim.cli.results import map_results, repair, verify
from coalsim.cli.running import run
from coalsim.cli.studying import discover, sensitivity, tipping
from coalsim.console import BAD_INPUT, DONE, INTERRUPTED

COMMANDS = (
    run,
    map_results,
    compare,
    tipping,
    sensitivity,
    discover,
    calibrate,
    validate_model,
    report,
    dashboard,
    verify,
    repair,
    check,
    new,
    schema,
    list_family,
)


@click.group(commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="coalsim")
def cli() -> None:
    """Simulate local growth coalitions in real English places.

    \b
    coalsim compare scenarios/walsall.yaml      compare the options of a scenario
    coalsim run scenarios/walsall.yaml          run one policy
    coalsim tipping experiments/FILE.yaml       when does a tipping point emerge, and why
    coalsim sensitivity experiments/FILE.yaml   which uncertain factors matter
    coalsim discover experiments/FILE.yaml      under which conditions something happens
    coalsim calibrate experiments/FILE.yaml     fit parameters to targets
    coalsim validate-model experiments/FILE.yaml   hold the model against what is known
    coalsim report RESULTS                      a comparison as a page: worth its money, who pays, who gains
    coalsim dashboard                           a web page: move levers and look
    coalsim check scenarios/*.yaml              validate files
    coalsim new scenario NAME                   a file to begin with
    """


def main() -> None:
    """Entry point: Ctrl-C leaves with 130 and one line."""
    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Abort:
        code = stop()
    except KeyboardInterrupt:
        code = stop()
    except click.ClickException as error:
        error.show()
        code = BAD_INPUT
    sys.exit(code if isinstance(code, int) else DONE)


def stop() -> int:
    """Say that nothing was kept."""
    click.echo("stopped: nothing was written", err=True)
    return INTERRUPTED

"""An instrument that misbehaves in the runs of some seeds, for experiments that must survive it.

It is enlisted only where it is wanted: other tests look at every instrument there is.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np

from coalsim.policies.policy import Instrument, instruments


class Poison(Instrument):
    """Raises, exits, kills its process, sleeps, makes numbers undefined or loses money."""

    does: dict[str, Literal["raise", "exit", "kill", "sleep", "nan", "lose"]]  # by seed
    month: int = 2
    unless: str = ""  # a file that is an antidote

    def act(self, model: Any, localities: Any) -> None:
        """Misbehave, once."""
        if model.month != self.month or (self.unless and Path(self.unless).exists()):
            return
        match self.does.get(str(model.seed)):
            case "raise":
                raise KeyError(f"poison\nin seed {model.seed} \udc80")
            case "exit":
                sys.exit("poison")
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "sleep":
                time.sleep(2.1)
            case "nan":
                model.localities[0].quality[:] = np.nan
            case "lose":
                model.ledger.balances["Walsall", "council"] += 1


# Given after the class is made, a phase does not enlist it.
Poison.phase = "observation"


def enlist() -> None:
    """Let policy files name it."""
    instruments.register("poison", Poison)

"""Instruments that misbehave, for experiments that must survive it. Workers import them, so this folder is on their path.

They are enlisted only where they are wanted: other tests look at every instrument there is.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

from pydantic import Field

from coalsim.policies.policy import Instrument


class KillsItsWorker(Instrument):
    """As a run that needs more memory than there is."""

    in_seed: int = Field(0, description="Seed of the run that does it.")

    def act(self, model: Any, localities: Any) -> None:
        if model.seed == self.in_seed:
            os.kill(os.getpid(), signal.SIGKILL)


class Raises(Instrument):
    """As a defect that shows in one run only."""

    in_seed: int = Field(0, description="Seed of the run that does it.")

    def act(self, model: Any, localities: Any) -> None:
        if model.seed == self.in_seed:
            raise ZeroDivisionError("on purpose")


class Dawdles(Instrument):
    """Takes its time, and leaves a file named after the process that ran it."""

    seconds: float = Field(0.05, description="Each month.")
    footprints: str = Field("", description="Folder of the files.")

    def act(self, model: Any, localities: Any) -> None:
        time.sleep(self.seconds)
        if self.footprints:
            (Path(self.footprints) / str(os.getpid())).touch()


ALL: dict[str, type[Instrument]] = {"kills_its_worker": KillsItsWorker, "raises": Raises, "dawdles": Dawdles}
for kind in ALL.values():
    kind.phase = "settlement"  # given after the class is made, it does not enlist it

"""Instruments that misbehave in one run of an experiment. Workers import them, so this folder must be on their path."""

import os
import signal
import time
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from coalsim.policies import Instrument


class KillsItsWorker(Instrument):
    """As a run that needs more memory than there is."""

    phase: ClassVar[str] = "settlement"
    in_seed: int = Field(0, description="Seed of the run that does it.")

    def act(self, model: Any) -> None:
        if model.seed == self.in_seed:
            os.kill(os.getpid(), signal.SIGKILL)


class Raises(Instrument):
    """As a defect that shows in one run only."""

    phase: ClassVar[str] = "settlement"
    in_seed: int = Field(0, description="Seed of the run that does it.")

    def act(self, model: Any) -> None:
        if model.seed == self.in_seed:
            raise ZeroDivisionError("on purpose")


class Dawdles(Instrument):
    """Takes its time, and leaves a file named after the process that ran it."""

    phase: ClassVar[str] = "settlement"
    seconds: float = Field(0.02, description="Each month.")
    footprints: str = Field("", description="Folder of the files.")

    def act(self, model: Any) -> None:
        time.sleep(self.seconds)
        if self.footprints:
            (Path(self.footprints) / str(os.getpid())).touch()

"""Residents of working age: one to a home, homes in rows by neighbourhood."""

import numpy as np

from coalsim.agents.business import Business
from coalsim.columns import Column, ColumnAgent, Reference
from coalsim.names import OUTSIDE, QUALIFICATIONS


class Resident(ColumnAgent):
    """A person aged 16 to 64 who works, searches, learns, falls ill and recovers, moves, and may engage."""

    neighbourhood = Column(np.int32, unit="row", doc="Neighbourhood, numbered through all localities.")
    employer = Reference(
        Business, codes={OUTSIDE: "outside"}, doc="Where employed: a business, outside the locality, or none."
    )
    months_out = Column(
        np.int16, unit="months", doc="Months in the present spell without work, searching or not; at most 32,767."
    )
    status = Column(np.int8, unit="status", doc="Labour status.", labels=("inactive", "unemployed", "employed"))
    qualification = Column(np.int8, unit="NVQ level", doc="Highest qualification.", labels=QUALIFICATIONS)
    is_ill = Column(np.bool_, unit="1", doc="Whether a long-term illness limits what the person can do.")
    is_engaged = Column(np.bool_, unit="1", doc="Whether the person takes part in the coalition's work.")

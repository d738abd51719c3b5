"""Agents stored as columns that are still real Mesa agents.

```python
class Business(ColumnAgent):
    jobs = Column(np.int32, unit="jobs", doc="Jobs, filled or not.")
    is_alive = Column(np.bool_, doc="Whether it trades.")
    alive_column = "is_alive"

model = ColumnModel(rng=1)
table = model.add_table(Business, 1000)      # table["jobs"]: the live array, for kernels
businesses = model.agents_by_type[Business]  # businesses["jobs"]: read-only; businesses[0]: a handle
```
"""

from coalsim.columns.agent import ColumnAgent
from coalsim.columns.column import Column, Reference
from coalsim.columns.dictionary import columns_of
from coalsim.columns.errors import RemovedAgentError
from coalsim.columns.missing import NONE, take
from coalsim.columns.model import ColumnModel
from coalsim.columns.sets import ColumnSet
from coalsim.columns.table import Table
from coalsim.columns.union import ListedSet, UnionSet

__all__ = [
    "NONE",
    "Column",
    "ColumnAgent",
    "ColumnModel",
    "ColumnSet",
    "ListedSet",
    "Reference",
    "RemovedAgentError",
    "Table",
    "UnionSet",
    "columns_of",
    "take",
]

"""Money in integer pence: every payment leaves one account and enters another, so a month sums to zero by construction."""

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

GOVERNMENT = "central_government"
PROVIDERS = "providers"  # the staff, firms and claimants that public money is finally paid to
COALITION = "coalition"


class Ledger:
    """Accounts of the public bodies of every locality, and each month's payments by kind.

    Central government and providers are the two ends of every chain: only theirs may be overdrawn.
    """

    def __init__(self) -> None:
        self.balances: defaultdict[tuple[str, str], int] = defaultdict(int)
        # Booked months: number, what each entry is about (number of the locality, then of body and kind), pence
        self._booked: list[tuple[int, NDArray[np.uint32], NDArray[np.int64]]] = []
        self._localities: dict[str, int] = {}
        self._accounts: dict[tuple[str, str], int] = {}
        self.month = 0
        # This month's payments by locality, then by body and kind
        self.flows: defaultdict[str, defaultdict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        self.received: defaultdict[tuple[str, str], int] = defaultdict(int)  # and in all, by locality and body

    def open_month(self, month: int) -> None:
        """Begin a month; payments from here on belong to it."""
        self.month = month
        self.flows.clear()
        self.received.clear()

    def pay(self, locality: str, payer: str, payee: str, kind: str, pence: int) -> None:
        """Move whole pence from one body to another.

        Raises
        ------
        ValueError
            If the amount is not a whole number from nought, or the payer has less.
        """
        if type(pence) is not int or pence < 0:
            raise ValueError(f"{locality}, {payer} to {payee}, {kind}: {pence!r} is not a whole number of pence from 0")
        if pence == 0:
            return
        left = self.balances[locality, payer] - pence
        if left < 0 and payer not in (GOVERNMENT, PROVIDERS):
            raise ValueError(f"{locality}: {payer} pays {pence} pence for {kind} and has {left + pence}")
        self.balances[locality, payer] = left
        self.balances[locality, payee] += pence
        self.received[locality, payer] -= pence
        self.received[locality, payee] += pence
        flows = self.flows[locality]
        flows[payer, kind] -= pence
        flows[payee, kind] += pence

    def balance(self, locality: str, body: str) -> int:
        """What a body holds, pence."""
        return self.balances[locality, body]

    def flow(self, locality: str, body: str, kind: str) -> int:
        """What a body received under a kind this month, pence; negative when it paid."""
        return self.flows[locality].get((body, kind), 0)

    def close_month(self) -> None:
        """Book the month's payments by locality, body and kind.

        Raises
        ------
        ArithmeticError
            If the month or all balances do not sum to zero: a defect of the program, never of a scenario.
        """
        if sum(self.balances.values()):
            raise ArithmeticError(f"month {self.month}: balances sum to {sum(self.balances.values())} pence, not 0")
        about, amounts = [], []
        for locality, flows in self.flows.items():
            if sum(flows.values()):
                raise ArithmeticError(
                    f"{locality}, month {self.month}: payments sum to {sum(flows.values())} pence, not 0"
                )
            place = self._localities.setdefault(locality, len(self._localities)) << 16
            for account, pence in flows.items():
                if pence:  # what only passed through a body leaves no entry
                    about.append(place | self._accounts.setdefault(account, len(self._accounts)))
                    amounts.append(pence)
        self._booked.append((self.month, np.array(about, dtype=np.uint32), np.array(amounts, dtype=np.int64)))

    def forget(self) -> None:
        """Let go of the months booked so far, once they are written down elsewhere; balances stay."""
        self._booked.clear()

    def table(self) -> "pd.DataFrame":
        """All booked payments: month, locality, body, kind, pence (received positive, paid negative)."""
        import pandas as pd

        months, about, amounts = zip(*self._booked) if self._booked else ((), (), ())
        what, pence = np.concatenate([_NOTHING, *about]), np.concatenate([_NOTHING, *amounts])
        accounts = what & 0xFFFF
        return pd.DataFrame(
            {
                "month": np.repeat(np.array(months, dtype=np.int64), [one.size for one in about]),
                "locality": _named(list(self._localities), what >> 16),
                "body": _named([body for body, _ in self._accounts], accounts),
                "kind": _named([kind for _, kind in self._accounts], accounts),
                "pence": pence,
            }
        )


_NOTHING: NDArray[np.int64] = np.empty(0, dtype=np.int64)


def _named(names: list[str], codes: NDArray[np.int64]) -> "pd.Series[str]":
    import pandas as pd

    return pd.Series(np.array(names, dtype=object)[codes], dtype=str)

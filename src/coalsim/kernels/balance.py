"""Rates at which a labour market of six states stands still: inactive, unemployed, employed, each without or with illness."""

import numpy as np

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import logistic


def stationary(chance, share):
    """Fill `share` (6,) with the stationary distribution of a monthly chain with off-diagonal chances (6, 6), row to column.

    Solves x = x P by elimination in a fixed order (Grassmann, Taksar and Heyman 1985), which subtracts nothing and so
    keeps full precision; every state must be reachable.
    """
    size = share.size
    p = chance.copy()
    for k in range(size - 1, 0, -1):
        out = 0.0
        for j in range(k):
            out += p[k, j]
        for i in range(k):
            p[i, k] /= out
            for j in range(k):
                if i != j:
                    p[i, j] += p[i, k] * p[k, j]
    total = 1.0
    share[0] = 1.0
    for k in range(1, size):
        share[k] = 0.0
        for i in range(k):
            share[k] += share[i] * p[i, k]
        total += share[k]
    for k in range(size):
        share[k] /= total


def hold(
    inactive, unemployed, falling_ill, recovering, finding, giving_up, leaving, ill_return, separating, searching, share
):
    """Separation and search that hold given shares of inactive and unemployed residents, for one cell.

    Parameters
    ----------
    inactive, unemployed : float, shares to be held, both illness states together
    falling_ill, recovering : float, 1/month
    finding, giving_up, leaving : (2,) float64, without and with illness, 1/month
    ill_return : float, search with illness relative to without
    separating, searching : (1,) float64, filled, 1/month (search without illness)
    share : (6,) float64, filled: status times 2 plus illness
    """
    chance = np.zeros((6, 6))
    employed = 1.0 - inactive - unemployed
    mean_finding = (finding[0] + finding[1]) / 2.0
    separating[0] = mean_finding * unemployed / employed
    searching[0] = (giving_up[0] * unemployed + leaving[0] * employed) / inactive
    for _ in range(200):
        for status in range(3):
            chance[2 * status, 2 * status + 1] = falling_ill
            chance[2 * status + 1, 2 * status] = recovering
        for ill in range(2):
            chance[0 + ill, 2 + ill] = searching[0] * (ill_return if ill else 1.0)
            chance[2 + ill, 4 + ill] = finding[ill]
            chance[2 + ill, 0 + ill] = giving_up[ill]
            chance[4 + ill, 2 + ill] = separating[0]
            chance[4 + ill, 0 + ill] = leaving[ill]
        stationary(chance, share)
        now_inactive = share[0] + share[1]
        now_unemployed = share[2] + share[3]
        now_employed = share[4] + share[5]
        error = abs(now_inactive / inactive - 1.0) + abs(now_unemployed / unemployed - 1.0)
        separating[0] *= (unemployed / now_unemployed) * (now_employed / employed)
        searching[0] *= (now_inactive / inactive) * (employed / now_employed)
        separating[0] = min(max(separating[0], 1e-5), 0.2)
        searching[0] = min(max(searching[0], 1e-5), 0.6)
        if error < 1e-10:
            break


def hold_all(inactive, unemployed, falling_ill, recovering, finding, giving_up, leaving, ill_return,
             separating, searching, status):  # fmt: skip
    """`hold` for every neighbourhood and level: fills `separating` and `searching` (n, 5), and `status` (n, 5, 2, 3), the
    shares of each illness state that are inactive, unemployed and employed. Arguments (n, 5), `finding` (n, 5, 2)."""
    share = np.empty(6)
    for i in range(inactive.shape[0]):
        for level in range(5):
            hold(
                inactive[i, level], unemployed[i, level], falling_ill[i, level], recovering, finding[i, level], giving_up,
                leaving, ill_return, separating[i, level : level + 1], searching[i, level : level + 1], share,
            )  # fmt: skip
            for ill in range(2):
                whole = share[ill] + share[2 + ill] + share[4 + ill]
                for k in range(3):
                    status[i, level, ill, k] = share[2 * k + ill] / whole


def with_mean(log_odds, mean, rates):
    """Fill `rates` (n,) with the given differences in log odds so that their plain mean is `mean`."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2.0
        total = 0.0
        for i in range(log_odds.size):
            total += logistic(middle + log_odds[i])
        if total / log_odds.size > mean:
            high = middle
        else:
            low = middle
    middle = (low + high) / 2.0
    for i in range(log_odds.size):
        rates[i] = logistic(middle + log_odds[i])


stationary = compile(stationary)
hold = compile(hold)
hold_all = compile(hold_all)
with_mean = compile(with_mean)

"""What a plan is worth: the marginal gain of a pound in each neighbourhood and domain."""

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import logistic, power
from coalsim.kernels.random import threshold


def priorities(condition, spend, need, quality, deprivation, weights, focus, rho, eta, severe, out):
    """Gain in place quality of one more pound a head, weighted by how deprived the neighbourhood is.

    The gain is d target / d pound times d quality / d condition: eta x**(eta-1) / (1 + x**eta)**2 / need times
    w (Q/c)**(1-rho). Deprivation weighs by a logistic step around the worst tenth.

    Parameters
    ----------
    condition, spend, need : (n, 5) float64, spend and need in GBP per head and year
    quality, deprivation : (n,) float64
    weights, focus : (5,) float64, weights of place quality and of the plan's targets
    severe : float, z-score of the worst tenth
    out : (n, 5) float64, filled with non-negative priorities
    """
    n, domains = condition.shape
    for i in range(n):
        severity = 0.05 + logistic(2.0 * (deprivation[i] - severe))
        for d in range(domains):
            x = max(spend[i, d] / need[i, d], 1e-6)
            y = power(x, eta)
            gain = eta * y / x / (1.0 + y) ** 2 / need[i, d]
            worth = weights[d] * power(quality[i] / condition[i, d], 1.0 - rho)
            out[i, d] = gain * worth * severity * focus[d]


def shares(priority, homes, allowed, accuracy, out):
    """Fill `out` (n, 5) with shares of money, summing to 1 over the allowed domains.

    A share `accuracy` follows priority times homes; the rest is flat: the same for every home and allowed domain.
    """
    n, domains = priority.shape
    wanted = 0.0
    flat = 0.0
    for i in range(n):
        for d in range(domains):
            if allowed[d]:
                wanted += priority[i, d] * homes[i]
                flat += homes[i]
    for i in range(n):
        for d in range(domains):
            out[i, d] = 0.0
            if allowed[d]:
                out[i, d] = (1.0 - accuracy) * homes[i] / flat
                if wanted > 0.0:
                    out[i, d] += accuracy * priority[i, d] * homes[i] / wanted
                else:
                    out[i, d] += accuracy * homes[i] / flat


def engaging(rest, effect, change, peer, engaged, homes, beta, out):
    """Thresholds `out` (n,) int64 of engaging, logistic(2 beta (rest + effect x change + peer x m)), in each neighbourhood.

    `change` (n,) float64 is what draws residents in, `engaged` and `homes` (n,) int64 make m, their mean choice so far.
    """
    for i in range(change.size):
        m = 2.0 * (engaged[i] / homes[i]) - 1.0
        out[i] = threshold(logistic(2.0 * beta * (rest + effect * change[i] + peer * m)))


priorities = compile(priorities)
shares = compile(shares)
engaging = compile(engaging)

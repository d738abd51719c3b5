"""Keyed random numbers: Philox4x32-10, where every draw has an address instead of a place in a sequence.

The address is the counter (agent number, month, stream, place) under the run's key, so that one more agent, draw or
policy moves nobody else's luck. Each address gives four 32-bit words. The agent number, the month, the stream (see
`streams`) and the place (a partner, a neighbourhood or the number of the draw within the month) are whole numbers from
0 to 2**32 - 1, checked before a run and not here: a negative one, such as `NONE`, wraps when compiled.

References
----------
Salmon, J., Moraes, M., Dror, R. and Shaw, D. (2011), Parallel random numbers: as easy as 1, 2, 3. SC11. The
multipliers and the key increments are those of its section 3.3 and of the Random123 library.
"""

import numpy as np

from coalsim.kernels.compiling import compile

# All arithmetic is in uint64 that never overflows: 32 x 32 bits fit, sums are masked. Mixed with a plain integer,
# numba would make it int64 and with int64 float64, so every constant is wrapped.
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
INCREMENT_0 = np.uint64(0x9E3779B9)
INCREMENT_1 = np.uint64(0xBB67AE85)

WORDS = 4294967296.0  # 2**32, how many values a word has
STEP = 2.0**-32
ROOT_3 = 1.7320508075688772


def key(seed):
    """The two key words of a run, ints from 0 to 2**32 - 1, by numpy's `SeedSequence`.

    Raises
    ------
    ValueError
        If `seed` is not a whole number from 0 to 2**64 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**64:
        raise ValueError(f"seed: {seed!r} is not a seed; give a whole number from 0 to {2**64 - 1}")
    k0, k1 = np.random.SeedSequence(int(seed)).generate_state(2, np.uint32)
    return int(k0), int(k1)


def mix(c0, c1, c2, c3, k0, k1):
    """One round of Philox4x32; uint64 in and out, all below 2**32."""
    a = MULTIPLIER_0 * c0
    b = MULTIPLIER_1 * c2
    return (b >> HALF) ^ c1 ^ k0, b & LOW, (a >> HALF) ^ c3 ^ k1, a & LOW


def philox(c0, c1, c2, c3, k0, k1):
    """The ten rounds of Philox4x32-10.

    Parameters
    ----------
    c0, c1, c2, c3 : uint64 below 2**32
        The counter.
    k0, k1 : uint64 below 2**32
        The key.

    Returns
    -------
    four uint64 below 2**32
    """
    c0, c1, c2, c3 = mix(c0, c1, c2, c3, k0, k1)
    for _ in range(9):
        k0 = (k0 + INCREMENT_0) & LOW
        k1 = (k1 + INCREMENT_1) & LOW
        c0, c1, c2, c3 = mix(c0, c1, c2, c3, k0, k1)
    return c0, c1, c2, c3


def draw(agent, month, stream, place, k0, k1):
    """The four words, uint32, at one address; see the module for the ranges."""
    w0, w1, w2, w3 = philox(
        np.uint64(agent), np.uint64(month), np.uint64(stream), np.uint64(place), np.uint64(k0), np.uint64(k1)
    )
    return np.uint32(w0), np.uint32(w1), np.uint32(w2), np.uint32(w3)


def fill(first, month, stream, place, k0, k1, w0, w1, w2, w3):
    """The words of `draw` for the agents numbered first, first + 1, ..., written into four arrays.

    Parameters
    ----------
    first : int
        Number of the first agent; first + n stays below 2**32.
    month, stream, place, k0, k1 : int
    w0, w1, w2, w3 : (n,) uint32, contiguous, overwritten; nothing happens if n is 0
    """
    c0, c1, c2, c3 = np.uint64(first), np.uint64(month), np.uint64(stream), np.uint64(place)
    k0, k1 = np.uint64(k0), np.uint64(k1)
    for i in range(w0.size):
        a, b, c, d = philox((c0 + np.uint64(i)) & LOW, c1, c2, c3, k0, k1)
        w0[i] = np.uint32(a)
        w1[i] = np.uint32(b)
        w2[i] = np.uint32(c)
        w3[i] = np.uint32(d)


def uniform(word):
    """A uniform float64 strictly between 0 and 1 from a word: the middle of its interval, (word + 1/2) / 2**32."""
    return (np.float64(word) + 0.5) * STEP


def threshold(probability):
    """The int64 T from 0 to 2**32 for which `word < T` has this probability, to the nearest 2**-32.

    0 (never) for a probability below 2**-33, at or below 0, or nan; 2**32 (always) at or above 1 - 2**-33.
    """
    if not probability > 0.0:
        return np.int64(0)
    if probability >= 1.0:
        return np.int64(WORDS)
    return np.int64(probability * WORDS + 0.5)


def normal_word(w0, w1, w2, w3):
    """An approximately standard normal float64 from four words: their uniforms' sum, less its mean 2, times sqrt(3).

    The Irwin-Hall distribution of four (Johnson, Kotz and Balakrishnan 1995, 26.9) has variance 4/12. Mean 0,
    variance 1 and skewness 0 are exact; kurtosis is 3 - 6/(5 x 4) = 2.7, and nothing lies beyond +-sqrt(12) = 3.46.
    Fit for noise, not for what hangs on the tails: beyond +-3 lies 0.04% instead of 0.27%.
    """
    total = np.float64(w0) + np.float64(w1) + np.float64(w2) + np.float64(w3)
    return ((total + 2.0) * STEP - 2.0) * ROOT_3


mix = compile(mix, forceinline=True)
philox = compile(philox, forceinline=True)
draw = compile(draw, forceinline=True)
fill = compile(fill)
uniform = compile(uniform, forceinline=True)
threshold = compile(threshold)
normal_word = compile(normal_word, forceinline=True)

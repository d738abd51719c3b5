"""Where the tiles of a nation's places lie: a square each, near where the place is, without any outside boundaries.

Positions are those of counties and single authorities, from memory and to some ten kilometres; within a county the order of
districts is arbitrary. Crowded areas swell, so a tile says which part of the country a place belongs to, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int64]

# Easting and northing on the national grid, km: of the counties by the first two letters of their districts' codes, and of
# districts that belong to none.
COUNTIES = {
    "09": (508, 240), "11": (485, 205), "12": (545, 270), "13": (365, 365), "15": (195, 55), "16": (335, 525),
    "17": (428, 360), "18": (280, 95), "19": (375, 95), "20": (420, 540), "21": (555, 112), "22": (575, 215),
    "23": (390, 215), "24": (450, 130), "26": (525, 215), "29": (590, 150), "30": (365, 435), "31": (455, 305),
    "32": (510, 365), "33": (605, 310), "34": (480, 265), "35": (405, 600), "36": (440, 475), "37": (462, 355),
    "38": (448, 208), "39": (345, 305), "40": (325, 130), "41": (395, 325), "42": (605, 260), "43": (510, 150),
    "44": (428, 262), "45": (505, 115), "46": (405, 155), "47": (388, 262),
}  # fmt: skip
DISTRICTS = {
    "00AA": (532, 181), "00AB": (548, 185), "00AC": (524, 192), "00AD": (549, 175), "00AE": (520, 185), "00AF": (542, 166),
    "00AG": (528, 184), "00AH": (533, 164), "00AJ": (516, 181), "00AK": (533, 196), "00AL": (541, 177), "00AM": (535, 185),
    "00AN": (523, 178), "00AP": (531, 190), "00AQ": (514, 189), "00AR": (554, 188), "00AS": (507, 183), "00AT": (513, 175),
    "00AU": (531, 185), "00AW": (525, 179), "00AX": (519, 167), "00AY": (531, 174), "00AZ": (538, 173), "00BA": (526, 169),
    "00BB": (541, 183), "00BC": (543, 190), "00BD": (517, 173), "00BE": (534, 176), "00BF": (527, 163), "00BG": (536, 182),
    "00BH": (538, 190), "00BJ": (526, 174), "00BK": (528, 181),
    "00BL": (370, 409), "00BM": (380, 411), "00BN": (384, 395), "00BP": (394, 405), "00BQ": (390, 414), "00BR": (375, 400),
    "00BS": (390, 388), "00BT": (394, 398), "00BU": (378, 391), "00BW": (360, 405),
    "00BX": (344, 393), "00BY": (338, 390), "00BZ": (353, 396), "00CA": (334, 402), "00CB": (328, 387),
    "00CC": (432, 406), "00CE": (458, 403), "00CF": (445, 393), "00CG": (433, 387),
    "00CH": (422, 560), "00CJ": (424, 566), "00CK": (433, 571), "00CL": (437, 563), "00CM": (438, 555),
    "00CN": (407, 286), "00CQ": (432, 279), "00CR": (392, 288), "00CS": (400, 291), "00CT": (417, 280), "00CU": (402, 299),
    "00CW": (391, 299),
    "00CX": (412, 435), "00CY": (405, 425), "00CZ": (415, 415), "00DA": (430, 435), "00DB": (436, 419),
    "00EB": (450, 532), "00EC": (450, 518), "00EE": (462, 518), "00EF": (443, 519), "00EH": (429, 515), "00ET": (353, 382),
    "00EU": (362, 388), "00EX": (369, 427), "00EY": (331, 436), "00FA": (510, 430), "00FB": (495, 440), "00FC": (525, 408),
    "00FD": (492, 410), "00FF": (460, 452), "00FK": (436, 336), "00FN": (459, 305), "00FP": (490, 308), "00FY": (457, 340),
    "00GA": (350, 245), "00GF": (370, 311), "00GL": (388, 347), "00HA": (368, 162), "00HB": (359, 174), "00HC": (344, 167),
    "00HD": (367, 183), "00HG": (248, 56), "00HH": (290, 63), "00HN": (410, 93), "00HP": (401, 92), "00HX": (418, 186),
    "00JA": (517, 300), "00KA": (508, 222), "00KF": (588, 187), "00KG": (563, 181), "00LC": (577, 168), "00MA": (487, 168),
    "00MB": (447, 172), "00MC": (471, 173), "00MD": (498, 180), "00ME": (489, 179), "00MF": (479, 169), "00MG": (485, 240),
    "00ML": (531, 106), "00MR": (466, 101), "00MS": (443, 113), "00MW": (448, 87),
}  # fmt: skip
APART = 9.0  # km between the districts of a county before tiles are dealt
TILE = 18.0  # km, side of a tile


def tiles(codes: Sequence[str]) -> Cells:
    """Column and row of each place's tile (n, 2), rows counted from the south; every place has one of its own.

    Places of which no position is known are laid out beside each other below the rest.
    """
    return _tiles(tuple(codes)).copy()


@cache
def _tiles(codes: tuple[str, ...]) -> Cells:
    from scipy.optimize import linear_sum_assignment

    cells = np.zeros((len(codes), 2), dtype=np.int64)
    at = positions(codes)
    known = np.flatnonzero(np.isfinite(at[:, 0]))
    if known.size:
        where = at[known] / TILE
        low, high = np.floor(where.min(axis=0)).astype(int) - 2, np.ceil(where.max(axis=0)).astype(int) + 3
        columns, rows = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
        free = np.stack([columns.ravel(), rows.ravel()], axis=1)
        distance = ((where[:, None, :] - (free[None, :, :] + 0.5)) ** 2).sum(axis=2)
        _, taken = linear_sum_assignment(distance)
        cells[known] = free[taken] - free[taken].min(axis=0)
    unknown = np.flatnonzero(~np.isfinite(at[:, 0]))
    if unknown.size:
        width = int(cells[known, 0].max()) + 1 if known.size else int(np.ceil(np.sqrt(unknown.size)))
        if known.size:
            cells[known, 1] += -(-unknown.size // width) + 1
        cells[unknown, 0], cells[unknown, 1] = np.arange(unknown.size) % width, np.arange(unknown.size) // width
    return cells


def positions(codes: Sequence[str]) -> NDArray[np.float64]:
    """Easting and northing of each place, km (n, 2); nan where neither it nor its county is known."""
    found = np.full((len(codes), 2), np.nan)
    members: dict[str, list[int]] = {}
    for k, code in enumerate(codes):
        if code in DISTRICTS:
            found[k] = DISTRICTS[code]
        elif code[:2] in COUNTIES:
            members.setdefault(code[:2], []).append(k)
    for county, places in members.items():
        for rank, k in enumerate(sorted(places, key=lambda k: codes[k])):
            turn, far = (
                2.399963 * rank,
                APART * np.sqrt(rank + 0.5),
            )  # a sunflower's spiral: even, with no direction of its own
            found[k] = COUNTIES[county][0] + far * np.cos(turn), COUNTIES[county][1] + far * np.sin(turn)
    return found

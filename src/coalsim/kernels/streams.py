"""The register of random streams: one number for each purpose that draws.

Append only. A number is never changed or used again, since every published result hangs on it; a purpose that goes
leaves its number behind. `tests/kernels/test_random.py` holds the frozen copy.
"""

RESIDENT_LIFE = 1  # births, deaths, moves and other events of a resident's month
RESIDENT_START = 2  # what a resident is like when the scenario begins
RESIDENT_NEWCOMER = 3  # what a resident is like who is born or moves in later
RESIDENT_ENGAGE = 4  # whether a resident engages with the coalition
BUSINESS_MONTH = 5  # a business's month: demand, productivity, hiring plans
BUSINESS_START = 6  # what a business is like when the scenario begins
BUSINESS_ENTRY = 7  # whether and as what a new business enters
BUSINESS_ENGAGE = 8  # whether a business engages with the coalition
PARTNER_JOIN = 9  # whether a partner joins or leaves the coalition
HIRING = 10  # who fills which vacancy
COMMUTER = 11  # workers who live outside the area
GEOGRAPHY = 12  # the layout of neighbourhoods
CONDITIONS_START = 13  # local conditions when the scenario begins
BUSINESS_EXIT = 14  # whether a business closes
LOCAL_DEMAND = 15  # demand for labour in and around a place
NEIGHBOURHOOD_CHANGE = 16  # how deprived a neighbourhood becomes by itself
ADOPTION = 17  # which places adopt a policy that is rolled out at random

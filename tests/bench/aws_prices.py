"""What a request costs and how long it takes on AWS, by the service's price and limits.

Dollars per million, list prices of us-east-1 without volume discounts or free tiers;
milliseconds as (median, 99th percentile), of a warm deployment in one region.  The sums
are printed with their parts, so a reader may put in his own.
"""

import math

from templates import load

WRITE_UNIT, READ_UNIT = 0.625, 0.125
SQS_REQUEST, FIFO_REQUEST = 0.40, 0.50
S3_PUT, S3_GET = 5.0, 0.40
HTTP_API_REQUEST = 1.00
LAMBDA_REQUEST = 0.20
LAMBDA_MB_MS_ARM = 13.3334 / 1024 / 1000
SCHEDULE = 1.00

ALARM, DASHBOARD = 0.10, 3.00
"""Dollars a month, for each."""

# --- logs ----------------------------------------------------------------------------

LOG_GIGABYTE = 0.50
LOG_EVENT_BYTES = 26
"""What CloudWatch adds to each line."""
PLATFORM_BYTES = 900
"""Lambda's own lines about an invocation, where SystemLogLevel lets them through."""

# --- milliseconds --------------------------------------------------------------------

HTTP_API_MS = (8, 30)
INVOKE_MS = (5, 25)
MS_OF_CALL = {
    "GetItem": (4, 12),
    "BatchGetItem": (4, 12),
    "Query": (4, 12),
    "PutItem": (6, 20),
    "UpdateItem": (6, 20),
    "DeleteItem": (6, 20),
    "BatchWriteItem": (8, 25),
    "SendMessage": (8, 35),
    "SendMessageBatch": (8, 35),
    "ReceiveMessage": (8, 40),
    "DeleteMessage": (8, 35),
    "DeleteMessageBatch": (8, 35),
    "CreateQueue": (30, 120),
    "ChangeMessageVisibility": (8, 35),
    "ChangeMessageVisibilityBatch": (8, 35),
    "PutObject": (20, 80),
    "GetObject": (15, 60),
}

# --- processor -----------------------------------------------------------------------

CPU_OF_CALL_MS = (1.0, 2.5)
"""Of our code and botocore's for a call, all told.

The CPU time of the handlers without moto's part is 0.8 ms a call on one of today's
server processors; a quarter is added for Lambda's.
"""
CPU_OF_INVOCATION_MS = (0.5, 1.5)

FULL_CPU_MB = 1_769
"""The memory that comes with one whole processor."""
CPU_PERIOD_MS = 20
"""A smaller function computes for its share of each period, and then stands still."""


def elapsed(memory, steps):
    """Return a function's milliseconds for steps of (milliseconds of CPU, waiting)."""
    share = CPU_PERIOD_MS * memory / FULL_CPU_MB
    now, period, left = 0.0, 0, share
    for cpu, waiting in steps:
        needed = cpu
        while needed > 0:
            if now // CPU_PERIOD_MS > period:
                period, left = now // CPU_PERIOD_MS, share
            if left <= 0:
                now = (period + 1) * CPU_PERIOD_MS
                continue
            computed = min(needed, left)
            needed, left, now = needed - computed, left - computed, now + computed
        now += waiting
    return now


def median_ms(memory, calls, threads=1):
    """Return the milliseconds of an invocation with these calls, all at their median.

    Threads wait side by side, and compute one after the other.
    """
    spent = [(CPU_OF_CALL_MS[0], MS_OF_CALL[name][0] / threads) for name in calls]
    return elapsed(memory, [(CPU_OF_INVOCATION_MS[0], 0), *_in_turn(spent)])


def drawn_ms(dice, memory, calls, *, is_waiting=False):
    """Return the milliseconds of an invocation with these calls, each a draw.

    One that ``is_waiting`` has been called before, and has sent its first request.
    """
    spent = [
        (draw(dice, CPU_OF_CALL_MS), draw(dice, MS_OF_CALL[name])) for name in calls
    ]
    if not is_waiting:
        return elapsed(
            memory, [(draw(dice, CPU_OF_INVOCATION_MS), 0), *_in_turn(spent)]
        )
    (first, delivered), *others = spent
    return delivered + elapsed(memory, [(first / 2, 0), *_in_turn(others)])


def _in_turn(spent):
    """Yield half of a call's CPU before its answer, and half after."""
    for needed, waiting in spent:
        yield needed / 2, waiting
        yield needed / 2, 0


def draw(dice, spread):
    """Return a draw of the lognormal with this median and 99th percentile."""
    median, high = spread
    return median * math.exp(dice.gauss(0, math.log(high / median) / 2.326))


# --- what the template says ----------------------------------------------------------


def memory_of(function):
    """Return the megabytes that a function has unless a parameter says otherwise."""
    properties = load("template")["Resources"][f"{function}Function"]["Properties"]
    match properties["MemorySize"]:
        case {"Ref": name}:
            return load("template")["Parameters"][name]["Default"]
        case megabytes:
            return megabytes


def source_of(function, event):
    """Return the properties of one of a function's event sources."""
    properties = load("template")["Resources"][f"{function}Function"]["Properties"]
    return properties["Events"][event]["Properties"]


def default_of(parameter):
    """Return what a parameter of the template is unless told otherwise."""
    return load("template")["Parameters"][parameter]["Default"]


def platform_bytes():
    """Return what Lambda itself writes about an invocation that went well."""
    logging = load("template")["Globals"]["Function"]["LoggingConfig"]
    return 0 if logging["SystemLogLevel"] == "WARN" else PLATFORM_BYTES

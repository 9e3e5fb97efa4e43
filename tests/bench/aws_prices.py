"""What a request costs and how long it takes on AWS, by the service's price and limits.

Dollars per million; milliseconds as (median, 99th percentile), of a warm deployment in
one region.  The sums are printed with their parts, so a reader may put in his own.
"""

import math

HTTP_API_REQUEST = 1.00
LAMBDA_REQUEST = 0.20
LAMBDA_MS_512_MB_ARM = 0.0067
LOG_BYTES_PER_INVOCATION = 300
LOG_GIGABYTE = 0.50
HTTP_CHUNK = 512 * 1024

CPU_MS = (4, 10)
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


def draw(dice, spread):
    """Return a draw of the lognormal with this median and 99th percentile."""
    median, high = spread
    return median * math.exp(dice.gauss(0, math.log(high / median) / 2.326))

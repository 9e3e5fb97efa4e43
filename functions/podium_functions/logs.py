"""The logs of a function: JSON lines for CloudWatch, each with its request's id."""

from __future__ import annotations

import logging
import os
import sys
from functools import cache

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

LEVEL = "PODIUM_LOG_LEVEL"
_NOISY = ("boto3", "botocore", "urllib3")


@cache
def set_up_logs() -> LambdaPowertoolsFormatter:
    """Send all logs through one handler, in place of Lambda's own; return its form.

    AWS's libraries tell about every connection, so they speak from WARNING on.
    """
    level = os.environ.get(LEVEL, "INFO")
    formatter = LambdaPowertoolsFormatter(utc=True, use_rfc3339=True)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    return formatter

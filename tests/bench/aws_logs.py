"""What the functions log, in the bytes that CloudWatch takes in."""

import logging
from contextlib import contextmanager

import aws_prices as prices
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter


class Lines(logging.Handler):
    """Counts the bytes of what our functions log at the level they do so by default."""

    def __init__(self):
        super().__init__()
        self.setFormatter(LambdaPowertoolsFormatter(utc=True, use_rfc3339=True))
        self.bytes = 0

    def emit(self, record):
        self.bytes += len(self.format(record).encode()) + prices.LOG_EVENT_BYTES

    @contextmanager
    def heard(self):
        ours = [logging.getLogger(name) for name in ("podium", "podium_functions")]
        level = prices.default_of("LogLevel")
        before = [(one, one.level) for one in ours]
        self.bytes = 0
        for one in ours:
            one.setLevel(level)
            one.addHandler(self)
        try:
            yield self
        finally:
            for one, was in before:
                one.setLevel(was)
                one.removeHandler(self)

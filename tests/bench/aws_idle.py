"""What a deployment costs a month in which nothing happens.

Ten task types and ten workers that poll through the API, held as long as the template
has every poll held at least (or poll SQS themselves); Lambda's own polling of the
queues; the sweep of each minute.  Alarms and dashboard are listed apart: they cost the
same at any load, and ``Alarms: off`` leaves them out.
"""

import aws_prices as prices
from aws_deployment import POLLERS, Account, deployed

from aws_homes import open_over
from templates import resources

WORKERS = 10
HOURS = 730
SECONDS = HOURS * 3_600
WATCHED = 120
"""Seconds that are simulated."""
LONG_POLL = 20
"""Seconds that Lambda waits for a message at a time."""


def measure():
    """Yield (name, value, unit)."""
    items = {**_polls(), **_sources(), **_sweeps()}
    for name, dollars in items.items():
        yield f"aws.idle: {name}", dollars, "$/mo"
    yield "aws.idle_usd_per_month", sum(items.values()), "$/mo"
    waiting = WORKERS * SECONDS / LONG_POLL * prices.SQS_REQUEST / 1e6
    natively = waiting + sum({**_sources(), **_sweeps()}.values())
    yield "aws.idle_native_usd_per_month", natively, "$/mo"
    alarms = sum(
        "Condition" not in one
        for one in resources("observability", "AWS::CloudWatch::Alarm").values()
    )
    boards = len(resources("observability", "AWS::CloudWatch::Dashboard"))
    fixed = prices.ALARM * alarms + prices.DASHBOARD * boards
    yield "aws.fixed_usd_per_month", fixed, "$/mo"


def _polls():
    """Return what workers' polls cost that find nothing, counted over some minutes."""
    held = prices.default_of("PollHold")
    times = WATCHED // held
    query = "count=1&workerid=w&timeout=0"
    with deployed(1) as cloud, cloud.counting(with_guards=False) as account:
        for _ in range(times):
            for number in range(WORKERS):
                path = f"/api/tasks/poll/batch/idle_{number}"
                assert not cloud.request("GET", path, None, query)
            cloud.clock.advance(held * 1_000)
        polled = times * WORKERS
        account.lambda_mb_ms += polled * held * 1_000 * prices.memory_of("Worker")
    polls = SECONDS / held * WORKERS
    items = account.items(polled)
    return {
        f"polls, {name}": value * polls / 1e6
        for name, value in items.items()
        if value > 0
    }


def _sources():
    """Return what Lambda's polling of the queues costs, all pollers at work."""
    standard = fifo = 0
    for function in resources("template", "AWS::Serverless::Function").values():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == "SQS":
                is_fifo = "Commands" in event["Properties"]["Queue"]["GetAtt"]
                fifo += is_fifo
                standard += not is_fifo
    receives = SECONDS / LONG_POLL * POLLERS / 1e6
    price = standard * prices.SQS_REQUEST + fifo * prices.FIFO_REQUEST
    return {"event sources of queues": receives * price}


def _sweeps():
    """Return what looking for far timers, and for new rows, each minute costs."""
    with deployed(1) as cloud:
        aws = open_over(cloud.stack, cloud.clock)
        aws.timers.arm("far", cloud.clock.now() + 86_400_000)
        aws.timers.sweep(cloud.clock.now())
        aws.newcomers.sweep()
        cloud.clock.advance(60_000)
        with cloud.counting(with_guards=False) as account:
            cloud.trace.clear()
            aws.timers.sweep(cloud.clock.now())
            aws.newcomers.sweep()
            _bill(account, cloud.trace)
    sweeps = HOURS * 60 / 1e6
    return {"sweeps": (account.dollars(1) + prices.SCHEDULE) * sweeps}


def _bill(account: Account, calls):
    memory = prices.memory_of("Sweeper")
    account.invocations += 1
    account.lambda_mb_ms += memory * prices.median_ms(memory, calls)

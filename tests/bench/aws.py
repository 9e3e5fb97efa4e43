"""Dollars per million tasks, and how long a step takes, on AWS by its own rules.

Of a deployment that is busy: :mod:`aws_deployment` says how busy, :mod:`aws_loads` what
it runs, :mod:`aws_prices` what that costs and takes.
"""

import aws_idle
import aws_latency
import aws_loads as loads

LOOP = 5_000


def measure():
    """Yield (name, value, unit)."""
    yield from _five_steps()
    yield from _long_and_wide()
    yield from aws_latency.measure()
    yield from aws_idle.measure()


def _five_steps():
    native = {"work": loads.natively, "start": loads.start_natively}
    cases = {
        "http_512": {"size": 512},
        "function_url_512": {"size": 512, "by_url": True},
        "http_2k": {"size": 2_048},
        "http_512_same_type": {"size": 512, "same": True},
        "http_512_poll_each": {"size": 512, "work": loads.by_polls},
        "native_512": {"size": 512, **native},
        "native_2k": {"size": 2_048, **native},
        "native_512_http_start": {"size": 512, "work": loads.natively},
        "native_512_function_url_start": {
            "size": 512,
            "work": loads.natively,
            "by_url": True,
        },
    }
    for name, case in cases.items():
        account, tasks = loads.five_steps(**case)
        items = account.items(tasks)
        for item, dollars in items.items():
            yield f"aws.{name}: {item}", dollars, "$"
        yield f"aws.usd_per_million.{name}", sum(items.values()), "$"


def _long_and_wide():
    for width in (100, 1_000):
        account, tasks = loads.fork(width)
        yield f"aws.usd_per_million.fork_{width}", account.dollars(tasks), "$"
        account, _ = loads.fork_by_tens(width)
        writes = account.bill.write_units + account.bill.index_write_units
        yield f"aws.writes_per_branch.fork_{width}", writes / width, "WRU"
    account, tasks = loads.whole_loop(1_000)
    yield "aws.usd_per_million.loop_1000", account.dollars(tasks), "$"
    account, tasks = loads.chain(10)
    yield "aws.usd_per_million.sub_workflows_10", account.dollars(tasks), "$"
    early, late = loads.loop(LOOP, (6, LOOP - loads.SAMPLE))
    yield "aws.usd_per_million.loop_at_5", early, "$"
    yield f"aws.usd_per_million.loop_at_{LOOP}", late, "$"
    yield "aws.cost_ratio_loop_5000_over_5", late / early, "x"

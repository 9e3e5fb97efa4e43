"""How long a step takes, from the end of a task's work to whoever holds the next one.

The calls are those that the handlers make; each takes a draw, and so do API Gateway,
Lambda and our own code, which in a small function stands still where it has used up its
share of the processor.
"""

import random

import aws_prices as prices
from aws_deployment import deployed
from aws_loads import FOR_ONE, POLL, report, simple, text

DRAWS = 4_000


def measure():
    """Yield (name, value, unit)."""
    update, poll, same = _traces()
    sending = update[: update.index("SendMessageBatch") + 1]
    receiving = poll[poll.index("ReceiveMessage") :]
    for name, path in {"step": [sending, receiving], "step_same_type": [same]}.items():
        dice = random.Random(11)
        samples = sorted(_milliseconds(dice, path) for _ in range(DRAWS))
        yield f"aws.{name}_p50_ms", samples[DRAWS // 2], "ms"
        yield f"aws.{name}_p99_ms", samples[int(DRAWS * 0.99)], "ms"
        yield f"aws.{name}_round_trips", sum(map(len, path)), ""


def _milliseconds(dice, path):
    """Return a step's milliseconds: a request in, the calls, an answer out.

    The answer is another poll's where there is one: its function was called before, and
    waits for a message.
    """
    total = prices.draw(dice, prices.HTTP_API_MS) + prices.draw(dice, prices.INVOKE_MS)
    functions = (("Control", False), ("Worker", True))
    return total + sum(
        prices.drawn_ms(dice, prices.memory_of(name), calls, is_waiting=is_waiting)
        for (name, is_waiting), calls in zip(functions, path, strict=False)
    )


def _traces():
    """Return the calls of an update, of a poll, and of a hand-over in update-v2.

    A poll's message is deleted with nine others, at the tenth's cost: it is the first.
    """
    payload = {"text": text(512)}
    with deployed(1) as cloud:
        cloud.register("five", [simple(f"work_{n}", f"s{n}") for n in (0, 1)])
        for _ in range(2):
            cloud.request("POST", "/api/workflow/five", payload)
            [task] = cloud.request("GET", f"{POLL}/work_0", None, FOR_ONE)
            cloud.request("POST", "/api/tasks", report(task, payload))
            update = list(cloud.trace)
            [task] = cloud.request("GET", f"{POLL}/work_1", None, FOR_ONE)
            polled = list(cloud.trace)
            cloud.request("POST", "/api/tasks", report(task, payload))
        cloud.register("five", [simple("work_0", f"t{n}") for n in range(3)])
        cloud.request("POST", "/api/workflow/five", payload)
        [task] = cloud.request("GET", f"{POLL}/work_0", None, FOR_ONE)
        for _ in range(2):
            answer = cloud.request(
                "POST", "/api/tasks/update-v2", report(task, payload)
            )
            task = answer or task
        return update, polled, list(cloud.trace)

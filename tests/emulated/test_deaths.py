"""`kill -9` of functions at work: what a crash of Lambda's environments is on AWS.

The emulator runs every function in processes of its own, and here they ask AWS over a
wire on which they die: between any two of their calls, and after the last.  Who called
one gets a 502, the messages that one had come again, and of what was under way nothing
is lost, nothing stays stuck and nothing is done twice.
"""

import gzip
import json
import math
import os
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest

from deadly_wire import DeadlyWire
from deaths import Deaths
from deployed_world import DeployedWorld
from emulated_deployment import PARAMETERS, make_queue
from http_site import serving
from ordeal import ALONE, WORK, Ordeal, answer
from podium_local.emulated.deployment import Deployment, deploy
from podium_local.emulated.emulator import running
from podium_process import wait_for
from shares import share_of
from worker_fleet import Fleet

pytestmark = pytest.mark.e2e

SOME = (1, 10)
"""The share of the points that is meant by ``--deaths=some``: a tenth."""
LONGEST = 75
"""Seconds after which, with it, nobody dies any more."""
AT_ONCE = 12
"""Orders and funerals that are under way at the same time."""
QUIET = 90
"""Seconds without a death after which there is nowhere left to die."""
SOON = {"180": "20", "240": "20", "720": "160"}
"""Seconds after which the messages of a function that died come again, in place of
minutes; those of system tasks still later than their leases end, 150 seconds."""
UNTIRING = 1_000
"""How often a message is received before it is put aside: it is told elsewhere what
becomes of one that is put aside after five tries, and here as many may die of one."""
PATIENCE = 900
"""Seconds: whose task nobody was told of waits for its guard, a minute, then two."""
SWEEP_EVERY = 3
CALM = {"DeciderConcurrency": "2", "SystemTaskConcurrency": "2", "PollHold": "3"}
"""Few processes, and few polls that find nothing: to come back is work enough."""
FOR_LONG = {"TokenLifetimeHours": "12"}
"""All the dying may take longer than a token is good by default."""


class Insistent(DeployedWorld):
    """Asks again where the function that was asked has died, as clients do.

    ``died`` counts how often that was.
    """

    died = 0

    def ask(self, method, path, body=None, **query):
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self.answer(method, path.removeprefix("/api"), body, **query)
            if answer.status < 500 or time.monotonic() > deadline:
                return self.read(answer)
            self.died += 1
            time.sleep(0.1)

    def status(self, workflow_id):
        return self.ask("GET", f"/workflow/{workflow_id}/status")["status"]


@pytest.fixture(scope="module")
def deployed(template, tmp_path_factory):
    """A deployment of its own: what is killed here must not lack elsewhere."""
    if "AWS_ENDPOINT_URL" in os.environ:
        pytest.skip("the emulator was there already: its processes are not ours")
    with running(tmp_path_factory.mktemp("mortal")) as url:
        sqs = Deployment(url, {}).client("sqs")
        given = {"EventSources": make_queue(sqs), "Tracing": "Active"}
        yield deploy(url, template, {**PARAMETERS, **CALM, **FOR_LONG, **given})


@pytest.fixture(scope="module")
def admin_key(deployed):
    return deployed.make_key("operations", "admin")


@pytest.fixture
def share(request):
    asked = request.config.getoption("--deaths")
    return SOME if asked == "some" else share_of("--deaths", asked)


@pytest.fixture
def longest(share):
    """Seconds after which nobody dies any more."""
    return LONGEST if share == SOME else math.inf


@pytest.fixture
def deaths(share):
    return Deaths(share)


@pytest.fixture
def say(request, capsys):
    """Print a line, whatever is captured."""
    terminal = request.config.pluginmanager.getplugin("terminalreporter")

    def line(text):
        with capsys.disabled():
            terminal.write_line(text)

    return line


@pytest.fixture
def wire(deployed, deaths):
    """The wire, between the functions and the emulator."""
    functions = deployed.client("lambda")
    with DeadlyWire(deployed.endpoint_url, deaths.fate) as opened:
        for one in functions.list_functions()["Functions"]:
            name = one["FunctionName"]
            address = {"AWS_ENDPOINT_URL": opened.address_for(name)}
            variables = one["Environment"]["Variables"] | address
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
        yield opened
        assert ([], {}) == (opened.failures, opened.untraced)


@pytest.fixture
def world(deployed, admin_key, authorized):
    opened = Insistent(deployed.api_url, authorized(deployed, admin_key))
    yield opened
    opened.close()


@pytest.fixture
def untiring_queues(deployed):
    """Queues that show the messages of the dead soon, and as often as it takes."""
    sqs = deployed.client("sqs")
    for url in sqs.list_queues()["QueueUrls"]:
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        has = asked["Attributes"]
        wanted = {}
        if has["VisibilityTimeout"] in SOON:
            wanted["VisibilityTimeout"] = SOON[has["VisibilityTimeout"]]
        if "RedrivePolicy" in has:
            policy = json.loads(has["RedrivePolicy"]) | {"maxReceiveCount": UNTIRING}
            wanted["RedrivePolicy"] = json.dumps(policy)
        sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)


def test_any_function_dies_between_any_two_calls(
    deployed, world, wire, deaths, untiring_queues, longest, say
):
    with serving() as site, ExitStack() as opened:
        ordeal = Ordeal(world, site)
        ordeal.register()
        deaths.begin()
        for kind in (WORK, ALONE):
            opened.enter_context(Fleet(world, kind, PATIENCE, answer, workers=2))
        opened.enter_context(_sweeping(deployed.client("lambda")))
        until = time.monotonic() + longest
        while deaths.quiet_for < QUIET and time.monotonic() < until:
            if len(ordeal.running()) < AT_ONCE:
                ordeal.begin()
            time.sleep(1)
        deaths.end()
        ordeal.stop_ticking()
        wait_for(lambda: not ordeal.running(), patience=PATIENCE)
        # Until then: who mourns for what ended last still needs its worker.
        wait_for(
            lambda: not any(ordeal.amiss()),
            patience=PATIENCE,
            otherwise=lambda: "\n".join((*ordeal.amiss(), *_complaints(deployed))),
        )
        assert len(site.requests) >= len(ordeal.orders)
    say("")
    for line in deaths.lines():
        say(line)
    say(
        f"{wire.killed} processes killed, {len(ordeal.orders)} orders, "
        f"{world.died} requests asked again"
    )
    ordeal.check()
    ended = {*ordeal.orders, *ordeal.funerals}
    wait_for(lambda: ended <= _archived(deployed), patience=PATIENCE)
    assert [] == _dead_letters(deployed)
    # Some had died of something else before it came to that.
    assert wire.killed > 0.8 * len(deaths.died)


@contextmanager
def _sweeping(functions):
    """Have the sweeper called not each minute but all the time."""
    is_over = threading.Event()

    def sweep():
        while not is_over.wait(SWEEP_EVERY):
            functions.invoke(FunctionName="podium-sweeper")

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _archived(deployed):
    """Return which workflows the archive has."""
    bucket, s3 = deployed.outputs["Bucket"], deployed.client("s3")
    pages = s3.get_paginator("list_objects_v2")
    return {
        json.loads(line)["workflow_id"]
        for page in pages.paginate(Bucket=bucket, Prefix="archive/")
        for one in page.get("Contents", [])
        for line in _lines(s3.get_object(Bucket=bucket, Key=one["Key"]))
    }


def _lines(stored):
    return gzip.decompress(stored["Body"].read()).splitlines()


def _dead_letters(deployed):
    """Return the queues of the dead that are not empty."""
    sqs = deployed.client("sqs")
    name = "ApproximateNumberOfMessages"
    asked = {
        url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        for url in sqs.list_queues()["QueueUrls"]
        if "-dead" in url
    }
    assert asked
    return [url for url, one in asked.items() if one["Attributes"][name] != "0"]


def _complaints(deployed):
    """Yield what functions logged of failures."""
    logs = deployed.client("logs")
    for function in deployed.client("lambda").list_functions()["Functions"]:
        group = function["LoggingConfig"]["LogGroup"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for one in (line for page in pages for line in page["events"]):
            if '"level":"ERROR"' in one["message"]:
                yield f"{group}: {one['message']}"

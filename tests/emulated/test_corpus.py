"""Definitions that people really wrote, through API Gateway, functions and queues.

What happens must be what happens in the same run on the embedded home, in virtual time
and in one thread: every task, attempt, input and output.  Only the order in which the
tasks of parallel branches come is the functions' own.

For both homes alike, HTTP tasks are led to a site on the loopback, and a WAIT of more
than a few seconds is ended by somebody.  Nothing else is altered.

A sample is run; ``--corpus=all`` runs all, ``--corpus=2/4`` the second quarter of them.
"""

import time
from http import HTTPStatus

import pytest

from corpus import core_rows, needs_corpus
from deployed_world import PAUSE, DeployedWorld
from emulated_deployment import SINKS
from families import Family
from podium.adapters.event_sinks import open_sinks
from podium.eventing import Eventing
from podium.model.workflow_definition import WorkflowDef
from run_tally import Tally, explain
from scripted_site import serving
from scripted_workers import ScriptedWorkers
from shares import share_of
from wants import FORKED, NAMED_AT_RUN_TIME, SECRETS
from world import new_world

pytestmark = [pytest.mark.e2e, needs_corpus]

PATIENCE = 100
"""Looks at which nothing has happened, after which a workflow is stuck."""
BEGINS_WITHIN = 30
"""Seconds."""
LONGEST_WAIT = 5
"""Seconds that a WAIT may take; of a longer one somebody ends it."""
SAMPLE = 14
"""Of so many definitions one is run, besides those that are chosen."""

_E2E = "conductor-oss/conductor: e2e/src/test/resources/metadata/"
_HARNESS = "conductor-oss/conductor: test-harness/src/test/resources/"
_CORE = "conductor-oss/conductor: core/src/test/resources/"
_JAVA = "conductor-oss/java-sdk: examples/"
DIVERSE = {
    # A loop in a case, variables, an optional task.
    "conductor-oss/conductor-agents: coding-harness/workers/workflows/pr_review.json",
    # A TERMINATE.
    "conductor-sdk/conductor-examples: finance/loan_banking.json",
    # Loops that keep their last iterations, side by side.
    f"{_E2E}do_while_keep_last_n_fix.json[3]",
    # A dynamic fork and an inline child.
    "orkes-io/orkes-conductor-community: server/src/main/resources/workflows.json[0]",
    # A loop over a case that waits for somebody.
    f"{_HARNESS}do_while_with_decision_task.json",
    f"{_HARNESS}exclusive_join_integration_test.json",
    # Scripts and jq in a loop.
    f"{_HARNESS}do_while_system_tasks.json",
    # A fork in a case, a case in a case, a fork in a fork, a fork in a loop.
    f"{_JAVA}microservices/service-decomposition/src/main/resources/workflow.json",
    f"{_CORE}conditional_flow_with_switch.json",
    f"{_HARNESS}fork_join_sync_nested_integration_test.json",
    f"{_JAVA}task-patterns/fork-in-do-while/src/main/resources/workflow.json",
    # A WAIT that ends by itself, state changes.
    f"{_E2E}onstate_fix_test.json",
    "orkes-io/docs: docs/reference-docs/operators/dynamic.mdx#md4",
    # HUMAN.
    "conductor-oss/conductor: ai/examples/25-a2a-server-multi-turn.json",
}


class Patient(DeployedWorld):
    """Waits for what is not there yet.

    A failure workflow begins a moment after the end that names it.
    """

    def ask(self, method, path, body=None, **query):
        deadline = time.monotonic() + BEGINS_WITHIN
        while True:
            answer = self.answer(method, path, body, **query)
            if answer.status != HTTPStatus.NOT_FOUND or time.monotonic() > deadline:
                return self.read(answer)
            time.sleep(PAUSE)


def pytest_generate_tests(metafunc):
    if "row" in metafunc.fixturenames:
        rows = _chosen(metafunc.config.getoption("--corpus"))
        metafunc.parametrize("row", rows, ids=[row["source"] for row in rows])


def _chosen(wanted):
    rows = core_rows()
    if wanted == "sample":
        regular = rows[::SAMPLE]
        return [row for row in rows if row["source"] in DIVERSE or row in regular]
    part, parts = share_of("--corpus", wanted)
    return rows[part - 1 :: parts]


@pytest.fixture(scope="module")
def world(deployed, admin_key, authorized):
    opened = Patient(deployed.api_url, authorized(deployed, admin_key))
    opened.ask("POST", "/metadata/taskdefs", [_task_definition(FORKED)])
    opened.ask("POST", "/metadata/taskdefs", [_task_definition(NAMED_AT_RUN_TIME)])
    for queue in SINKS:
        deployed.client("sqs").create_queue(QueueName=queue)
    for name, value in SECRETS.items():
        deployed.client("ssm").put_parameter(
            Name=f"/podium/secrets/{name}", Value=value, Type="SecureString"
        )
    yield opened
    opened.close()


def _task_definition(name):
    return {"name": name, "ownerEmail": "corpus@example.org"}


@pytest.fixture(scope="module")
def site():
    with serving() as opened:
        yield opened


@pytest.fixture(scope="module")
def tally():
    """Counts how runs ended."""
    return Tally()


def _run(world, family, site, **options):
    workers = ScriptedWorkers(
        world, family, "0", site=site, longest_wait=LONGEST_WAIT, **options
    )
    name, version = family.definition["name"], family.definition.get("version", 1)
    return workers.finish(world.start(name, workers.input(), version=version))


def _run_deployed(world, family, site):
    world.register([site.led_here(one) for one in family.registered.values()])
    ending = _run(world, family, site, max_idle=PATIENCE)
    for workflow in ending.workflows:
        if workflow["status"] == "RUNNING":
            world.terminate(workflow["workflowId"], "it is stuck")
    return ending


def _run_embedded(deployed, family, site):
    with new_world(family.environment) as world:
        # As on a developer's machine who has credentials: events reach the same queues.
        world.connect(Eventing(sinks=open_sinks(deployed.client)))
        for name, value in SECRETS.items():
            world.keep_secret(name, value)
        for name in (FORKED, NAMED_AT_RUN_TIME):
            world.register_task(name)
        world.podium.definitions.update_workflows(
            [
                WorkflowDef.from_json(site.led_here(definition))
                for definition in family.registered.values()
            ]
        )
        return _run(world, family, site)


def test_the_same_happens_as_on_the_embedded_home(world, deployed, site, tally, row):
    family = Family(row)
    there = _run_deployed(world, family, site)
    tally.count(row, family, there)
    here = _run_embedded(deployed, Family(row), site)
    expected, happened = (one.account(in_real_time=True) for one in (here, there))
    assert expected.splitlines() == happened.splitlines()
    assert here.helped == there.helped
    assert explain(row, there) is not None


def test_nothing_is_stuck_and_what_does_not_complete_is_explained(tally, capsys):
    with capsys.disabled():
        head = f"{sum(tally.ends.values())} definitions on the emulator:"
        print("", head, *tally.lines(), sep="\n")  # noqa: T201 - the table
    assert {} == tally.unexplained | tally.missteps

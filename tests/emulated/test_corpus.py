"""Definitions that people really wrote, through API Gateway, functions and queues.

What happens must be what happens in the same run on the embedded home, in virtual time
and in one thread: every task, attempt, input and output.  Only the order in which the
tasks of parallel branches come is the functions' own.
"""

import pytest

from corpus import core_rows, needs_corpus
from deployed_world import PAUSE, DeployedWorld
from families import Family
from podium.model.workflow_definition import WorkflowDef
from scripted_workers import ScriptedWorkers
from wants import FORKED, NAMED_AT_RUN_TIME
from world import new_world

pytestmark = [pytest.mark.e2e, needs_corpus]

PATIENCE = 60
"""Seconds in which nothing happens, after which a workflow is stuck."""

_E2E = "conductor-oss/conductor: e2e/src/test/resources/metadata/"
_HARNESS = "conductor-oss/conductor: test-harness/src/test/resources/"
_CORE = "conductor-oss/conductor: core/src/test/resources/"
_JAVA = "conductor-oss/java-sdk: examples/"
DIVERSE = (
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
)


@pytest.fixture(scope="module")
def world(deployed, admin_key, authorized):
    opened = DeployedWorld(deployed.api_url, authorized(deployed, admin_key))
    opened.ask("POST", "/metadata/taskdefs", [_task_definition(FORKED)])
    opened.ask("POST", "/metadata/taskdefs", [_task_definition(NAMED_AT_RUN_TIME)])
    yield opened
    opened.close()


def _task_definition(name):
    return {"name": name, "ownerEmail": "corpus@example.org"}


def _run_embedded(family):
    with new_world() as world:
        for name in (FORKED, NAMED_AT_RUN_TIME):
            world.register_task(name)
        for definition in family.registered.values():
            parsed = WorkflowDef.from_json(definition)
            world.podium.definitions.register_workflow(parsed, overwrite=False)
        return _run(world, family)


def _run(world, family, **options):
    workers = ScriptedWorkers(world, family, "0", **options)
    name, version = family.definition["name"], family.definition.get("version", 1)
    return workers.finish(world.start(name, workers.input(), version=version))


@pytest.mark.parametrize("source", DIVERSE)
def test_the_same_happens_as_on_the_embedded_home(world, source):
    [row] = [row for row in core_rows() if row["source"] == source]
    family = Family(row)
    steps = (step for wants in family.members.values() for step in wants.tasks.values())
    names = {step["name"] for step in steps}
    world.register(
        list(family.registered.values()), names | {FORKED, NAMED_AT_RUN_TIME}
    )

    deployed = _run(world, family, max_idle=PATIENCE / PAUSE)

    embedded = _run_embedded(Family(row))
    assert embedded.account(in_order=False) == deployed.account(in_order=False)
    assert "COMPLETED" == deployed.status

"""What the conformance tests share: a whole Podium whose time stands still.

Every test runs on the embedded home, and those of the modules below on AWS too: one or
more of each section of the reference that queues, timers or children have a part in.
``--home=aws`` runs all there.
"""

import pytest

from aws_world import new_aws_world
from world import new_world, worlds_by

EMBEDDED = "sqlite-memory"
ON_AWS_TOO = frozenset(
    {
        "test_corpus_runs",
        "test_operations_1_11",
        "test_workers_3_1",
        "test_dynamic_forks_3_5",
        "test_join_failures_3_5",
        "test_loop_items_3_6",
        "test_sub_workflows_3_7",
        "test_start_workflow_3_7",
        "test_events_3_9",
        "test_decide_4_1",
        "test_timeouts_4_3",
        "test_retries_4_4",
        "test_task_updates_4_6",
        "test_hand_over_4_6",
        "test_polling_4_7",
        "test_limits_4_7",
        "test_limits_of_launches_4_7",
        "test_queues_1_3",
        "test_workflow_limits_4_11",
        "test_recovery_families_4_8",
        "test_recovery_archive_4_8",
        "test_recovery_restart_4_8",
        "test_recovery_retry_4_8",
        "test_recovery_skip_4_8",
        "test_idempotency_4_11",
        "test_schemas_4_11",
        "test_masked_fields_4_11",
        "test_task_cache_4_11",
        "test_workflow_cache_4_11",
        "test_validation_1_4",
        "test_idempotent_children_3_7",
        "test_event_handlers_5_1",
        "test_event_executions_5_1",
        "test_state_changes_4_11",
        "test_listeners_5_2",
        "test_bulk_1_2",
        "test_task_search_6",
        "test_dry_runs_1_1",
        "test_administration_1_5",
        "test_workflow_state_12",
        "test_scheduler_1_7",
        "test_scheduler_8_1",
        "test_secrets_4_12",
        "test_messages_8_2",
        "test_external_payloads_4_13",
        "test_external_payload_flows_4_13",
    }
)


def pytest_generate_tests(metafunc):
    homes = metafunc.config.getoption("--home").split(",")
    if homes == [""]:
        is_on_both = metafunc.module.__name__.rpartition(".")[2] in ON_AWS_TOO
        homes = [EMBEDDED, "aws"] if is_on_both else [EMBEDDED]
    if homes != [EMBEDDED]:
        metafunc.parametrize("home_name", homes, indirect=True)


@pytest.fixture(autouse=True)
def home_name(request):
    """Have worlds be opened on a home, and return its name."""
    name = getattr(request, "param", EMBEDDED)
    if name == EMBEDDED:
        yield name
        return
    for mark in request.node.iter_markers("embedded_only"):
        pytest.skip(mark.args[0])
    with worlds_by(new_aws_world):
        yield name


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        yield opened

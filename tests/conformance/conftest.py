"""What the conformance tests share: a whole Podium whose time stands still.

Every test runs on the embedded home, and those of the modules below on AWS too: one or
more of each section of the reference that queues, timers or children have a part in.
``--home=aws`` runs all there, and ``--home=deployed`` all that can through the API
Gateway of the template, which an emulator runs; ``--home=deployed-sample`` some.
"""

import pytest

from aws_world import new_aws_world
from emulated_deployment import PARAMETERS, token_of
from gateway_world import Site
from podium_local.emulated.deployment import deploy
from podium_local.emulated.emulator import running
from through_gateway import CANNOT, SAMPLE
from world import new_world, worlds_by

EMBEDDED = "sqlite-memory"
DEPLOYED, DEPLOYED_SAMPLE = "deployed", "deployed-sample"
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


def pytest_ignore_collect(collection_path, config):
    """Leave out what is not of the sample, where that is asked for."""
    is_sample = config.getoption("--home") == DEPLOYED_SAMPLE
    if is_sample and collection_path.is_file() and collection_path.stem not in SAMPLE:
        return True
    return None


def pytest_generate_tests(metafunc):
    homes = metafunc.config.getoption("--home").split(",")
    if homes == [""]:
        is_on_both = metafunc.module.__name__.rpartition(".")[2] in ON_AWS_TOO
        homes = [EMBEDDED, "aws"] if is_on_both else [EMBEDDED]
    if homes == [DEPLOYED_SAMPLE]:
        homes = [DEPLOYED]
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
    if name == DEPLOYED:
        _skip_what_cannot(request)
    with worlds_by(_opens(request, name)):
        yield name


def _skip_what_cannot(request):
    """Skip what asks nothing of a deployment, or what none can pass."""
    if "world" not in request.fixturenames:
        pytest.skip("asks for no world")
    why = CANNOT.get(request.node.originalname)
    if why:
        pytest.skip(why)


def _opens(request, name):
    """Return what opens a world on a home."""
    if name == DEPLOYED:
        return request.getfixturevalue("gateway_site").open
    return new_aws_world


@pytest.fixture(scope="session")
def gateway_site(tmp_path_factory, template):
    """The template in an emulator of its own: what a test leaves is cleared away."""
    alone = {**PARAMETERS, "DefinitionsKept": "0", "PollHold": "0"}
    with running(tmp_path_factory.mktemp("gateway")) as url:
        deployed = deploy(url, template, alone)
        _forget_polls(deployed.client("lambda"))
        key = deployed.make_key("conformance", "admin")
        yield Site(deployed, token_of(deployed, key))


def _forget_polls(functions):
    """Have processes note every poll: by default they know of their last ones."""
    for one in functions.list_functions()["Functions"]:
        variables = {**one["Environment"]["Variables"], "PODIUM_POLLS_EVERY": "0"}
        functions.update_function_configuration(
            FunctionName=one["FunctionName"], Environment={"Variables": variables}
        )


@pytest.fixture
def world(home_name):
    with new_world() as opened:
        yield opened

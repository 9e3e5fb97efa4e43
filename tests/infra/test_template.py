"""The template: every function has what it needs, and nothing runs away."""

import importlib
import json
import subprocess

import pytest

from podium.adapters.dynamodb.stream import FILTERS
from podium.service.redispatching import SYSTEM_LEASE
from podium.settings import AwsSettings
from podium_functions import logs
from templates import PATHS, ROOT, load, properties, resources, text_of

FUNCTIONS = resources("template", "AWS::Serverless::Function")
GLOBALS = load("template")["Globals"]["Function"]
SAM = ROOT / ".venv-sam" / "bin"

needs_sam = pytest.mark.skipif(not SAM.exists(), reason="make sam installs SAM")


def events(kind):
    """Yield each event source of a type with its function's name."""
    for name, function in FUNCTIONS.items():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == kind:
                yield name, event["Properties"]


def queue_behind(output):
    """Return the queue whose ARN is this output of the data's template."""
    [value] = load("data")["Outputs"][output.rpartition(".")[2]]["Value"].values()
    return properties("data", value.partition(".")[0])


# --- functions -----------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_handler_is_there(name):
    module, _, attribute = FUNCTIONS[name]["Properties"]["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_a_function_has_a_role_and_a_log_group_of_its_own():
    roles = [one["Properties"]["Role"]["GetAtt"] for one in FUNCTIONS.values()]
    groups = [
        one["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        for one in FUNCTIONS.values()
    ]
    assert len(FUNCTIONS) == len(set(roles)) == len(set(groups))
    for name, role, group in zip(FUNCTIONS, roles, groups, strict=True):
        which = name.removesuffix("Function")
        assert (f"Roles.Outputs.{which}", f"{which}Logs") == (role, group)


@pytest.mark.parametrize("name", resources("template", "AWS::Logs::LogGroup"))
def test_logs_are_not_kept_for_ever(name):
    assert {"Ref": "LogRetentionDays"} == properties("template", name)[
        "RetentionInDays"
    ]


def test_functions_run_on_arm_with_the_layer():
    assert (["arm64"], "python3.13", [{"Ref": "SharedLayer"}]) == (
        GLOBALS["Architectures"],
        GLOBALS["Runtime"],
        GLOBALS["Layers"],
    )


def test_every_variable_is_one_that_is_read_and_every_needed_one_is_set():
    known = {
        f"PODIUM_{name.upper()}": one for name, one in AwsSettings.model_fields.items()
    }
    given = set(GLOBALS["Environment"]["Variables"])
    for function in FUNCTIONS.values():
        given |= set(function["Properties"].get("Environment", {}).get("Variables", {}))

    assert given <= {*known, logs.LEVEL}
    assert {name for name, one in known.items() if one.is_required()} <= given


def test_the_defaults_of_the_parameters_are_good_settings():
    defaults = {
        name: one["Default"]
        for name, one in load("template")["Parameters"].items()
        if "Default" in one
    }
    variables = {}
    for name, value in GLOBALS["Environment"]["Variables"].items():
        match value:
            case {"Ref": parameter}:
                variables[name] = str(defaults[parameter])
            case {"GetAtt": output}:
                variables[name] = output
            case {"FindInMap": [which, {"Ref": parameter}, key]}:
                found = load("template")["Mappings"][which][str(defaults[parameter])]
                variables[name] = str(found[key])
    variables["PODIUM_QUEUE_PREFIX"] = "podium-"
    settings = AwsSettings.from_environment(variables)

    assert ("keys", 3_600_000, 30) == (
        settings.access_mode,
        settings.token_lifetime,
        settings.retention_days,
    )


ENGINE = {"IndexShards": "index_shards", "DefinitionsKept": "definitions_kept"}


@pytest.mark.parametrize(("parameter", "setting"), ENGINE.items())
def test_a_parameter_of_the_engine_has_the_default_of_its_setting(parameter, setting):
    declared = load("template")["Parameters"][parameter]

    assert AwsSettings.model_fields[setting].default == declared["Default"]


@pytest.mark.parametrize(
    ("parameter", "setting"), [*ENGINE.items(), ("PollHold", "poll_hold")]
)
def test_a_number_that_is_a_setting_has_its_bounds(parameter, setting):
    declared = load("template")["Parameters"][parameter]
    variables = GLOBALS["Environment"]["Variables"]

    assert {"Ref": parameter} == variables[f"PODIUM_{setting.upper()}"]
    for bound in ("MinValue", "MaxValue"):
        needed = {
            name: "x"
            for name, one in AwsSettings.model_fields.items()
            if one.is_required()
        }
        assert AwsSettings.model_validate({**needed, setting: declared[bound]})


# --- event sources -------------------------------------------------------------------


def test_lambda_does_not_take_a_long_workflow_for_a_loop():
    """It counts in the trace header, which boto3 passes on and SQS keeps."""
    called_by_queues = {name for name, _ in events("SQS")} | {
        one["Properties"]["FunctionName"]["Ref"]
        for one in resources("template", "AWS::Lambda::EventSourceMapping").values()
    }

    allowed = {
        name
        for name, one in FUNCTIONS.items()
        if one["Properties"].get("RecursiveLoop") == "Allow"
    }
    assert called_by_queues == allowed


@pytest.mark.parametrize(("name", "source"), list(events("SQS")))
def test_a_queue_hides_a_message_six_times_as_long_as_its_function_may_take(
    name, source
):
    queue = queue_behind(source["Queue"]["GetAtt"])
    timeout = FUNCTIONS[name]["Properties"].get("Timeout", GLOBALS["Timeout"])

    assert 6 * timeout <= queue["VisibilityTimeout"]
    assert 5 == queue["RedrivePolicy"]["maxReceiveCount"]


def test_who_died_over_a_system_task_has_its_lease_no_longer_than_its_message():
    timeout = FUNCTIONS["SystemTasksFunction"]["Properties"]["Timeout"]
    sources = [one for name, one in events("SQS") if name == "SystemTasksFunction"]
    queues = [queue_behind(one["Queue"]["GetAtt"]) for one in sources]
    hidden = min(queue["VisibilityTimeout"] for queue in queues)

    assert timeout < SYSTEM_LEASE / 1000 < hidden


def test_an_http_task_gives_up_before_its_function_is_stopped():
    longest = AwsSettings.model_fields["http_longest"].default / 1000

    assert longest <= FUNCTIONS["SystemTasksFunction"]["Properties"]["Timeout"] - 15


@pytest.mark.parametrize(("name", "source"), list(events("SQS")))
def test_one_failed_message_does_not_bring_back_its_batch(name, source):
    assert ["ReportBatchItemFailures"] == source["FunctionResponseTypes"]
    assert source["BatchSize"] <= 10 or "MaximumBatchingWindowInSeconds" in source
    assert "MaximumConcurrency" in source["ScalingConfig"]


def test_nothing_that_is_due_to_the_second_is_collected_before_it_is_handled():
    waiting = [
        source["Queue"]["GetAtt"]
        for _, source in events("SQS")
        if "MaximumBatchingWindowInSeconds" in source
    ]

    assert ["Data.Outputs.GuardsQueueArn"] == waiting


def test_the_journals_stream_gives_up_on_nothing_silently():
    [(name, source)] = events("DynamoDB")

    assert "ProjectorFunction" == name
    assert source["BisectBatchOnFunctionError"]
    assert 0 < source["MaximumRetryAttempts"] <= 100
    assert "SQS" == source["DestinationConfig"]["OnFailure"]["Type"]
    assert "TRIM_HORIZON" == source["StartingPosition"]


def test_only_records_that_the_projector_looks_at_are_sent_to_it():
    [(_, source)] = events("DynamoDB")
    patterns = [one["Pattern"] for one in source["FilterCriteria"]["Filters"]]

    assert list(FILTERS) == [json.loads(one) for one in patterns]


def test_a_sweep_ends_before_the_next_begins():
    [(name, source)] = events("ScheduleV2")

    assert ("SweeperFunction", "rate(1 minute)") == (name, source["ScheduleExpression"])
    assert FUNCTIONS[name]["Properties"]["Timeout"] < 60


# --- API -----------------------------------------------------------------------------

PREFLIGHT = "OPTIONS /{proxy+}"


def test_polls_go_to_a_function_of_their_own_and_all_else_to_the_other():
    routes = {
        one["Properties"]["RouteKey"]: one["Properties"]["Target"]["Sub"]
        for one in resources("template", "AWS::ApiGatewayV2::Route").values()
    }
    assert {
        "$default": "integrations/${ControlIntegration}",
        "GET /api/tasks/poll/{proxy+}": "integrations/${WorkerIntegration}",
        PREFLIGHT: "integrations/${ControlIntegration}",
    } == routes


def test_no_route_is_open_where_api_gateway_is_to_look():
    """With keys the functions look; in the other closed modes API Gateway does."""
    for route in resources("template", "AWS::ApiGatewayV2::Route").values():
        wanted = {"If": ["IsSigned", "AWS_IAM", {"If": ["IsIssued", "JWT", "NONE"]}]}
        if route["Properties"]["RouteKey"] != PREFLIGHT:
            assert wanted == route["Properties"]["AuthorizationType"]


def test_what_browsers_ask_without_credentials_gets_past_api_gateway():
    """``$default`` has OPTIONS too, with its authorizer, CORS or not."""
    [route] = [
        one
        for one in resources("template", "AWS::ApiGatewayV2::Route").values()
        if PREFLIGHT == one["Properties"]["RouteKey"]
    ]
    assert ("HasOrigins", "NONE") == (
        route["Condition"],
        route["Properties"]["AuthorizationType"],
    )


def test_a_deployment_is_closed_unless_its_operator_says_otherwise():
    parameters = load("template")["Parameters"]

    assert "keys" == parameters["AccessMode"]["Default"]
    assert "off" == parameters["FunctionUrl"]["Default"]


def test_the_function_url_is_signed_for_where_every_route_is():
    url = properties("template", "ControlUrl")

    assert {"If": ["IsSigned", "AWS_IAM", "NONE"]} == url["AuthType"]
    assert {"GetAtt": "ControlFunction.Arn"} == url["TargetFunctionArn"]


def test_nobody_may_call_the_function_url_unsigned_unless_the_function_looks():
    """With oidc it is API Gateway that looks, so there is no URL then."""
    conditions = load("template")["Conditions"]
    opened = {
        name: one
        for name, one in resources("template", "AWS::Lambda::Permission").items()
        if "*" == one["Properties"]["Principal"]
    }

    assert {"HasPublicUrl"} == {one["Condition"] for one in opened.values()}
    assert {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"} == {
        one["Properties"]["Action"] for one in opened.values()
    }
    for one in opened.values():
        of_url = ("FunctionUrlAuthType", "InvokedViaFunctionUrl")
        assert one["Properties"].keys() & set(of_url)
    wanted = [{"Condition": "HasUrl"}, {"Not": [{"Condition": "IsSigned"}]}]
    assert {"And": wanted} == conditions["HasPublicUrl"]
    rule = load("template")["Rules"]["FunctionUrlKnowsNoIssuer"]
    assert {"Equals": [{"Ref": "AccessMode"}, "oidc"]} == rule["RuleCondition"]
    [assertion] = rule["Assertions"]
    assert {"Equals": [{"Ref": "FunctionUrl"}, "off"]} == assertion["Assert"]


def test_api_gateway_waits_as_long_as_the_functions_do():
    for one in resources("template", "AWS::ApiGatewayV2::Integration").values():
        assert 30_000 == one["Properties"]["TimeoutInMillis"]
    assert 30 == GLOBALS["Timeout"]


# --- data ----------------------------------------------------------------------------


def test_the_data_outlives_the_stack_but_not_a_deployment_that_failed():
    """What the first one leaves behind would have the names that the next one wants."""
    data = load("template")["Resources"]["Data"]
    assert ("RetainExceptOnCreate", "Retain") == (
        data["DeletionPolicy"],
        data["UpdateReplacePolicy"],
    )


@pytest.mark.parametrize("name", resources("data", "AWS::DynamoDB::Table"))
def test_what_a_table_and_its_indexes_cost_has_a_cap(name):
    """An index has none of its table's."""
    table = properties("data", name)
    cap = {
        "MaxReadRequestUnits": {"Ref": "MaxReadUnits"},
        "MaxWriteRequestUnits": {"Ref": "MaxWriteUnits"},
    }

    for one in (table, *table.get("GlobalSecondaryIndexes", ())):
        assert cap == one["OnDemandThroughput"]


@pytest.mark.parametrize("parameter", ["MaxReadUnits", "MaxWriteUnits"])
def test_the_cap_is_one_that_a_new_account_is_allowed(parameter):
    defaults = {
        name: load(name)["Parameters"][parameter]["Default"]
        for name in ("template", "data")
    }
    assert defaults["template"] == defaults["data"] < 40_000


def test_what_expires_is_removed():
    for name in ("WorkflowsTable", "CatalogTable"):
        assert {"AttributeName": "expires", "Enabled": True} == properties(
            "data", name
        )["TimeToLiveSpecification"]


# --- watching ------------------------------------------------------------------------


_NAME_A_FUNCTION = {"AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"}
"""What names a function without being one."""
ALARMS = resources("observability", "AWS::CloudWatch::Alarm")
OF_SOURCES = ["OldFirstEvents", "OldSecondEvents", "OldThirdEvents"]
BEHIND_THE_API = {"ControlFunction", "WorkerFunction"}


def test_every_alarm_is_about_something_that_is_there():
    names = {
        text_of(one["Properties"][key])
        for template, key in (
            ("template", "FunctionName"),
            ("data", "QueueName"),
            ("data", "TableName"),
        )
        for one in resources(template).values()
        if key in one.get("Properties", {}) and one["Type"] not in _NAME_A_FUNCTION
    }
    for name, alarm in ALARMS.items():
        if "Dimensions" in alarm["Properties"] and name not in OF_SOURCES:
            dimensions = alarm["Properties"]["Dimensions"]
            [about] = [one for one in dimensions if one["Name"] != "Operation"]
            assert text_of(about["Value"], ApiId="api") in {*names, "api"}


def test_a_write_that_an_index_refuses_is_heard_of_too():
    """WriteThrottleEvents of a table are not those of its indexes."""
    alarm = ALARMS["WorkflowsWritesThrottled"]["Properties"]

    assert "ThrottledRequests" == alarm["MetricName"]
    assert {"Name": "Operation", "Value": "PutItem"} in alarm["Dimensions"]


def test_every_source_of_events_has_an_alarm_of_its_own():
    """Their queues are not ours, and known by their ARNs alone."""
    mappings = resources("template", "AWS::Lambda::EventSourceMapping")
    watched = {
        ALARMS[name]["Condition"]: ALARMS[name]["Properties"]["Dimensions"][0]["Value"]
        for name in OF_SOURCES
    }

    assert {one["Condition"] for one in mappings.values()} == set(watched)
    arns = [queue["Select"][1]["Split"][1] for queue in watched.values()]
    assert [0, 1, 2] == [arn["Select"][0] for arn in arns]


def test_an_alarm_about_a_line_of_the_logs_has_a_filter_that_finds_it():
    found = {
        one["Properties"]["MetricTransformations"][0]["MetricName"]: one
        for one in resources("observability", "AWS::Logs::MetricFilter").values()
    }
    asked = {
        one["Properties"]["MetricName"]: one
        for one in ALARMS.values()
        if "Dimensions" not in one["Properties"]
    }

    assert found.keys() == asked.keys()
    for name, one in found.items():
        [made] = one["Properties"]["MetricTransformations"]
        assert made["MetricNamespace"] == asked[name]["Properties"]["Namespace"]
        assert one.get("Condition") == asked[name].get("Condition")
        _, event, *_ = one["Properties"]["FilterPattern"].split('"')
        assert any(f'"{event}"' in text for text in _sources()), f"nothing logs {event}"


def _sources():
    """Yield the text of every module of a function."""
    for root in ("shared", "functions"):
        for path in (ROOT / root).rglob("*.py"):
            yield path.read_text()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_watched(name):
    """By its errors; of a function behind the API, API Gateway tells."""
    errors = {
        text_of(one["Properties"]["Dimensions"][0]["Value"])
        for one in ALARMS.values()
        if one["Properties"]["MetricName"] == "Errors"
    }
    function = FUNCTIONS[name]["Properties"]
    assert name in BEHIND_THE_API or text_of(function["FunctionName"]) in errors


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, one in resources("data", "AWS::SQS::Queue").items()
        if "RedrivePolicy" in one["Properties"] and not name.startswith("Urgent")
    ],
)
def test_every_queue_that_a_function_works_off_has_an_alarm_for_what_is_late(name):
    late = {
        text_of(one["Properties"]["Dimensions"][0]["Value"])
        for label, one in ALARMS.items()
        if one["Properties"]["MetricName"] == "ApproximateAgeOfOldestMessage"
        and label not in OF_SOURCES
    }

    assert text_of(properties("data", name)["QueueName"]) in late


def test_every_queue_for_what_was_given_up_has_an_alarm():
    dead = {
        text_of(one["Properties"]["QueueName"])
        for name, one in resources("data", "AWS::SQS::Queue").items()
        if name.startswith("Dead")
    }
    watched = {
        text_of(one["Properties"]["Dimensions"][0]["Value"])
        for one in ALARMS.values()
        if one["Properties"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    assert dead == watched


def test_the_dashboard_is_json():
    body = properties("observability", "Dashboard")["DashboardBody"]
    found = json.loads(text_of(body, ApiId="api"))
    assert all(widget["properties"]["metrics"] for widget in found["widgets"])


# --- SAM -----------------------------------------------------------------------------


@needs_sam
def test_the_templates_lint():
    """No account and no network: the specification comes with the linter."""
    lint = subprocess.run(
        [SAM / "cfn-lint", "--regions", "us-east-1", "--", *PATHS.values()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (lint.returncode, lint.stdout)


@needs_sam
def test_sam_adds_no_role_of_its_own():
    translated = subprocess.check_output(
        [SAM / "python", ROOT / "tests" / "infra" / "translate.py", PATHS["template"]]
    )
    kinds = [one["Type"] for one in json.loads(translated)["Resources"].values()]

    assert "AWS::IAM::Role" not in kinds
    assert kinds.count("AWS::Lambda::Function") == len(FUNCTIONS)
    assert kinds.count("AWS::Lambda::EventSourceMapping") == 12


def test_the_layers_versions_are_those_that_are_tested():
    tested = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [
        line
        for line in (ROOT / "requirements-layer.lock").read_text().splitlines()
        if "==" in line
    ]
    assert pins
    for pin in pins:
        name = pin.partition(" ")[0]
        assert any(line.partition(" ")[0] == name for line in tested), name
        assert not name.startswith(("boto3==", "botocore=="))


@pytest.mark.parametrize("name", ["requirements-layer.lock", "requirements-sam.lock"])
def test_a_lock_has_hashes_and_no_addresses(name):
    text = (ROOT / name).read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text

"""What native workers are given: where the deployment lies, and the rights they use."""

import json
import random
import re
import string
import subprocess
from fnmatch import fnmatchcase
from importlib import util
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import templates
from aws_homes import moto_stack, open_over
from aws_resources import REGION, TEMPLATE, _Template, connect_fakes
from aws_world import AwsWorld
from native_workers import Context, NativeWorker, event_of, failed, messages_in
from podium.adapters.dynamodb import keys
from podium.adapters.sqs.names import NORMAL, URGENT, aws_name
from podium.adapters.sqs.spent import KEPT_FOR
from podium.clock import ManualClock
from podium.model.requests import StartWorkflowRequest
from podium.settings import AwsSettings
from podium_sdk import InProgress, task_context, worker_task
from podium_sdk.native import (
    NativeStarter,
    native_starts,
    native_workers,
    open_native_workers,
)
from podium_sdk.native.deployment import ALL_SETTINGS
from world import new_world, simple

NATIVE = TEMPLATE.parent / "native-workers.yaml"
SAM = templates.ROOT / ".venv-sam" / "bin"
EXAMPLE = TEMPLATE.parent.parent / "examples" / "native-lambda"


class _Reading(_Template):
    """CloudFormation's YAML, with what users' templates have besides."""


_Reading.add_constructor(
    "!ImportValue", lambda loader, node: {"ImportValue": loader.construct_scalar(node)}
)


def load(path):
    return yaml.load(path.read_text(), Loader=_Reading)


@pytest.fixture
def stack(monkeypatch):
    with moto_stack(monkeypatch, ManualClock(), clients=connect_fakes()) as opened:
        yield opened


def filled(text, account):
    """Return what CloudFormation makes of a ``!Sub``."""
    values = {
        "Prefix": "podium",
        "RetentionDays": "30",
        "DefinitionsKept": "5000",
        "AWS::AccountId": account,
        "AWS::Region": REGION,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
    }
    return re.sub(r"\$\{([^}]+)\}", lambda match: values[match[1]], text)


def exported(account):
    return filled(load(NATIVE)["Outputs"]["Settings"]["Value"]["Sub"], account)


def test_the_exported_settings_are_those_of_the_deployment(stack):
    variables = json.loads(exported(stack.account))
    found = AwsSettings.from_environment({**variables, "AWS_REGION": REGION})

    assert stack.settings().model_dump() == found.model_dump()


def test_its_parameters_are_those_of_the_deployment():
    ours = load(NATIVE)["Parameters"]
    theirs = templates.load("template")["Parameters"]
    bounds = ("Type", "Default", "MinValue", "MaxValue")

    for name, parameter in ours.items():
        for bound in bounds:
            assert theirs[name].get(bound) == parameter.get(bound), f"{name}.{bound}"


def test_workers_open_the_deployment_that_the_variable_names(stack, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    named = {ALL_SETTINGS: exported(stack.account), "AWS_REGION": REGION}

    assert [] == open_native_workers(named).receive("t", None, 1, 0)


def test_the_policy_allows_what_workers_ask_for_and_nothing_more(stack):
    asked = set()
    world = AwsWorld(stack, ManualClock())
    _do_everything(world, lambda: _listen(stack, asked))

    allowed = _allowed("WorkerPolicy", stack)
    assert [] == [one for one in sorted(asked) if not _is_allowed(one, allowed)]
    used = {action for action, _ in asked}
    # S3 asks for it where an object is missing, which it never is here; and no crash
    # leaves a slot of a limit behind; no input refers to a secret.
    idle = {"s3:ListBucket", "dynamodb:DeleteItem", "ssm:GetParameters"}
    assert idle == {action for action, _ in allowed} - used


def test_the_policy_allows_what_starters_ask_for_and_nothing_more(stack):
    asked = set()
    world = AwsWorld(stack, ManualClock())
    given = {"text": "${workflow.input.text}"}
    world.register("w", [simple("t", inputParameters=given)])
    key = {"idempotencyKey": "k", "idempotencyStrategy": "FAIL_ON_RUNNING"}
    starts = native_starts(open_over(stack, world.clock, seed=2).home)
    stop = _listen(stack, asked)

    starter = NativeStarter(starts)
    large = "".join(random.Random(1).choices(string.ascii_letters, k=400_000))
    starter.start("w", {"text": large})
    first = starter.start(_request(**key))
    stop()
    world.settle()
    world.complete("t")
    world.complete("t")
    world.podium.workflows.remove(first, archive=True)
    stop = _listen(stack, asked)
    starter.start(_request(**key))
    stop()

    allowed = _allowed("StarterPolicy", stack)
    assert [] == [one for one in sorted(asked) if not _is_allowed(one, allowed)]
    # What lies outside of a request is read and stored; S3 asks for the right to list
    # where it is missing.
    idle = {"s3:ListBucket", "s3:GetObject"}
    assert idle == {action for action, _ in allowed} - {action for action, _ in asked}


def test_a_starter_writes_nothing_of_the_catalog_but_snapshots_and_keys(stack):
    [statement] = [
        one
        for one in _statements("StarterPolicy")
        if "dynamodb:PutItem" in _listed(one["Action"])
    ]
    [leading] = statement["Condition"].values()

    for key in (keys.snapshot("digest"), keys.idempotency_key("w", "k")):
        partition = key["pk"]["S"]
        patterns = leading["dynamodb:LeadingKeys"]
        assert any(fnmatchcase(partition, pattern) for pattern in patterns)


def _request(**fields):
    return StartWorkflowRequest.from_json({"name": "w", **fields})


def _do_everything(world, listen):
    """Do all that a worker ever does, heard from when there is a workflow."""

    @worker_task("t")
    def large():
        task_context().log("x")
        return "x" * 500_000 if task_context().task.poll_count > 1 else InProgress(0)

    given = {"text": "${workflow.input.text}"}
    world.register("w", [simple("t", inputParameters=given), simple("next")])
    # Nothing that compression could make small enough for a journal's entry.
    text = "".join(random.Random(1).choices(string.ascii_letters, k=1_000_000))
    world.start("w", {"text": text})
    stop = listen()
    own = open_over(world.stack, world.clock, seed=2).home
    worker = NativeWorker(world, large, home=own)
    for _ in range(2):
        [task] = worker.take()
        worker.go_on(task)
        worker.go_on(task)
        worker.execute(task)
        stop()
        world.settle()
        stop = listen()
    deployment = native_workers(world.opened.home)
    deployment.receive("other", None, 10, 1)
    NativeWorker(world, worker_task("next")(lambda: None), home=own).take()
    world.clock.advance(KEPT_FOR)
    worker.take()
    stop()


def _listen(stack, asked):
    """Note what the stack's clients ask for until the answer is called."""
    clients = stack.clients
    each = (clients.dynamodb, clients.sqs, clients.s3)

    def remember(params, model, **_):
        service = model.service_model.service_name
        asked.add((_action(service, model.name), _resource(service, params, stack)))

    for client in each:
        client.meta.events.register("before-parameter-build", remember)

    def stop():
        for client in each:
            client.meta.events.unregister("before-parameter-build", remember)

    return stop


def _action(service, name):
    """Return the right that a request needs; batches need that of their members."""
    singular = name.removesuffix("Batch") if service == "sqs" else name
    return f"{service}:{singular}"


def _resource(service, params, stack):
    if service == "dynamodb":
        arn = f"arn:aws:dynamodb:{REGION}:{stack.account}:table/"
        tables = params.get("RequestItems") or [params["TableName"]]
        [table] = tables
        return arn + table
    if service == "sqs":
        name = params.get("QueueName") or params["QueueUrl"].rpartition("/")[2]
        return f"arn:aws:sqs:{REGION}:{stack.account}:{name}"
    return f"arn:aws:s3:::{params['Bucket']}/{params['Key']}"


def _statements(policy):
    document = load(NATIVE)["Resources"][policy]["Properties"]["PolicyDocument"]
    return document["Statement"]


def _allowed(policy, stack):
    return [
        (action, filled(resource["Sub"], stack.account))
        for statement in _statements(policy)
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def _listed(value):
    return value if isinstance(value, list) else [value]


def _is_allowed(asked, allowed):
    return any(
        action == asked[0] and fnmatchcase(asked[1], resource)
        for action, resource in allowed
    )


# --- the example -----------------------------------------------------------------


@pytest.fixture(scope="module")
def example():
    spec = util.spec_from_file_location("example_workers", EXAMPLE / "workers.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_worker_is_about_ten_lines_of_a_template():
    _, _, resources = (EXAMPLE / "template.yaml").read_text().partition("Resources:\n")

    assert len(resources.splitlines()) <= 12


def test_the_example_gives_a_message_six_times_as_long_as_its_function_may_take():
    found = load(EXAMPLE / "template.yaml")
    timeout = found["Globals"]["Function"]["Timeout"]
    queues = [
        one["Properties"]
        for one in found["Resources"].values()
        if one["Type"] == "AWS::SQS::Queue"
    ]

    assert [6 * timeout] * 2 == [one["VisibilityTimeout"] for one in queues]


def test_lambda_does_not_take_a_workflow_of_many_of_its_tasks_for_a_loop():
    """What it reports has the decider send it the next one, on one chain of calls."""
    [function] = [
        one["Properties"]
        for one in load(EXAMPLE / "template.yaml")["Resources"].values()
        if one["Type"] == "AWS::Serverless::Function"
    ]

    assert "Allow" == function["RecursiveLoop"]


@pytest.mark.skipif(not SAM.exists(), reason="make sam installs SAM")
def test_the_example_lints():
    """It is translated by SAM first; no account and no network are needed."""
    lint = subprocess.run(
        [SAM / "cfn-lint", "--regions", "us-east-1", "--", EXAMPLE / "template.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (lint.returncode, lint.stdout)


def test_the_examples_queues_are_its_workers_and_its_answers_are_heard(example):
    resources = load(EXAMPLE / "template.yaml")["Resources"]
    [function] = [
        one["Properties"]
        for one in resources.values()
        if one["Type"] == "AWS::Serverless::Function"
    ]
    heard = set()
    for event in function["Events"].values():
        queue, _, _ = event["Properties"]["Queue"]["GetAtt"].partition(".")
        heard.add(resources[queue]["Properties"]["QueueName"])
        responses = event["Properties"]["FunctionResponseTypes"]
        assert ["ReportBatchItemFailures"] == responses

    task_type = example.handler.worker.task_type
    assert {aws_name("podium-", task_type, lane) for lane in (NORMAL, URGENT)} == heard
    assert "workers.handler" == function["Handler"]


def test_the_example_imports_what_the_stack_exports():
    exports = {
        filled(output["Export"]["Name"]["Sub"], "")
        for output in load(NATIVE)["Outputs"].values()
    }
    text = (EXAMPLE / "template.yaml").read_text()

    assert exports - {"podium-native-starter-policy"} == set(
        re.findall(r"!ImportValue ([\w-]+)", text)
    )


def test_the_examples_requirement_is_the_wheel_of_this_version():
    wheel = f"podium-{version('podium')}-py3-none-any.whl"

    assert f"./{wheel}[aws]\n" == (EXAMPLE / "requirements.txt").read_text()


def test_the_documented_template_is_the_example():
    template = (EXAMPLE / "template.yaml").read_text()
    documented = Path(TEMPLATE.parent.parent / "docs" / "native-workers.md").read_text()

    assert template.partition("Resources:\n")[2] in documented


def test_the_example_charges_a_card(example):
    with new_world() as world:
        given = {"order_id": "o-1", "amount": 12.5}
        workflow_id = world.run([simple("charge_card", inputParameters=given)])
        example.handler._deployment = native_workers(world.opened.home)

        answer = example.handler(
            event_of(*messages_in(world, "charge_card")), Context()
        )
        world.settle()

        assert [] == failed(answer)
        assert {"receipt": "o-1/1"} == world.output_of(workflow_id, "charge_card")

"""Least privilege, by what the functions really ask of AWS.

Each function works on a deployment in moto while its requests are written down.  Its
role must allow all of them, and what it allows beyond that has a reason here.
"""

import pytest

from aws_homes import moto_stack
from aws_resources import connect_fakes
from deployment_scene import Recorder, Scene, play
from podium.clock import ManualClock
from templates import allows, listed, resources, statements

FUNCTIONS = (
    "Control",
    "Worker",
    "Decider",
    "SystemTasks",
    "EventConsumer",
    "Sweeper",
    "Projector",
)
ROLES = resources("roles", "AWS::IAM::Role")
POLICIES = {**ROLES, **resources("roles", "AWS::IAM::ManagedPolicy")}
WILDCARDS = {"TracingPolicy": "X-Ray has no resources to name"}
LAMBDAS_OWN = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}
"""What Lambda asks for in a function's name: its pollers and its logs."""

ANYBODY = {
    "s3:ListBucket": "without it S3 calls a missing object forbidden",
    "sqs:ChangeMessageVisibility": "where something fails",
    "xray:PutTelemetryRecords": "where it is traced",
    "xray:PutTraceSegments": "where it is traced",
}
_ENGINE = {
    "dynamodb:DeleteItem": "slots of limits that nobody waits for",
    "dynamodb:UpdateItem": "new stamps of what runs long, and leases taken over",
    "dynamodb:BatchGetItem": "payloads of entries that are not the newest",
    "dynamodb:GetItem": "leases",
    "dynamodb:PutItem": "far timers",
    "s3:PutObject": "an entry too large for the journal",
    "sqs:CreateQueue": "the first task of a type",
    "ssm:GetParameters": "secrets that inputs refer to",
}
BEYOND = {
    "Control": _ENGINE,
    "Decider": _ENGINE,
    "SystemTasks": {
        **_ENGINE,
        "dynamodb:DeleteItem": "records of events that are to be handled again",
        "events:PutEvents": "an EVENT task's bus",
        "sns:Publish": "an EVENT task's topic",
    },
    "EventConsumer": {
        **_ENGINE,
        "dynamodb:DeleteItem": "records of events that are to be handled again",
        "s3:GetObject": "an entry too large for the journal",
    },
    "Worker": {
        "dynamodb:BatchGetItem": "payloads of entries that are not the newest",
        "dynamodb:Query": "the keys that tokens are signed with",
        "s3:GetObject": "an input too large for the journal",
        "s3:PutObject": "an input too large for an answer",
        "dynamodb:DeleteItem": "who waits for a slot, and was found to be gone",
        "sqs:SendMessage": "calling who waits to a slot that a crash left",
        "sqs:CreateQueue": "waiting for a type's first task",
    },
    "Projector": {
        "dynamodb:BatchGetItem": "rows of journals that expired",
        "dynamodb:DeleteItem": "rows of journals that were deleted",
        "dynamodb:Query": "whole journals",
        "dynamodb:UpdateItem": "new stamps of journals that are put back",
        "events:PutEvents": "where there is a bus",
        "s3:DeleteObject": "payloads of what time to live removed",
        "sqs:SendMessage": "what it gives up, sent by Lambda",
    },
}
"""What this test does not have them do."""


@pytest.fixture(scope="module")
def asked():
    """Return what each function asked for."""
    clock, clients = ManualClock(), connect_fakes()
    recorder = Recorder(clients)
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        moto_stack(monkeypatch, clock, clients=clients) as stack,
    ):
        play(Scene(stack, clock, recorder))
    return recorder.asked


# --- what is allowed -----------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_what_it_does(asked, name):
    given = list(statements(ROLES[f"{name}Role"]))
    refused = {
        (action, arn)
        for action, arn in asked[name]
        if not any(allows(one, action, arn) for one in given)
    }
    assert set() == refused


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_may_do_beyond_that_has_a_reason(asked, name):
    done = {action for action, _ in asked[name]}
    given = {
        action
        for one in statements(ROLES[f"{name}Role"])
        for action in listed(one["Action"])
    }
    assert given - done <= {*LAMBDAS_OWN, *ANYBODY, *BEYOND.get(name, ())}


@pytest.mark.parametrize("name", POLICIES)
def test_no_statement_is_about_everything(name):
    given = list(own_statements(POLICIES[name]))
    everything = [one for one in given if "*" in listed(one["Resource"])]
    assert all(":*" not in action for one in given for action in listed(one["Action"]))
    assert bool(everything) == (name in WILDCARDS)


def own_statements(policy):
    if policy["Type"] == "AWS::IAM::ManagedPolicy":
        return policy["Properties"]["PolicyDocument"]["Statement"]
    return [
        one
        for inline in policy["Properties"]["Policies"]
        for one in inline["PolicyDocument"]["Statement"]
    ]

"""``podium doctor``: what it sees of a deployment in moto, and what it says of it."""

import boto3
import pytest

from aws_homes import moto_stack
from podium.clock import ManualClock
from podium.errors import InvalidInput, Unavailable
from podium_local.doctor.deployment import Deployment
from podium_local.doctor.findings import Check, Finding, Grade, carry_out, lines
from podium_local.doctor.visit import Options, look


@pytest.fixture
def stack(monkeypatch):
    with moto_stack(monkeypatch, ManualClock()) as opened:
        yield opened


@pytest.fixture
def visit(stack):
    """Look at the deployment; return the findings by what they are about."""

    def looked(**settings):
        deployment = Deployment(
            stack.settings().model_copy(update=settings),
            boto3.session.Session(),
            has_functions=False,
        )
        return {one.what: one for one in carry_out(deployment.checks())}

    return looked


def test_a_deployment_that_is_well_has_no_other_findings(visit):
    found = visit()
    assert {Grade.OK} == {one.grade for one in found.values()} - {Grade.WARNING}
    for what in (
        "caller",
        "table podium-workflows",
        "queue podium-decider.fifo",
        "queue podium-tasks-HTTP",
        "given up podium-timers-dead",
    ):
        assert Grade.OK is found[what].grade


def test_what_is_not_there_is_a_failure_and_the_rest_is_looked_at(stack, visit):
    stack.clients.dynamodb.delete_table(TableName="podium-timers")
    stack.clients.sqs.delete_queue(QueueUrl=stack.outputs["TimersQueueUrl"])
    found = visit(bucket="podium-elsewhere")

    failed = {what for what, one in found.items() if one.grade is Grade.FAILURE}
    assert {
        "table podium-timers",
        "queue podium-timers",
        "bucket podium-elsewhere",
    } == failed
    assert "deploy infra/data.yaml" in found["table podium-timers"].advice


def test_what_was_given_up_is_a_warning(stack, visit):
    dead = stack.outputs["TimersQueueUrl"] + "-dead"
    stack.clients.sqs.send_message(QueueUrl=dead, MessageBody="some-id 7")
    found = visit()["given up podium-timers-dead"]

    assert (Grade.WARNING, "1 messages") == (found.grade, found.detail)
    assert "redrive" in found.advice


def test_a_check_that_cannot_be_done_has_found_a_failure():
    def fail():
        raise Unavailable("nothing  there\nat all")

    [found] = carry_out([Check("this", fail)])
    assert Finding.failure("this", "nothing there at all") == found


def test_the_report_is_a_table_with_advice_below_its_line():
    findings = [Finding.ok("this", "fine"), Finding.failure("that", "bad", "mend it")]
    assert [
        ["ok", "this", "fine"],
        ["FAILED", "that", "bad"],
        ["->", "mend", "it"],
    ] == [line.split() for line in lines(findings, colours=False)]
    assert "\x1b[31mFAILED" in list(lines(findings, colours=True))[1]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (Options(), "PODIUM_WORKFLOWS_TABLE"),
        (Options(url="localhost:8080"), "--url"),
    ],
    ids=["nothing", "no URL"],
)
def test_what_is_missing_is_named(stack, options, named):
    with pytest.raises(InvalidInput, match=named):
        list(look(options, {}))

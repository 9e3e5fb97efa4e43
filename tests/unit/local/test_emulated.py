"""What an emulated deployment is told, without one."""

import re

import pytest

from podium_local.emulated.__main__ import main
from podium_local.emulated.deployment import (
    Deployment,
    quoted,
    with_any_secret,
    with_batch_actions,
    with_one_event_source,
)
from podium_local.emulated.emulator import environment_of, running
from templates import resources, statements

URL = "http://127.0.0.1:4566"


def test_an_emulator_that_is_there_is_used_and_none_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{URL}/")
    with running(tmp_path / "emulator") as url:
        assert URL == url
    assert not (tmp_path / "emulator").exists()


def test_no_account_is_reached_by_mistake(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "an-account's")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "an-account's")
    told = {k: v for k, v in environment_of(URL).items() if k.startswith("AWS_")}
    assert {
        "AWS_ENDPOINT_URL": URL,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    } == told


def test_a_deployments_outputs_are_the_variables_that_podium_reads():
    outputs = {"ApiId": "a1", "ApiUrl": "-", "AccessMode": "keys", "QueuePrefix": "p-"}
    deployed = Deployment(URL, outputs)
    told = {k for k in deployed.environment() if k.startswith("PODIUM_")}
    assert {"PODIUM_QUEUE_PREFIX"} <= told
    assert not told & {"PODIUM_API_ID", "PODIUM_API_URL"}
    assert f"{URL}/_aws/execute-api/a1/$default/api" == deployed.api_url


def test_a_role_is_allowed_a_batch_of_what_it_is_allowed():
    built = "  Action:\n  - sqs:CreateQueue\n  - sqs:SendMessage\n  Resource: '*'\n"
    assert (
        "  Action:\n  - sqs:CreateQueue\n  - sqs:SendMessage\n"
        "  - sqs:SendMessageBatch\n  Resource: '*'\n"
    ) == with_batch_actions(built)


def test_a_role_reads_the_secrets_whose_names_the_emulator_does_not_look_at():
    built = """\
        - Sid: Secrets
          Action:
          - ssm:GetParameters
          Resource:
            Fn::Sub: arn:${AWS::Partition}:ssm:::parameter/${Prefix}/secrets/*
        - Sid: Others
"""
    assert """\
        - Sid: Secrets
          Action:
          - ssm:GetParameters
          Resource: '*'
        - Sid: Others
""" == with_any_secret(built)


def test_the_template_itself_has_no_batch_actions():
    roles = resources("roles", "AWS::IAM::Role").values()
    for statement in (one for role in roles for one in statements(role)):
        assert not re.search(r"sqs:\w+Batch", str(statement["Action"]))


def test_a_parameter_needs_a_value(capsys):
    with pytest.raises(SystemExit):
        main(["AccessMode"])
    assert "NAME=VALUE" in capsys.readouterr().err


def test_a_parameter_may_be_empty_and_may_have_spaces_and_quotes():
    """Not quoted, SAM refuses the one and drops the other's quotes."""
    assert 'StatusQueue=""' == quoted("StatusQueue", "")
    assert r'EnvironmentVariables="{\"a\": \"b c\"}"' == quoted(
        "EnvironmentVariables", '{"a": "b c"}'
    )


def test_a_condition_of_a_further_event_source_is_never_true():
    built = """\
      - Fn::Equals:
        - Fn::Select:
          - 1
          - Fn::Split:
            - ','
            - Fn::Sub: ${EventSources},,
        - ''
      EventSourceArn:
        Fn::Select:
        - 1
"""
    assert """\
      - Fn::Equals:
        - ''
        - ''
      EventSourceArn:
        Fn::Select:
        - 1
""" == with_one_event_source(built)

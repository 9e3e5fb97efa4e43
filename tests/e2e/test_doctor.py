"""``podium doctor`` at a real server: a workflow goes round, and nothing is left."""

import subprocess

import pytest

from podium_process import COMMAND, PATIENCE, running

pytestmark = pytest.mark.e2e


def visit(url, *options):
    ended = subprocess.run(
        [*COMMAND, "doctor", "--url", url, "--region", "us-east-1", *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={},
    )
    return ended.returncode, ended.stdout


def test_a_workflow_goes_round_and_is_removed_again():
    with running(":memory:") as server:
        status, report = visit(server.url)
        names = server.request("GET", "/api/metadata/workflow/names").json()

    assert 0 == status, report
    assert ["ok", "ok"] == [line.split()[0] for line in report.splitlines()]
    assert "round trip" in report
    assert [] == names


def test_nobody_there_is_a_failure():
    status, report = visit("http://127.0.0.1:9", "--no-round-trip")

    assert 1 == status
    assert report.startswith("FAILED   API")
    assert 1 == len(report.splitlines())

"""What an import brings along."""

import json
import subprocess
import sys

import pytest

_LIST = "import json, sys, {}; print(json.dumps(sorted(sys.modules)))"


def brought_by(module):
    command = [sys.executable, "-c", _LIST.format(module)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("engine", ["boto3", "podium.service", "podium.decider"])
def test_the_sdk_without_native_workers_brings_no_engine(engine):
    assert engine not in brought_by("podium_sdk")


def test_native_workers_bring_no_more_of_the_engine_than_they_use():
    brought = brought_by("podium_sdk.native")

    assert "boto3" in brought, "while Lambda lends the module a whole processor"
    assert not brought & {"podium.bootstrap", "podium.service.engine"}

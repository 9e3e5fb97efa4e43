"""What the conformance tests share: a whole Podium whose time stands still."""

import pytest

from aws_world import new_aws_world
from world import new_world, worlds_by


@pytest.fixture(autouse=True)
def _home(request):
    if request.config.getoption("--home") == "aws":
        with worlds_by(new_aws_world):
            yield
    else:
        yield


@pytest.fixture
def world(_home):
    with new_world() as opened:
        yield opened

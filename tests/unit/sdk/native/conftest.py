"""Both homes: what holds for native workers holds over SQLite and over AWS."""

import pytest

from aws_world import new_aws_world
from world import new_world


@pytest.fixture(params=["embedded", "aws"])
def world(request):
    opening = {"embedded": new_world, "aws": new_aws_world}[request.param]
    with opening() as opened:
        yield opened

"""What the conformance tests share: a whole Podium whose time stands still."""

import pytest

from world import new_world


@pytest.fixture
def world():
    with new_world() as opened:
        yield opened

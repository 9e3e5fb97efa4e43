import pytest

from access_stores import open_access


@pytest.fixture
def access():
    with open_access() as opened:
        yield opened

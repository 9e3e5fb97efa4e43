import pytest

from http_site import Names, serving
from podium.tasks.addresses import ALL_BUT_METADATA
from podium.tasks.connections import open_pool
from podium.tasks.contract import SystemTaskCall
from podium.tasks.http import HttpTask


@pytest.fixture
def site():
    with serving() as opened:
        yield opened


@pytest.fixture
def other():
    with serving() as opened:
        yield opened


@pytest.fixture
def pools():
    """Open pools and close them in the end."""
    opened = []

    def open_one(*given, **options):
        opened.append(open_pool(*given, **options))
        return opened[-1]

    yield open_one
    for pool in opened:
        pool.clear()


@pytest.fixture
def run(pools):
    """Run an HTTP task once."""

    def run_one(uri, names=None, *, policy=ALL_BUT_METADATA, method="GET", **request):
        pool = pools(policy, names or Names())
        given = {"uri": uri, "method": method, **request}
        call = SystemTaskCall("t", "call", "w", "order", 1, None, {}, given)
        return HttpTask(pool=pool).run(call)

    return run_one

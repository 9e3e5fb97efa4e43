"""What a web page of somebody else's may ask an open server on the loopback."""

import pytest

from podium_local.options import Options
from podium_local.pages import (
    refusal_of,
    refuse_strange_names,
    refuse_strange_pages,
)

HERE = {"host": "localhost:8080"}
API = "/api/workflow"


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8080",
        "LOCALHOST",
        "127.0.0.1:8080",
        "[::1]:8080",
        "podium:8080",
        "host.docker.internal:8080",
        "podium.localhost",
        "192.168.1.7:8080",
    ],
)
def test_a_machine_is_known_by_its_own_names(host):
    assert refuse_strange_names({"host": host}, API) is None


@pytest.mark.parametrize(
    "host", ["evil.example:8080", "evil.example.", "localhost.evil.example", "[::1"]
)
def test_a_name_that_was_made_to_lead_here_is_refused(host):
    """DNS rebinding: the page is of that name, and so could read the answer."""
    assert "is no name of this machine" in refuse_strange_names({"host": host}, "/")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://203.0.114.5", "null", "http://[::1"]
)
@pytest.mark.parametrize("path", [API, "/"])
def test_what_a_page_of_another_origin_sends_is_refused(origin, path):
    given = {**HERE, "origin": origin, "sec-fetch-site": "cross-site"}

    assert "is a stranger" in refuse_strange_names(given, path)


@pytest.mark.parametrize(
    "origin", ["http://localhost:8080", "http://127.0.0.1:5000", "http://ui:5000"]
)
def test_a_page_of_this_machine_may_ask(origin):
    given = {**HERE, "origin": origin, "sec-fetch-site": "cross-site"}

    assert refuse_strange_names(given, API) is None


def test_an_image_of_another_site_is_no_way_into_the_api():
    """A GET has no origin, and polls take tasks."""
    given = {**HERE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}

    assert "of another site" in refuse_strange_names(given, "/api/tasks/poll/pack")
    assert refuse_strange_names(given, "/swagger-ui/index.html") is None


def test_a_server_of_a_name_of_its_own_knows_its_own_pages():
    host = "podium.example.com:8080"

    own = {"host": host, "origin": f"https://{host}", "sec-fetch-site": "same-origin"}
    assert refuse_strange_pages({"host": host}, API) is None
    assert refuse_strange_pages(own, API) is None
    assert refuse_strange_pages({**own, "origin": "https://evil.example"}, API)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_only_an_open_server_on_the_loopback_asks_for_names(host):
    strange = {"host": "podium.example.com"}

    assert refusal_of(Options(host=host))(strange, API)
    assert refusal_of(Options(host="0.0.0.0"))(strange, API) is None
    assert refusal_of(Options(host="0.0.0.0"))({"origin": "https://evil.example"}, API)
    assert refusal_of(Options(host=host, asks_for_keys=True))(strange, API) is None

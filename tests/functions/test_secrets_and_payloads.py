"""Variables, secrets and external payloads as HTTP requests."""

import json
import re
from urllib.parse import urlsplit

import pytest
import requests

from aws_world import new_aws_world
from gateway_events import CONTEXT, event
from podium.adapters.token_links import VALID_FOR
from podium_functions.api import Api
from podium_functions.callers import anybody
from world import new_world, simple

LOCATION = "/api/workflow/externalstoragelocation"
DOCUMENT = {"x": 1, "name": "é"}
WRITE = "operation=WRITE&payloadType=WORKFLOW_INPUT&path="


class Client:
    """A client of a whole API."""

    def __init__(self, world):
        self._api = Api(world.podium, identify=anybody)

    def __call__(self, method, path, **given):
        made = event(method, path, **given)
        made["headers"]["host"] = "podium.test:8080"
        response = self._api.handle(made, CONTEXT)
        return response["statusCode"], response["body"]


@pytest.fixture
def world():
    with new_world({"REGION": "north"}) as opened:
        opened.keep_secret("PASSWORD", "hunter2")
        yield opened


@pytest.fixture
def ask(world):
    return Client(world)


# --- variables and secrets -----------------------------------------------------------


def test_variables_are_listed(ask):
    status, body = ask("GET", "/api/environment")

    assert (200, [{"name": "REGION", "value": "north"}]) == (status, json.loads(body))


@pytest.mark.parametrize(("key", "value"), [("REGION", "north"), ("NONE", "")])
def test_one_variable_is_plain_text(ask, key, value):
    assert (200, value) == ask("GET", f"/api/environment/{key}")


def test_secrets_are_listed_by_name_alone(ask):
    assert (200, '["PASSWORD"]') == ask("GET", "/api/secrets")


# --- external payloads ---------------------------------------------------------------


@pytest.mark.parametrize("noun", ["workflow", "tasks"])
@pytest.mark.parametrize(
    "name", ["externalstoragelocation", "external-storage-location"]
)
def test_a_place_for_a_payload(ask, noun, name):
    status, body = ask("GET", f"/api/{noun}/{name}", query=WRITE)

    found = json.loads(body)
    assert 200 == status
    assert re.fullmatch(r"workflow/input/[0-9a-f-]{36}\.json", found["path"])
    assert found["uri"].startswith("http://podium.test:8080/api/external-payloads/")


def test_a_place_of_what_there_is_not(ask):
    status, body = ask("GET", LOCATION, query="operation=X&payloadType=Y&path=")

    expected = "Invalid input - Operation: X, PayloadType: Y"
    assert (400, expected) == (status, json.loads(body)["message"])


def _uri(ask, operation, path=""):
    query = f"operation={operation}&payloadType=WORKFLOW_INPUT&path={path}"
    found = json.loads(ask("GET", LOCATION, query=query)[1])
    return urlsplit(found["uri"]).path, found["path"]


def test_what_was_put_is_read(world, ask):
    uri, path = _uri(ask, "WRITE")
    assert 200 == ask("PUT", uri, body=DOCUMENT)[0]
    uri, _ = _uri(ask, "READ", path)
    status, body = ask("GET", uri)

    assert (200, DOCUMENT) == (status, json.loads(body))
    world.register("order", [simple("t")])
    request = {"name": "order", "externalInputPayloadStoragePath": path}
    assert 200 == ask("POST", "/api/workflow", body={**request, "input": None})[0]


def test_a_link_is_for_one_thing_and_for_a_minute(world, ask):
    put, path = _uri(ask, "WRITE")
    get, _ = _uri(ask, "READ", path)
    assert 200 == ask("PUT", put, body=DOCUMENT)[0]

    assert 401 == ask("GET", put)[0]
    assert 401 == ask("PUT", get, body=DOCUMENT)[0]
    assert 401 == ask("GET", f"{get}x")[0]
    assert 401 == ask("GET", "/api/external-payloads/nothing")[0]
    world.clock.advance(VALID_FOR)
    assert 401 == ask("GET", get)[0]


def test_what_is_no_json_object_is_no_payload(ask):
    uri, _ = _uri(ask, "WRITE")

    assert 400 == ask("PUT", uri, body=[1])[0]
    assert 404 == ask("GET", _uri(ask, "READ", "task/input/none.json")[0])[0]


def test_on_aws_a_link_leads_to_the_bucket():
    with new_aws_world() as world:
        ask = Client(world)
        written = json.loads(ask("GET", LOCATION, query=WRITE)[1])
        put = requests.put(written["uri"], json=DOCUMENT, timeout=5)
        query = f"operation=READ&payloadType=WORKFLOW_INPUT&path={written['path']}"
        read = json.loads(ask("GET", LOCATION, query=query)[1])

        assert 200 == put.status_code
        assert DOCUMENT == requests.get(read["uri"], timeout=5).json()
        assert "X-Amz-Expires=60" in read["uri"]
        assert 401 == ask("GET", "/api/external-payloads/nothing")[0]


# --- messages ------------------------------------------------------------------------


def test_a_message_is_pushed_and_its_refusals_are_plain_text(world, ask):
    world.register("waits", [simple("t")])
    started = world.start("waits")
    path = f"/api/workflow/{started}/messages"
    status, pushed = ask("POST", path, body={"x": 1})
    assert (200, 36) == (status, len(pushed))

    world.podium.workflows.terminate(started, None)
    expected = f"Workflow {started} is not in RUNNING state (current: TERMINATED)"
    assert (409, expected) == ask("POST", path, body={"x": 1})
    unknown = "01890a5d-ac96-8b3c-9f3c-4a7d00000000"
    assert (404, f"Workflow not found: {unknown}") == ask(
        "POST", f"/api/workflow/{unknown}/messages", body={}
    )

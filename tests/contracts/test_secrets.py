"""The contract of secrets, which are administered outside of the homes."""

import json

import pytest

from aws_homes import moto_stack, open_over
from podium.adapters.environment_secrets import EnvironmentSecrets
from podium.adapters.parameter_store import KEPT
from podium.clock import ManualClock
from podium.errors import Unavailable

MANY = {f"N{number:02}": str(number) for number in range(25)}


class InEnvironment:
    def __init__(self):
        self.variables = {"CONDUCTOR_ENV_A": "no secret", "OTHER": "neither"}
        self.secrets = EnvironmentSecrets(self.variables)

    def keep(self, name, value):
        self.variables[f"CONDUCTOR_SECRET_{name}"] = value


class InParameterStore:
    def __init__(self, stack, clock):
        self.client = stack.clients.of("ssm")
        self.clock = clock
        self.secrets = open_over(stack, clock).home.secrets
        self.asked = []
        self.client.meta.events.register("before-call.ssm", self._hear)
        self._put("/podium/secrets-of-others/A", "not ours")
        self._put("/other/secrets/A", "not ours")

    def _hear(self, model, **_):
        self.asked.append(model.name)

    def keep(self, name, value):
        self._put(f"/podium/secrets/{name}", value)

    def _put(self, name, value):
        self.client.put_parameter(
            Name=name, Value=value, Type="SecureString", Overwrite=True
        )


@pytest.fixture
def in_store(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)  # an emulator's, by --home
    clock = ManualClock()
    with moto_stack(monkeypatch, clock) as stack:
        yield InParameterStore(stack, clock)


@pytest.fixture(params=["environment", "parameter-store"])
def place(request):
    if request.param == "environment":
        return InEnvironment()
    return request.getfixturevalue("in_store")


def test_there_are_none_at_first(place):
    assert [] == place.secrets.names()
    assert {} == place.secrets.find(["A"])


def test_secrets_are_found_by_name(place):
    place.keep("A", "one")
    place.keep("B_2.x-y", json.dumps({"k": "é"}))

    assert ["A", "B_2.x-y"] == place.secrets.names()
    assert {"A": "one", "B_2.x-y": '{"k": "\\u00e9"}'} == place.secrets.find(
        ["A", "B_2.x-y", "C"]
    )


def test_nothing_is_asked_for_nothing(place):
    place.keep("A", "one")

    assert {} == place.secrets.find([])


def test_many_are_found_at_once(place):
    for name, value in MANY.items():
        place.keep(name, value)

    assert MANY == place.secrets.find(list(MANY))
    assert sorted(MANY) == place.secrets.names()


@pytest.mark.parametrize("name", ["", "*", "a b", "../secrets/A", "A/B", "${A}", "é"])
def test_what_is_no_name_is_no_secret(place, name):
    place.keep("A", "one")

    assert {"A": "one"} == place.secrets.find(["A", name])


def test_ten_secrets_are_one_request_to_the_parameter_store(in_store):
    names = list(MANY)[:10]
    in_store.asked.clear()
    in_store.secrets.find(names)
    assert ["GetParameters"] == in_store.asked


def test_the_parameter_store_is_asked_again_after_some_seconds(in_store):
    in_store.keep("A", "one")
    assert {"A": "one"} == in_store.secrets.find(["A", "B"])
    in_store.keep("A", "two")
    in_store.keep("B", "new")
    in_store.asked.clear()

    in_store.clock.advance(KEPT - 1)
    assert {"A": "one"} == in_store.secrets.find(["A", "B"])
    assert [] == in_store.asked
    in_store.clock.advance(1)
    assert {"A": "two", "B": "new"} == in_store.secrets.find(["A", "B"])


def test_a_parameter_store_that_refuses_is_unavailable(in_store):
    def refuse(**_):
        from botocore.exceptions import ClientError

        error = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
        raise ClientError(error, "GetParameters")

    in_store.client.meta.events.register("before-call.ssm", refuse)
    try:
        with pytest.raises(Unavailable):
            in_store.secrets.find(["A"])
    finally:
        in_store.client.meta.events.unregister("before-call.ssm", refuse)

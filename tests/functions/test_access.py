"""Who may call what, over events: tokens, signatures, issuers, and no one at all."""

import json
from dataclasses import replace

import pytest

from gateway_events import CONTEXT, event
from podium.access.administration import Administration
from podium.access.authentication import APPLICATIONS_KEPT, DEFAULT_LIFETIME
from podium.access.roles import Role
from podium.access.tokens import LEEWAY
from podium.bootstrap import build
from podium.errors import IllegalState, Unavailable
from podium.settings import AccessMode, AwsSettings
from podium_functions.api import Api
from podium_functions.callers import anybody, by_token, identify_by
from podium_functions.route_roles import PUBLIC
from podium_functions.routes import ENDPOINTS
from world import new_world, task

WHOLE = "/api/metadata/workflow/names"


@pytest.fixture
def world():
    with new_world() as opened:
        opened.register("order", [task("WAIT", "wait")])
        yield opened


@pytest.fixture
def operator(world):
    home = world.opened.home
    return Administration(home.clock, home.draw, home.applications, home.signing_keys)


@pytest.fixture
def podium(world):
    return build(world.opened.home, token_lifetime=DEFAULT_LIFETIME)


@pytest.fixture
def ask(podium):
    """Send a request to an API that asks for keys; return status and JSON."""
    api = Api(podium, identify=by_token(podium.authentication))
    return asker(api)


def asker(api):
    def send(method, path, token=None, body=None, **context):
        given = event(method, path, body=body)
        given["requestContext"] |= context
        if token is not None:
            given["headers"]["x-authorization"] = token
        response = api.handle(given, CONTEXT)
        text = response["body"]
        is_json = response["headers"].get("Content-Type") == "application/json"
        return response["statusCode"], json.loads(text) if is_json else text

    return send


@pytest.fixture
def key_for(operator):
    def make(*roles):
        name = "-".join(roles)
        operator.create_application(name, frozenset(roles))
        return operator.create_key(name)

    return make


@pytest.fixture
def token_for(ask, key_for):
    def make(*roles):
        key = key_for(*roles)
        body = {"keyId": key.key_id, "keySecret": key.secret}
        return ask("POST", "/api/token", body=body)[1]["token"]

    return make


# --- keys ----------------------------------------------------------------------------


def test_a_key_gets_a_token_and_the_token_an_answer(ask, token_for):
    assert (200, ["order"]) == ask("GET", WHOLE, token_for(Role.READ_ONLY))


@pytest.mark.parametrize(
    "body",
    [
        {"keyId": "{key}", "keySecret": "wrong"},
        {"keyId": "{key}"},
        {"keySecret": "{secret}"},
        {},
        None,
        {"keyId": "nobody.000000000000000000000000", "keySecret": "{secret}"},
    ],
)
def test_without_key_and_secret_there_is_no_token(ask, key_for, body):
    key = key_for(Role.WORKER)
    known = {"key": key.key_id, "secret": key.secret}
    body = body and {name: text.format(**known) for name, text in body.items()}

    status, error = ask("POST", "/api/token", body=body)

    assert (401, "INVALID_CREDENTIALS") == (status, error["error"])
    assert "token" not in error


@pytest.mark.parametrize(
    "body", ["{", "[1]", '{"keyId": {"a": 1}, "keySecret": "s3cr"}']
)
def test_a_malformed_request_for_a_token_is_refused_without_its_secret(ask, body):
    status, error = ask("POST", "/api/token", body=body)

    assert 400 == status
    assert "s3cr" not in json.dumps(error)


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c"])
def test_a_request_without_a_good_token_is_told_to_get_one(ask, key_for, token):
    key_for(Role.ADMIN)
    status, error = ask("GET", WHOLE, token)

    assert error.pop("instance")
    assert error.pop("message")
    expected = {"status": 401, "retryable": False, "error": "INVALID_TOKEN"}
    assert (401, expected) == (status, error)


def test_an_old_token_is_told_so(world, ask, token_for):
    token = token_for(Role.ADMIN)
    world.clock.advance(DEFAULT_LIFETIME + LEEWAY)

    status, error = ask("GET", WHOLE, token)

    assert (401, "EXPIRED_TOKEN") == (status, error["error"])


def test_a_revoked_key_has_no_use_left(world, ask, token_for, operator):
    token = token_for(Role.ADMIN)
    operator.revoke("admin")
    world.clock.advance(APPLICATIONS_KEPT)

    assert "INVALID_TOKEN" == ask("GET", WHOLE, token)[1]["error"]


def test_a_role_that_a_route_is_not_for_is_forbidden_it(world, ask, token_for):
    token = token_for(Role.READ_ONLY)

    status, error = ask("POST", "/api/workflow/order", token, {})

    assert (403, "read-only may not call POST /api/workflow/order") == (
        status,
        error["message"],
    )
    # With INVALID_TOKEN clients would get a new token and try again.
    assert "error" not in error
    assert 0 == world.podium.searching.search(None, "*", None, 0, 10).total


def test_no_route_answers_a_stranger(ask):
    """Neither an endpoint, nor a path that is none, nor another verb."""
    routes = [(one.method, one.path) for one in ENDPOINTS]
    others = [("GET", "/nope"), ("PATCH", "/api/event"), ("OPTIONS", "/api/event")]
    heads = [("HEAD", "/health"), ("HEAD", WHOLE), ("GET", "/api/token")]

    answers = {
        (method, path): ask(method, path.replace("<", "").replace(">", ""))[1]
        for method, path in (*routes, *others, *heads)
    }

    open_ones = {
        route for route, error in answers.items() if error["error"] != "INVALID_TOKEN"
    }
    assert PUBLIC == open_ones


def test_who_is_known_is_told_what_there_is(ask, token_for):
    token = token_for(Role.WORKER)

    assert 404 == ask("GET", "/nope", token)[0]
    assert 405 == ask("GET", "/api/token", token)[0]


def test_a_store_that_is_silent_is_no_reason_to_let_anybody_in(world, podium):
    class Silent:
        def __getattr__(self, _name):
            raise Unavailable("DynamoDB did not answer")

    home = replace(world.opened.home, signing_keys=Silent())
    silent = build(home, token_lifetime=DEFAULT_LIFETIME).authentication

    ask = asker(Api(podium, identify=by_token(silent)))

    assert 503 == ask("GET", WHOLE, "a.b.c")[0]
    assert 503 == ask("GET", "/nope", "a.b.c")[0]


def test_a_mistake_of_ours_lets_nobody_in(podium, caplog):
    def broken(_event):
        raise ZeroDivisionError

    ask = asker(Api(podium, identify=broken))

    assert 500 == ask("GET", WHOLE)[0]
    assert 500 == ask("GET", "/nope")[0]
    assert {"request_failed"} == {record.message for record in caplog.records}


# --- the other ways ------------------------------------------------------------------


def settings(**fields):
    names = ("workflows_table", "catalog_table", "timers_table", "bucket")
    urls = ("commands_queue_url", "timers_queue_url", "guards_queue_url")
    needed = dict.fromkeys((*names, *urls), "x")
    return AwsSettings(**needed, queue_prefix="", **fields)


def ask_by(world, **fields):
    made = settings(**fields)
    podium = build(world.opened.home, token_lifetime=made.lifetime_of_tokens)
    return asker(Api(podium, identify=identify_by(made, podium)))


def test_a_deployment_asks_for_keys_unless_told_otherwise(world):
    ask = ask_by(world)

    assert 401 == ask("GET", WHOLE)[0]
    assert 401 == ask("POST", "/api/token", body={})[0]


def test_keys_without_a_lifetime_are_a_mistake(world):
    with pytest.raises(IllegalState):
        identify_by(settings(), world.podium)


@pytest.mark.parametrize("mode", [AccessMode.OPEN, AccessMode.IAM, AccessMode.OIDC])
def test_only_keys_have_tokens(world, mode):
    known = {
        "iam": {"userArn": "arn:aws:iam::1:user/a"},
        "jwt": {"claims": {"sub": "a", "roles": "admin"}},
    }
    ask = ask_by(world, access_mode=mode)

    status, error = ask("POST", "/api/token", body={"keyId": "k"}, authorizer=known)

    assert (404, "No static resource api/token.") == (status, error["message"])


def test_an_open_home_asks_nobody(world):
    ask = asker(Api(world.podium, identify=anybody))

    assert (200, ["order"]) == ask("GET", WHOLE)
    assert (200, ["order"]) == ask("GET", WHOLE, "any token")
    assert 404 == ask("POST", "/api/token", body={"keyId": "k"})[0]
    assert (200, ["order"]) == ask_by(world, access_mode="open")("GET", WHOLE)


def test_a_signer_that_api_gateway_knows_may_call_what_iam_lets_through(world):
    ask = ask_by(world, access_mode="iam")
    signer = {"iam": {"userArn": "arn:aws:iam::1:role/worker", "accountId": "1"}}

    assert (200, ["order"]) == ask("GET", WHOLE, authorizer=signer)


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"authorizer": None},
        {"authorizer": {"iam": None}},
        {"authorizer": {"iam": {"userArn": ""}}},
        {"authorizer": {"jwt": {"claims": {"sub": "a", "roles": "admin"}}}},
        {"authorizer": {"lambda": {"roles": "admin"}}},
    ],
)
def test_a_route_that_lost_its_iam_authorizer_is_closed(world, context):
    ask = ask_by(world, access_mode="iam")

    assert 401 == ask("GET", WHOLE, **context)[0]
    assert 401 == ask("GET", "/nope", **context)[0]


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        ("read-only", 200),
        ("[worker read-only]", 200),
        ("worker,read-only", 200),
        ("[admin]", 200),
        ("[other workflow-manager]", 200),
        ("[worker]", 403),
        ("superadmin", 403),
        ("[]", 403),
        ("", 403),
    ],
)
def test_an_issuers_roles_are_in_a_claim(world, claim, status):
    ask = ask_by(world, access_mode="oidc", oidc_roles_claim="groups")
    claims = {"sub": "alice", "groups": claim, "roles": "admin"}

    assert status == ask("GET", WHOLE, authorizer={"jwt": {"claims": claims}})[0]


def test_an_issuers_caller_has_a_name_of_the_operators_choice(world):
    ask = ask_by(world, access_mode="oidc", oidc_name_claim="email")
    claims = {"sub": "1", "email": "a@example.org", "roles": "worker"}

    _, error = ask("GET", WHOLE, authorizer={"jwt": {"claims": claims}})

    assert f"a@example.org may not call GET {WHOLE}" == error["message"]


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"authorizer": {"jwt": {}}},
        {"authorizer": {"jwt": {"claims": {"roles": "admin"}}}},
        {"authorizer": {"iam": {"userArn": "arn"}}},
    ],
)
def test_a_route_that_lost_its_jwt_authorizer_is_closed(world, context):
    ask = ask_by(world, access_mode="oidc")

    assert 401 == ask("GET", WHOLE, **context)[0]

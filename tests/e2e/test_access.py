"""Keys from the command line, asked for by a real server."""

import subprocess
from random import getrandbits

import pytest

from podium.adapters.sqlite.home import open_home
from podium.clock import SystemClock
from podium_process import COMMAND, PATIENCE
from podium_sdk import AccessKey, PodiumClient, Unauthorized

pytestmark = pytest.mark.e2e

NAMES = "/api/metadata/workflow/names"


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "podium.sqlite3"
    open_home(path, clock=SystemClock(), draw=getrandbits).close()
    return path


@pytest.fixture
def access(database):
    """Run ``podium access`` on the database; return status, stdout and stderr."""

    def run(*arguments):
        ended = subprocess.run(
            [*COMMAND, "access", "--db", str(database), *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return ended.returncode, ended.stdout, ended.stderr

    return run


def token_of(server, variables):
    """Get a token with what ``create-key`` printed."""
    given = dict(line.split("=", 1) for line in variables.splitlines())
    body = {
        "keyId": given["CONDUCTOR_AUTH_KEY"],
        "keySecret": given["CONDUCTOR_AUTH_SECRET"],
    }
    return server.ask("POST", "/api/token", body)["token"]


def test_keys_are_made_used_and_revoked_while_the_server_runs(start, database, access):
    server = start(database, options=("--auth", "keys"))
    assert 401 == server.request("GET", NAMES).status

    assert 0 == access("create-application", "billing", "--role", "read-only")[0]
    status, variables, said = access("create-key", "billing")
    assert (0, True) == (status, "nobody can show it again" in said)
    token = token_of(server, variables)
    assert 200 == server.request("GET", NAMES, x_authorization=token).status
    assert 403 == server.request("DELETE", f"{NAMES}/1", x_authorization=token).status
    assert 401 == server.request("GET", NAMES, x_authorization=token + "x").status

    secret = variables.split("CONDUCTOR_AUTH_SECRET=")[1].strip()
    _, listed, _ = access("list")
    assert "billing  read-only" in listed
    assert secret not in listed
    assert secret not in "".join(server.log)
    assert secret.encode() not in database.read_bytes()

    access("revoke", "billing")
    with pytest.raises(AssertionError, match="401"):
        token_of(server, variables)


def test_the_sdk_calls_a_closed_server_with_a_key(start, database, access):
    server = start(database, options=("--auth", "keys"))
    access("create-application", "billing", "--role", "read-only")
    _, variables, _ = access("create-key", "billing")
    key = AccessKey.from_environment(
        dict(line.split("=", 1) for line in variables.splitlines())
    )

    with PodiumClient(server.url, access_key=key) as client:
        assert [] == client.metadata.list_workflows()
        with pytest.raises(Unauthorized):
            client.metadata.delete_workflow("billing", 1)
    with PodiumClient(server.url) as client, pytest.raises(Unauthorized):
        client.metadata.list_workflows()


def test_a_server_that_asks_nobody_has_no_tokens(start, database):
    server = start(database)

    assert 404 == server.request("POST", "/api/token", {"keyId": "k"}).status
    assert 200 == server.request("GET", NAMES).status


def test_signing_keys_are_rotated(access):
    assert 0 == access("rotate-signing-key")[0]
    assert 0 == access("rotate-signing-key")[0]
    assert 2 == access("list")[1].count("signing key")
    assert 0 == access("rotate-signing-key", "--at-once")[0]
    assert 1 == access("list")[1].count("signing key")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("create-application", "a b", "--role", "admin"), 1, "podium: name: expected"),
        (("create-application", "a"), 2, "--role"),
        (("create-application", "a", "--role", "root"), 2, "invalid choice: 'root'"),
        (("create-key", "nobody"), 1, "podium: There is no application nobody"),
        (("revoke", "nobody"), 1, "podium: There is no application nobody"),
        ((), 2, "usage: podium access"),
    ],
)
def test_mistakes_are_told_in_a_line(access, arguments, status, said):
    ended, _, stderr = access(*arguments)

    assert status == ended
    assert said in stderr


def test_a_database_that_is_not_there_is_not_made(database, access):
    database.unlink()

    status, _, said = access("create-application", "billing", "--role", "admin")

    assert (1, False) == (status, database.exists())
    assert f"podium: --db: there is no {database}; podium dev makes it" in said


def test_without_a_database_the_deployments_variables_are_asked_for(tmp_path):
    ended = subprocess.run(
        [*COMMAND, "access", "list"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert 1 == ended.returncode
    assert "podium: which deployment? Say --stack NAME, or --db PATH" in ended.stderr
    assert "PODIUM_CATALOG_TABLE: Field required" in ended.stderr
    assert [] == list(tmp_path.iterdir())

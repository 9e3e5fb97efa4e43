"""The command line: what it accepts, what it refuses, how it starts and ends."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from podium_process import COMMAND, PATIENCE, wait_for
from world import inline, task

pytestmark = pytest.mark.e2e


def run(*arguments, folder):
    """Run a command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def refusal(*arguments, folder):
    """Return what a command says that must end with status 1, in one line."""
    ended = run("dev", "--port", "0", *arguments, folder=folder)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    return line


# --- arguments -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("serve",),
        ("dev", "--nope"),
        ("dev", "--port", "high"),
        ("dev", "--port", "65536"),
        ("dev", "--port", "-1"),
        ("dev", "--retention-days", "soon"),
        ("dev", "--prefix", "Upper"),
        ("dev", "--status-queue", "nowhere"),
        ("dev", "--aws", "http://127.0.0.1:9", "--db", ":memory:"),
        ("dev", "extra"),
    ],
)
def test_bad_arguments_end_with_status_2_and_the_usage(tmp_path, arguments):
    ended = run(*arguments, folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: podium")
    assert list(tmp_path.iterdir()) == []


def test_version_and_help_answer_without_starting_anything(tmp_path):
    version = run("--version", folder=tmp_path)
    assert version.stdout.startswith("podium ")
    assert "--db PATH" in run("dev", "--help", folder=tmp_path).stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("library", "arguments"), [("uvicorn", ("dev",)), ("boto3", ("doctor",))]
)
def test_without_the_extra_that_it_needs_a_command_names_it(
    tmp_path, library, arguments
):
    """As where podium was installed for the SDK alone."""
    without = f"import sys; sys.modules[{library!r}] = None\n"
    code = f"{without}from podium_local.__main__ import main; sys.exit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    said = f"podium: there is no {library} here; podium's extra `local` installs it\n"
    assert (1, said) == (ended.returncode, ended.stderr)


def test_an_address_that_is_none_is_refused(tmp_path):
    said = refusal("--host", "300.1.1.1", "--db", ":memory:", folder=tmp_path)
    assert said.startswith("podium: --host: 300.1.1.1 is no address here")


def test_an_address_of_another_machine_is_not_the_ports_fault(tmp_path):
    said = refusal("--host", "192.0.2.1", "--db", ":memory:", folder=tmp_path)
    assert said.startswith("podium: --host: 192.0.2.1 is no address here")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--aws", "localhost:4566"), "--aws: expected http(s)://host:port, got"),
        (("--aws", "https://s3.amazonaws.com"), "--aws: s3.amazonaws.com is AWS"),
        (("--aws", "http://127.0.0.1:9"), "--aws: http://127.0.0.1:9: Could not conn"),
        (("--aws", "http://127.0.0.1:9", "--full-sync"), "--full-sync: is for --db"),
    ],
)
def test_what_is_no_emulator_is_refused(tmp_path, arguments, said):
    assert refusal(*arguments, folder=tmp_path).startswith(f"podium: {said}")
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_refused_with_what_to_do(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("dev", "--port", str(port), "--db", ":memory:", folder=tmp_path)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.stderr
    assert "0 for any that is free" in ended.stderr


# --- databases -----------------------------------------------------------------------


def test_the_default_database_is_made_where_git_does_not_look(start, tmp_path):
    server = start(tmp_path / ".podium" / "podium.sqlite3")
    assert (tmp_path / ".podium" / ".gitignore").read_text() == "*\n"
    assert server.stop() == 0


def test_a_second_server_on_a_database_is_refused_even_by_another_name(start, tmp_path):
    database = tmp_path / "podium.sqlite3"
    link = tmp_path / "link.sqlite3"
    link.symlink_to(database)
    start(database)
    for name in (database, link):
        said = refusal("--db", str(name), folder=tmp_path)
        assert said == f"podium: --db: {name} is in use by another podium dev"


def test_servers_in_memory_have_nothing_in_common_and_leave_nothing(start, tmp_path):
    first, second = start(":memory:"), start(":memory:")
    first.ask("POST", "/api/metadata/taskdefs", [{"name": "mine"}])
    assert len(first.ask("GET", "/api/metadata/taskdefs")) == 1
    assert second.ask("GET", "/api/metadata/taskdefs") == []
    assert first.stop() == 0
    assert start(":memory:").ask("GET", "/api/metadata/taskdefs") == []
    assert list(tmp_path.iterdir()) == []


def make_noise(path):
    path.write_bytes(os.urandom(20_000))


def make_text(path):
    path.write_text("dear diary, " * 100)


def make_foreign(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE journal (entry)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (make_noise, "is not a Podium database"),
        (make_text, "is not a Podium database"),
        (make_foreign, "is a SQLite file, but not a Podium database"),
    ],
)
def test_a_file_that_is_no_podium_database_is_refused_and_left_as_it_is(
    tmp_path, make, says
):
    path = tmp_path / "mine"
    make(path)
    before = path.read_bytes()
    said = refusal("--db", str(path), folder=tmp_path)
    assert said == f"podium: {path} {says}"
    assert path.read_bytes() == before


def test_half_a_database_is_refused(start, tmp_path):
    whole, half = tmp_path / "podium.sqlite3", tmp_path / "half.sqlite3"
    start(whole).stop()
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "malformed" in refusal("--db", str(half), folder=tmp_path)


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_folder_is_no_database(tmp_path, name):
    said = refusal("--db", name, folder=tmp_path)
    assert said == f"podium: --db: '{name}' is a folder, expected a file"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    said = refusal("--db", "file/podium.sqlite3", folder=tmp_path)
    assert said.startswith("podium: --db: cannot use file/podium.sqlite3: ")


# --- the start and the end -----------------------------------------------------------


def test_it_says_where_it_listens_in_json_and_answers_at_once(start):
    began = time.perf_counter()
    server = start()
    assert server.ask("GET", "/health")["healthy"] is True
    print(f"ready after {time.perf_counter() - began:.2f} s")  # noqa: T201
    assert server.ask("GET", "/api/health")["healthy"] is True
    assert server.stop() == 0
    said = [json.loads(line) for line in server.log]
    assert [one["message"] for one in said] == ["podium_listens", "podium_stopped"]
    assert said[0]["url"] == server.url
    assert {one["level"] for one in said} == {"INFO"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_held_polls_with_what_they_have_and_the_server_with_0(
    start, number
):
    server = start()
    definition = {"name": "waits", "version": 1, "tasks": [task("WAIT", "wait")]}
    server.ask("PUT", "/api/metadata/workflow", [definition])
    types = {f"nothing_{number}" for number in range(10)}

    def poll(task_type):
        path = f"/api/tasks/poll/batch/{task_type}?timeout=5000"
        return server.ask("GET", path)

    def execute():
        path = "/api/workflow/execute/waits/1?waitForSeconds=29"
        return server.ask("POST", path, {"name": "waits"})["status"]

    def polled():
        found = server.ask("GET", "/api/tasks/queue/polldata/all")
        return {one["queueName"] for one in found}

    with ThreadPoolExecutor(11) as pool:
        run = pool.submit(execute)
        polls = [pool.submit(poll, one) for one in types]
        wait_for(lambda: server.ask("GET", "/api/workflow/running/waits"))
        wait_for(lambda: polled() == types)
        began = time.monotonic()
        server.send(number)
        assert server.wait() == 0
        assert time.monotonic() - began < 4, "the polls would have taken 5 seconds"
    assert [one.result() for one in polls] == [[]] * 10
    assert run.result() == "RUNNING"


def test_a_call_that_nobody_answers_does_not_hold_up_the_end(start):
    server = start()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        parameters = {"uri": uri, "method": "GET", "readTimeOut": 25_000}
        call = task("HTTP", "call", inputParameters=parameters)
        definition = {"name": "calls", "version": 1, "tasks": [call]}
        server.ask("PUT", "/api/metadata/workflow", [definition])
        server.ask("POST", "/api/workflow/calls", {})
        silent.settimeout(PATIENCE)
        caller, _ = silent.accept()
        with caller:
            began = time.monotonic()
            assert server.stop() == 0
    assert time.monotonic() - began < 10, "the call would have taken 25 seconds"


def test_scripts_that_do_not_end_hold_up_nobody_who_ends_the_server(start):
    """Each has 4 seconds of a processor, and three share one: longer than any grace."""
    server = start()
    endless = inline("endless", "while (true) {}", evaluatorType="javascript")
    definition = {"name": "endless", "version": 1, "tasks": [endless]}
    server.ask("PUT", "/api/metadata/workflow", [definition])
    head = b"POST /api/workflow/endless HTTP/1.1\r\nHost: localhost\r\n"
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            for _ in range(3 * (os.cpu_count() or 1))
        ]
        for client in clients:
            client.sendall(head + b"Content-Length: 2\r\n\r\n{}")
        assert server.ask("GET", "/health")["healthy"] is True  # read after those
        server.send(signal.SIGTERM)
        server.send(signal.SIGTERM)
        assert server.wait() == 0
        answers = [client.recv(65_536) for client in clients]
    assert [one for one in answers if one.startswith(b"HTTP/1.1 503 ")]
    said = "".join(server.log)
    assert "threads_left" in said
    assert "Traceback" not in said


def test_what_was_stopped_goes_on_where_it_was(start):
    server = start()
    definition = {"name": "waits", "version": 1, "tasks": [task("WAIT", "wait")]}
    server.ask("PUT", "/api/metadata/workflow", [definition])
    started = server.ask("POST", "/api/workflow/waits", {})
    assert server.stop() == 0
    server = start()
    server.ask("POST", f"/api/tasks/{started}/wait/COMPLETED", {})
    assert server.ask("GET", f"/api/workflow/{started}")["status"] == "COMPLETED"

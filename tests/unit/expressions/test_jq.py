"""jq: results, numbers, failures and what a program cannot see."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from podium.errors import ExpressionFailed, ExpressionTimeout
from podium.expressions import jq
from podium.expressions.jq import transform
from podium.expressions.jq_processes import JqProcesses


@pytest.mark.parametrize(
    ("program", "document", "results"),
    [
        (".a", {"a": 1}, [1]),
        (".[]", [1, "b", None], [1, "b", None]),
        ("empty", {}, []),
        (".missing", {}, [None]),
        ("def f: . + 1; f # a comment", 1, [2]),
        (".[]", [2, 2.0, 9007199254740993], [2, 2.0, 9007199254740993]),
        (".[0] / .[1]", [4, 2], [2]),
        (".", "a\nb\u2028", ["a\nb\u2028"]),
        ("{(.k): .v}", {"k": "a", "v": [1.5]}, [{"a": [1.5]}]),
    ],
)
def test_every_result_is_returned_in_order(program, document, results):
    found = transform(program, document)

    assert results == found
    assert [type(result) for result in results] == [type(result) for result in found]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (".a.b", 'Cannot index number with string ("b")'),
        ('error("mine")', "mine"),
        ("1 / 0", "number (1) and number (0) cannot be divided"),
        ("foo(", "jq: error: syntax error, unexpected ')'"),
        ("1,\n  nope", "jq: error: nope/0 is not defined at <top-level>, line 2"),
    ],
)
def test_a_program_that_fails_says_what_the_engine_says(program, message):
    with pytest.raises(ExpressionFailed) as failure:
        transform(program, {"a": 1})

    assert failure.value.message.startswith(message)


@pytest.mark.parametrize("program", ["env", "$ENV"])
def test_a_program_does_not_see_the_environment(program, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRET", "secret")

    assert [{}] == transform(program, {})


@pytest.mark.parametrize(
    "program",
    [
        'import "a" as a; 1',
        'include "a"; 1',
        'import "a" as $a {search: "/"}; $a',
        '"a" | modulemeta',
    ],
)
def test_a_program_cannot_read_modules(program):
    with pytest.raises(ExpressionFailed):
        transform(program, {})


@pytest.mark.parametrize("program", ["def f: f; f", "repeat(1)"])
def test_what_has_no_end_is_stopped(program, monkeypatch):
    monkeypatch.setattr(jq, "_processes", JqProcesses(0, jq.MEMORY_LIMIT))

    with pytest.raises(ExpressionTimeout, match="not done within 0 seconds"):
        transform(program, {})
    assert [2] == transform(". + 1", 1)


def test_what_takes_all_memory_is_stopped():
    with pytest.raises(ExpressionTimeout, match="it may take 256 MB of memory"):
        transform("[range(1e9)]", {})
    assert [2] == transform(". + 1", 1)


def test_others_are_at_work_while_a_program_does_not_end(monkeypatch):
    monkeypatch.setattr(jq, "_processes", JqProcesses(1, jq.MEMORY_LIMIT))

    with ThreadPoolExecutor() as pool:
        endless = pool.submit(transform, "def f: f; f", {})
        others = [transform(". + 1", number) for number in range(100)]
        assert not endless.done()
        assert isinstance(endless.exception(), ExpressionTimeout)

    assert [[number + 1] for number in range(100)] == others


def test_a_process_that_was_killed_is_not_asked_again(monkeypatch):
    processes = JqProcesses(1, jq.MEMORY_LIMIT)
    monkeypatch.setattr(jq, "_processes", processes)
    transform(".", 1)
    [idle] = processes._idle
    idle._process.kill()
    idle._process.wait()

    assert [1] == transform(".", 1)


def test_a_result_that_nobody_could_read_again_is_a_failure():
    program = "reduce range(801) as $i (1; [.])"

    with pytest.raises(ExpressionFailed, match="nested too deeply"):
        transform(program, {})
    assert transform(program.replace("801", "800"), {})

"""``podium lint``: findings as lines, and the exit status."""

import json

import pytest

from podium_local.__main__ import main
from podium_local.lint.positions import nearest, positions

SOUND = {"name": "w", "tasks": [{"name": "a", "taskReferenceName": "a"}]}
WRONG = """{
  "name": "w",
  "tasks": [
    {"name": "a", "taskReferenceName": "a"},
    {
      "name": "b",
      "taskReferenceName": "b",
      "inputParameters": {
        "x": "${c.output.y}"
      }
    }
  ],
  "failureWorkflow": "mourn"
}
"""
MESSAGE = (
    "taskReferenceName: c for given task: b input value: x of input parameter: "
    "${c.output.y} is not defined in workflow definition."
)


@pytest.fixture
def lint(tmp_path, capsys):
    """Write files, lint them, return the status and the lines without the folder."""

    def run(files, *options):
        paths = []
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / name).write_text(text)
            paths.append(str(tmp_path / name))
        status = main(["lint", *paths, *options])
        told = capsys.readouterr()
        lines = f"{told.out}{told.err}".replace(f"{tmp_path}/", "").splitlines()
        return status, lines

    return run


def test_a_sound_definition(lint):
    assert (0, ["1 definitions: 0 errors, 0 warnings"]) == lint({"w.json": SOUND})


def test_an_error_is_told_with_its_line_and_column(lint):
    assert (
        1,
        [
            f"w.json:9:9: error: {MESSAGE} [unknown-reference]",
            "1 definitions: 1 errors, 0 warnings",
        ],
    ) == lint({"w.json": WRONG})


def test_a_warning_is_no_failure(lint):
    text = WRONG.replace("${c.output.y}", "${a.output.y}")

    assert (
        0,
        [
            "w.json:13:3: warning: no workflow mourn is registered [unknown-workflow]",
            "1 definitions: 0 errors, 1 warnings",
        ],
    ) == lint({"w.json": text}, "--self-contained")


def test_files_know_of_each_other(lint):
    files = {
        "w.json": WRONG.replace("${c.output.y}", "${a.output.y}"),
        "mourn.json": [{**SOUND, "name": "mourn"}],
    }

    assert 0 == lint(files, "--self-contained")[0]
    assert "2 definitions: 0 errors, 0 warnings" == lint(files)[1][-1]


def test_a_task_definition_makes_its_type_known(lint):
    own = {"name": "w", "tasks": [{"name": "own", "taskReferenceName": "a"}]}
    own["tasks"][0]["type"] = "OWN"

    assert 1 == lint({"w.json": own})[0]
    assert 0 == lint({"w.json": own, "tasks.json": [{"name": "own"}]})[0]


def test_a_task_definition_is_linted_too(lint):
    status, lines = lint({"tasks.json": [{"name": "a", "retryCount": -1}]})

    assert 1 == status
    assert lines[0].startswith("tasks.json:1:16: error: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "podium: w.json:1:2: expected JSON: Expecting property name"),
        (
            '{"name": "w",\n "tasks" []}',
            "podium: w.json:2:10: expected JSON: Expecting",
        ),
        ("name: w", "podium: w.json:1:1: expected JSON: Expecting value"),
        ("7", "podium: w.json: expected a definition or a list of them"),
        ('[{"name": "w", "tasks": 7}]', "podium: w.json:1:2: WorkflowDef.tasks"),
    ],
)
def test_what_is_no_definition_is_told(lint, content, said):
    status, lines = lint({"w.json": content})

    assert 1 == status
    assert lines[0].startswith(said)


def test_a_file_that_is_not_there_is_told(tmp_path, capsys):
    assert 1 == main(["lint", str(tmp_path / "none.json")])
    assert "No such file" in capsys.readouterr().err


# --- positions -----------------------------------------------------------------------

TEXT = """{"a": [1, {"b\\"": null}],
 "c": {}, "d": [], "e": -1.5e3 }"""


def test_every_value_has_its_place():
    assert {
        (): (1, 1),
        ("a",): (1, 2),
        ("a", 0): (1, 8),
        ("a", 1): (1, 11),
        ("a", 1, 'b"'): (1, 12),
        ("c",): (2, 2),
        ("d",): (2, 11),
        ("e",): (2, 20),
    } == positions(TEXT)


def test_what_is_not_written_is_at_what_it_would_be_in():
    found = positions(TEXT)

    assert found["a", 1] == nearest(found, ("a", 1, "b", "c"))
    assert found[()] == nearest(found, ("x", "y"))

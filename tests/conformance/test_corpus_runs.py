"""Definitions that people really wrote run to an end (reference 2 to 4).

Every one is registered, read back, and run with workers, people and a server that
answer what it reads: once without a fault, once with other answers, and once where
every worker fails at first.  How it went is compared with what the definition says, by
a reader who knows Conductor's JSON and nothing of the engine.

On AWS the same must happen as embedded, to the last input and output of a task.  All
run there without a fault, and a sample in the other ways; ``--home=aws`` runs all.

The corpus lies beside the repository; without it there is nothing to ask.
"""

import time

import pytest

from corpus import REFUSED, core_rows, count_foreign_types, lost, needs_corpus, rows
from families import Family
from podium.model.workflow_definition import WorkflowDef
from run_tally import Tally
from scripted_site import serving
from scripted_workers import ScriptedWorkers
from wants import FORKED, NAMED_AT_RUN_TIME
from world import HOUR, in_memory, new_world, worlds_by

pytestmark = needs_corpus

PLAIN = "without a fault"
SAMPLE = 9
"""Of so many definitions one is run on AWS in the ways that are not for all."""
UNTIL_2030 = {"conductor-oss/conductor: docs/devguide/cookbook/wait-and-timers.md#md1"}
"""Waits until 2030; started long before, it is looked at every four hours."""
NEW_YEAR = 1_893_456_000_000


def _register(world, family, site):
    for name in (FORKED, NAMED_AT_RUN_TIME):
        world.register_task(name)
    for definition in family.registered.values():
        led = definition if site is None else site.led_here(definition)
        parsed = WorkflowDef.from_json(led)
        world.podium.definitions.register_workflow(parsed, overwrite=False)


def _run(row, salt, *, failing=False, site=None):
    """Return how a definition of the corpus came to its end."""
    family = Family(row)
    with new_world(family.environment) as world:
        if row["source"] in UNTIL_2030:
            world.clock.advance(NEW_YEAR - HOUR - world.clock.now())
        _register(world, family, site)
        workers = ScriptedWorkers(world, family, salt, failing=failing, site=site)
        definition = family.definition
        started = world.start(
            definition["name"], workers.input(), version=definition.get("version", 1)
        )
        return family, workers.finish(started)


def _show(capsys, *lines):
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 - the table is what was asked for


def _account_embedded(row, salt, *, failing):
    """Return what happens in the same run on the embedded home."""
    with worlds_by(in_memory):
        return _run(row, salt, failing=failing)[1].account()


@pytest.fixture
def sampled(home_name, pytestconfig):
    """Take a sample of rows, where nobody asked for AWS alone and it is AWS."""
    is_sample = home_name == "aws" and not pytestconfig.getoption("--home")
    return lambda found, first=0: found[first::SAMPLE] if is_sample else found


def test_2_2_every_core_definition_registers_and_reads_back_unchanged(sampled, capsys):
    changed = {}
    asked = sampled(core_rows())
    for row in asked:
        definition = row["definition"]
        with new_world() as world:
            definitions = world.podium.definitions
            parsed = WorkflowDef.from_json(definition)
            definitions.register_workflow(parsed, overwrite=False)
            read = definitions.workflow(parsed.name, parsed.version).to_json()
        differences = [one for one in lost(definition, read) if "Time" not in one]
        if differences:
            changed[row["source"]] = differences

    core, foreign = len(core_rows()), count_foreign_types()
    apart = len(rows()) - core - len(REFUSED)
    _show(
        capsys,
        f"{len(rows())} definitions: {core} core ones, of {len(asked)} of which "
        f"{len(asked) - len(changed)} registered and read back unchanged;",
        f"{len(REFUSED)} that Conductor refuses; {apart} with types that are not core:",
        ", ".join(f"{kind} {number}" for kind, number in foreign.most_common()),
    )

    assert {} == changed


@pytest.mark.parametrize(
    ("kind", "salt", "failing", "most"),
    [
        (PLAIN, "0", False, 27),
        ("with other answers", "4", False, 32),
        ("where workers fail at first", "1", True, 47),
    ],
)
def test_3_every_core_definition_comes_to_an_end(
    home_name, sampled, kind, salt, failing, most, capsys
):
    """``most`` of them do not complete, for reasons that are known."""
    tally = Tally()
    began = time.process_time()
    asked = core_rows() if kind == PLAIN else sampled(core_rows(), int(salt))
    otherwise = []
    for row in asked:
        family, ending = _run(row, salt, failing=failing)
        tally.count(row, family, ending)
        if home_name == "aws" and ending.account() != _account_embedded(
            row, salt, failing=failing
        ):
            otherwise.append(row["source"])

    took = time.process_time() - began
    head = f"{len(asked)} runs {kind} on {home_name}, {took:.0f} s:"
    _show(capsys, head, *tally.lines())

    assert {} == tally.unexplained
    assert {} == tally.missteps
    assert [] == otherwise, "it is not what happens on the embedded home"
    assert 0 == tally.ends["stuck"]
    assert len(asked) - most <= tally.ends["completed"]


# --- over a real connection --------------------------------------------------------


@pytest.fixture
def site():
    with serving() as opened:
        yield opened


def test_3_2_http_definitions_run_the_same_over_a_real_connection(sampled, site):
    tally = Tally()
    asking = sampled([row for row in core_rows() if row["types"].get("HTTP")])
    for row in asking:
        tally.count(row, *_run(row, "0", site=site))

    assert {} == tally.unexplained | tally.missteps
    assert len(asking) == sum(tally.ends.values())
    assert {"GET", "POST"} <= site.methods

"""The contract of the sending sides; the receiving sides belong to each home."""

from podium.ports import CommandQueue, Timers


def test_commands_are_taken_in_any_number_for_any_workflow(home):
    commands: CommandQueue = home.commands

    for workflow in ("w1", "w2", "w1"):
        commands.send(workflow, b"\x00anything")


def test_commands_that_wait_are_counted(home):
    commands: CommandQueue = home.commands
    before = commands.size()

    for workflow in ("w1", "w2", "w1"):
        commands.send(workflow, b"anything")

    assert (0, 3) == (before, commands.size())


def test_commands_may_come_many_at_once_and_of_any_size(home):
    commands: CommandQueue = home.commands

    commands.send_each([(f"w{number % 3}", b"x" * 200_000) for number in range(12)])
    commands.send_each([])


def test_a_timer_may_be_armed_again_for_the_same_or_another_time(home, clock):
    timers: Timers = home.timers

    for due in (clock.now() + 60_000, clock.now() + 60_000, clock.now() - 1, 1 << 45):
        timers.arm("w1", due)

"""The receiving side of the decider's queue."""

from podium.adapters.sqlite.commands import MAX_TRIES


def send(sqlite, *commands):
    for workflow, number in commands:
        sqlite.home.commands.send(workflow, b"%d" % number)


def received(sqlite, limit=10, busy=()):
    found = sqlite.commands.receive(limit, busy)
    return [(one.workflow_id, int(one.command)) for one in found]


def test_commands_come_oldest_first_and_one_per_workflow(sqlite):
    send(sqlite, ("b", 1), ("a", 2), ("b", 3), ("c", 4))

    assert [("b", 1), ("a", 2), ("c", 4)] == received(sqlite)


def test_no_more_than_the_limit_comes(sqlite):
    send(sqlite, ("a", 1), ("b", 2), ("c", 3))

    assert [("a", 1), ("b", 2)] == received(sqlite, limit=2)
    assert [("c", 3)] == received(sqlite, limit=2)
    assert [] == received(sqlite, limit=0)


def test_busy_workflows_are_left_out(sqlite):
    send(sqlite, *((name, number) for number, name in enumerate("abcdef")))

    assert [("b", 1)] == received(sqlite, limit=1, busy={"a"})
    assert [("d", 3), ("f", 5)] == received(sqlite, busy={"a", "c", "e"})


def test_what_is_in_flight_does_not_come_again_nor_does_what_follows_it(sqlite):
    send(sqlite, ("a", 1), ("a", 2))

    assert [("a", 1)] == received(sqlite)
    assert [] == received(sqlite)


def test_the_next_of_a_workflow_follows_when_the_first_is_done(sqlite):
    send(sqlite, ("a", 1), ("a", 2), ("a", 3))
    order = []
    while found := sqlite.commands.receive(1):
        order.append(int(found[0].command))
        sqlite.commands.delete(found[0].receipt)

    assert [1, 2, 3] == order


def test_deleting_twice_is_no_error(sqlite):
    send(sqlite, ("a", 1), ("a", 2))
    [first] = sqlite.commands.receive(1)

    sqlite.commands.delete(first.receipt)
    sqlite.commands.delete(first.receipt)

    assert [("a", 2)] == received(sqlite)


def test_a_failed_command_waits_for_its_delay_and_holds_up_its_workflow(sqlite, clock):
    send(sqlite, ("a", 1), ("a", 2), ("b", 3))
    [failed, _] = sqlite.commands.receive(10)

    assert not sqlite.commands.fail(failed.receipt, 500)
    assert [] == received(sqlite)
    assert clock.now() + 500 == sqlite.commands.next_due()

    clock.advance(500)
    [again] = sqlite.commands.receive(10)
    assert ("a", b"1", 1) == (again.workflow_id, again.command, again.tries)


def test_a_command_that_always_fails_is_put_aside_and_the_next_one_follows(
    sqlite, clock
):
    send(sqlite, ("a", 1), ("a", 2))
    answers = []
    for _ in range(MAX_TRIES):
        [found] = sqlite.commands.receive(1)
        answers.append(sqlite.commands.fail(found.receipt, 0))

    assert [False] * (MAX_TRIES - 1) + [True] == answers
    [dead] = sqlite.commands.dead()
    assert ("a", b"1", MAX_TRIES, clock.now()) == (
        dead.workflow_id,
        dead.command,
        dead.tries,
        dead.died_at,
    )
    assert [("a", 2)] == received(sqlite)


def test_failing_what_is_gone_is_no_error(sqlite):
    send(sqlite, ("a", 1))
    [found] = sqlite.commands.receive(1)
    sqlite.commands.delete(found.receipt)

    assert not sqlite.commands.fail(found.receipt, 0)
    assert [] == sqlite.commands.dead()


def test_a_delete_that_is_rolled_back_leaves_the_command_in_flight(sqlite, rolled_back):
    send(sqlite, ("a", 1))
    [found] = sqlite.commands.receive(1)
    with rolled_back(sqlite):
        sqlite.commands.delete(found.receipt)
    assert [] == received(sqlite)

    sqlite.commands.fail(found.receipt, 0)
    assert [("a", 1)] == received(sqlite)


def test_what_was_not_deleted_is_there_again_after_a_crash(open_at, path):
    before = open_at(path)
    send(before, ("a", 1), ("a", 2))
    before.commands.receive(1)
    before.close()

    assert [("a", 1)] == received(open_at(path))


def test_released_commands_can_be_received_again(sqlite):
    send(sqlite, ("a", 1))
    received(sqlite)

    sqlite.release_in_flight()

    assert [("a", 1)] == received(sqlite)


def test_the_pump_is_called_when_a_command_comes_and_when_one_is_over(sqlite):
    calls = []
    stop = sqlite.commands.watch(lambda: calls.append(1))

    send(sqlite, ("a", 1))
    assert [1] == calls

    [found] = sqlite.commands.receive(1)
    sqlite.commands.delete(found.receipt)
    assert [1, 1] == calls

    stop()
    send(sqlite, ("a", 2))
    assert [1, 1] == calls


def test_one_workflows_backlog_does_not_hide_the_others(sqlite):
    send(sqlite, *(("a", number) for number in range(300)), ("b", 1))

    assert [("b", 1)] == received(sqlite, limit=1, busy={"a"})

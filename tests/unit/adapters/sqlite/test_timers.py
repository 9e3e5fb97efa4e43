"""The firing side of timers."""


def due(sqlite, now, limit=10, busy=()):
    found = sqlite.timers.due(now, limit, busy)
    return [(one.workflow_id, one.due) for one in found]


def arm(sqlite, *timers):
    for workflow, at in timers:
        sqlite.home.timers.arm(workflow, at)


def test_timers_are_never_early_and_come_oldest_first(sqlite):
    arm(sqlite, ("a", 30), ("b", 10), ("c", 20), ("d", 31))

    assert [("b", 10), ("c", 20), ("a", 30)] == due(sqlite, 30)
    assert [("b", 10)] == due(sqlite, 30, limit=1)


def test_a_timer_is_there_until_it_is_done(sqlite):
    arm(sqlite, ("a", 10), ("a", 20))
    fired = sqlite.timers.due(10, 10)

    assert fired == sqlite.timers.due(10, 10)
    sqlite.timers.done(fired)
    assert [("a", 20)] == due(sqlite, 20)


def test_what_is_armed_while_a_timer_is_seen_to_stays(sqlite):
    arm(sqlite, ("a", 10))
    fired = sqlite.timers.due(15, 10)
    arm(sqlite, ("a", 12))

    sqlite.timers.done(fired)

    assert [("a", 12)] == due(sqlite, 15)


def test_arming_the_same_time_twice_is_once(sqlite):
    arm(sqlite, ("a", 10), ("a", 10))

    assert [("a", 10)] == due(sqlite, 10)


def test_timers_of_busy_workflows_are_left_out(sqlite):
    arm(sqlite, *(("busy", at) for at in range(1, 20)), ("a", 20), ("b", 21))

    assert [("a", 20)] == due(sqlite, 30, limit=1, busy={"busy"})
    assert [("a", 20), ("b", 21)] == due(sqlite, 30, busy={"busy"})


def test_the_next_due_time_is_the_earliest_after_now(sqlite, clock):
    assert sqlite.timers.next_due() is None

    arm(sqlite, ("a", clock.now() + 20), ("b", clock.now() + 10), ("c", clock.now()))

    assert clock.now() + 10 == sqlite.timers.next_due()


def test_timers_outlive_the_process(open_at, path):
    before = open_at(path)
    arm(before, ("a", 10))
    before.timers.due(10, 10)
    before.close()

    assert [("a", 10)] == due(open_at(path), 10)

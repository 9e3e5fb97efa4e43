"""The contract of task logs."""

from podium.ports import TaskLog


def test_a_task_that_logged_nothing_has_no_lines(home):
    assert [] == home.logs.read("t1")


def test_lines_come_back_in_the_order_in_which_they_came(home):
    first = [TaskLog("t1", 5, "b"), TaskLog("t1", 5, "a")]
    second = [TaskLog("t1", 4, "the clock went back, the order stays")]

    home.logs.append(first)
    home.logs.append(second)

    assert first + second == home.logs.read("t1")


def test_tasks_do_not_see_each_others_lines(home):
    home.logs.append([TaskLog("t1", 5, "mine"), TaskLog("t2", 5, "yours")])

    assert [TaskLog("t2", 5, "yours")] == home.logs.read("t2")


def test_adding_no_lines_is_no_error(home):
    home.logs.append([])

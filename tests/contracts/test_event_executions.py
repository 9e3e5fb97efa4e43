"""The contract of the records of what was done about events."""

from podium.model.event_handler import EventExecution, EventExecutionStatus

SENT = 1_700_000_000_000
DAY = 24 * 60 * 60 * 1000


def record(name="handler", message="m1", number=0, created=1, **fields):
    fields = {"event": "conductor:x", "output": {}, **fields}
    return EventExecution(
        id=f"{message}_{number}",
        message_id=message,
        name=name,
        created=created,
        **fields,
    )


def ended(execution, status="COMPLETED", **output):
    return execution.model_copy(
        update={"status": EventExecutionStatus(status), "output": output}
    )


def test_the_first_of_a_message_is_written_and_others_see_it(home):
    assert home.executions.add(record(created=1), SENT) is None

    assert record(created=1) == home.executions.add(record(created=2), SENT)
    assert [record(created=1)] == home.executions.find("handler", 0, 10)


def test_records_are_of_a_handler_a_message_and_an_action(home):
    home.executions.add(record(), SENT)

    assert home.executions.add(record(name="other"), SENT) is None
    assert home.executions.add(record(number=1), SENT) is None
    assert home.executions.add(record(message="m2"), SENT) is None


def test_how_it_ended_is_what_stands(home):
    home.executions.add(record(), SENT)
    home.executions.finish(ended(record(), y={"z": [1, None]}), SENT, SENT + DAY)

    done = ended(record(), y={"z": [1, None]})
    assert done == home.executions.add(record(created=9), SENT)


def test_one_may_take_over_from_the_dead(home):
    home.executions.add(record(created=1), SENT)

    dead = record(created=1)
    assert home.executions.take_over(dead, record(created=5), SENT, SENT + DAY)
    assert not home.executions.take_over(dead, record(created=6), SENT)
    assert [record(created=5)] == home.executions.find("handler", 0, 10)


def test_nobody_takes_over_what_is_finished_or_gone(home):
    home.executions.add(record(), SENT)
    home.executions.finish(ended(record(), "FAILED"), SENT)

    assert not home.executions.take_over(record(), record(created=5), SENT)
    assert not home.executions.take_over(
        record(message="m2"), record(message="m2", created=5), SENT
    )


def test_the_latest_message_is_found_first_page_by_page(home):
    sent = [record(message=f"m{number}") for number in range(25)]
    for number, one in enumerate(sent):
        home.executions.add(one, SENT + number)
    home.executions.add(record(name="other"), SENT)

    latest = sent[::-1]
    assert latest[:10] == home.executions.find("handler", 0, 10)
    assert latest[10:20] == home.executions.find("handler", 10, 10)
    assert latest[20:] == home.executions.find("handler", 20, 10)
    assert [] == home.executions.find("nobody", 0, 10)


def test_an_output_too_large_to_be_kept_says_so(home, request):
    noise = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(200_000))
    home.executions.add(record(), SENT)
    home.executions.finish(ended(record(), text=noise), SENT)

    [found] = home.executions.find("handler", 0, 1)
    assert EventExecutionStatus.COMPLETED is found.status
    assert {"text": noise} == found.output or "too large" in found.output["note"]

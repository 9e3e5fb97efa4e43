"""Keys: what belongs together lies together, in order, and nothing else does."""

from hypothesis import given
from hypothesis import strategies as st

from podium.adapters.dynamodb import keys
from podium.adapters.dynamodb.ranges import Index

texts = st.text(st.sampled_from("ab#%~$ é"), max_size=8) | st.text(max_size=20)
versions = st.integers(1, 10_000_000)


def sort_key(key):
    return key["sk"]["S"]


def is_in(key, wanted):
    if key["pk"]["S"] != wanted.partition:
        return False
    return wanted.low is None or wanted.low <= sort_key(key) <= wanted.high


@given(texts, texts)
def test_different_texts_are_quoted_differently_and_without_the_separator(one, other):
    assert (one == other) == (keys.quoted(one) == keys.quoted(other))
    assert "#" not in keys.quoted(one)


@given(st.integers(301, 5_000))
def test_a_text_too_long_for_a_key_is_known_by_its_hash(length):
    long = "é#" * length

    assert len(keys.quoted(long).encode()) < 1_024
    assert keys.quoted(long) != keys.quoted(long + "x")


@given(versions, versions)
def test_entries_sort_as_their_versions(one, other):
    first, second = (sort_key(keys.entry("w", version)) for version in (one, other))

    assert (one < other) == (first < second)


@given(versions, versions, versions)
def test_a_range_of_entries_has_exactly_those_versions(first, last, version):
    wanted = keys.entries("w", first, last)

    assert (first <= version <= last) == is_in(keys.entry("w", version), wanted)
    assert (first <= version) == is_in(
        keys.entry("w", version), keys.entries("w", first)
    )


@given(versions)
def test_a_keyframe_lies_between_its_entry_and_the_next(version):
    apart = sort_key(keys.keyframe("w", version))

    assert sort_key(keys.entry("w", version)) < apart
    assert apart < sort_key(keys.entry("w", version + 1))
    assert (version, True) == (keys.version_of(apart), keys.is_keyframe(apart))


@given(texts, texts, versions)
def test_a_name_lists_its_own_versions_alone(name, other, version):
    key = keys.workflow_definition(other, version)

    assert (name == other) == is_in(key, keys.workflow_definitions(name))
    assert is_in(key, keys.workflow_definitions())


@given(texts, texts, texts)
def test_a_task_type_lists_its_own_polls_alone(task_type, other, domain):
    key = keys.poll(other, domain)

    assert (task_type == other) == is_in(key, keys.polls(task_type))
    assert 1 == sum(is_in(key, part) for part in keys.all_polls())


@given(texts, texts, texts, texts)
def test_idempotency_keys_of_different_names_never_meet(name, key, name_2, key_2):
    is_same = (name, key) == (name_2, key_2)

    assert is_same == (
        keys.idempotency_key(name, key) == keys.idempotency_key(name_2, key_2)
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 99))
def test_a_lease_is_read_back_from_its_key(seq, delivery):
    key = keys.lease("w", seq, delivery)

    assert (seq, delivery) == keys.lease_of(sort_key(key))
    assert is_in(key, keys.leases("w"))


@given(st.integers(0, 2**41), st.integers(0, 2**41), st.integers(0, 2**41))
def test_rows_of_an_index_lie_by_start(start, earliest, latest):
    wanted = keys.index_range(Index.BY_TYPE, "order#1", earliest, latest)
    place = keys.started(start, "w")

    assert (earliest <= start <= latest) == (wanted.low <= place <= wanted.high)


@given(st.integers(1, 2**41), st.integers(1, 2**41))
def test_timers_of_a_bucket_are_those_due_until_a_time(due, until):
    key = keys.timer("w", due, 4)
    wanted = keys.timers(due // keys.BUCKET, keys.shard_of("w", 4), until)

    assert ("w", due) == keys.timer_of(sort_key(key))
    assert (due <= until) == is_in(key, wanted)


def test_everything_of_a_workflow_is_journal_leases_and_logs_but_not_its_row():
    task = "018bcfe5-6800-8000-8000-000000000007"
    workflow = "018bcfe5-6800-8000-8000-000000000000"
    parts = keys.everything_of(workflow)
    ours = (
        keys.entry(workflow, 1),
        keys.keyframe(workflow, 16),
        keys.lease(workflow, 7, 1),
        keys.log_lines(task, "0001"),
    )

    assert [1, 1, 1, 1] == [sum(is_in(one, part) for part in parts) for one in ours]
    assert not any(is_in(keys.summary(workflow), part) for part in parts)

"""Queue names: what SQS takes, and never one for two queues."""

import re

from hypothesis import given
from hypothesis import strategies as st

from podium.adapters.sqs.names import NORMAL, URGENT, aws_name

names = st.text(st.sampled_from("ab-_:. é"), min_size=1, max_size=90) | st.text(
    min_size=1
)
lanes = st.sampled_from([NORMAL, URGENT])


@given(names, lanes)
def test_sqs_takes_every_name(name, lane):
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", aws_name("podium-", name, lane))


@given(names, lanes, names, lanes)
def test_two_queues_never_have_one_name(name, lane, other, other_lane):
    is_same = (name, lane) == (other, other_lane)

    assert is_same == (aws_name("p-", name, lane) == aws_name("p-", other, other_lane))


def test_a_plain_name_stays_readable():
    assert "podium-tasks-send_mail" == aws_name("podium-", "send_mail", NORMAL)


def test_a_name_in_the_form_of_a_hashed_one_is_hashed_itself():
    hashed = aws_name("", "dömain:send", NORMAL).removeprefix("tasks-")

    assert f"tasks-{hashed}" != aws_name("", hashed, NORMAL)

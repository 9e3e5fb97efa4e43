"""The contract of leases."""

from dataclasses import replace

from podium.ports import Lease

WORKFLOW = "018bcfe5-6800-8000-8000-000000000000"
LEASE = Lease(WORKFLOW, 1, 1, "worker-1", 1_000, 1_000)


def test_a_lease_that_was_taken_is_found(home):
    assert home.leases.take(LEASE)

    assert LEASE == home.leases.find(WORKFLOW, 1, 1)


def test_the_second_taker_loses_and_changes_nothing(home):
    home.leases.take(LEASE)

    assert not home.leases.take(replace(LEASE, worker_id="worker-2", started_at=2_000))
    assert LEASE == home.leases.find(WORKFLOW, 1, 1)


def test_a_lease_that_is_withheld_nobody_takes(home):
    home.leases.take(Lease.withheld(WORKFLOW, 1, 1))

    assert not home.leases.take(LEASE)
    assert [True] == [one.is_withheld for one in home.leases.find_all(WORKFLOW)]


def test_a_lease_that_somebody_has_is_not_withheld_from_him(home):
    home.leases.take(LEASE)

    assert not home.leases.take(Lease.withheld(WORKFLOW, 1, 1))
    assert LEASE == home.leases.find(WORKFLOW, 1, 1)


def test_each_delivery_has_a_lease_of_its_own(home):
    second = replace(LEASE, delivery=2)

    assert home.leases.take(LEASE)
    assert home.leases.take(second)
    assert second == home.leases.find(WORKFLOW, 1, 2)


def test_renewing_moves_only_the_time_of_renewal(home):
    home.leases.take(LEASE)

    assert home.leases.renew(WORKFLOW, 1, 1, 9_000)
    assert replace(LEASE, renewed_at=9_000) == home.leases.find(WORKFLOW, 1, 1)


def test_nobody_can_renew_what_nobody_took(home):
    assert not home.leases.renew(WORKFLOW, 1, 1, 9_000)
    assert home.leases.find(WORKFLOW, 1, 1) is None


def test_all_leases_come_in_order_of_sequence_and_delivery(home):
    keys = [(10, 1), (2, 2), (2, 1), (300, 1)]
    for seq, delivery in keys:
        home.leases.take(replace(LEASE, seq=seq, delivery=delivery))
    home.leases.take(replace(LEASE, workflow_id="another"))

    found = home.leases.find_all(WORKFLOW)

    assert sorted(keys) == [(lease.seq, lease.delivery) for lease in found]

"""Which addresses HTTP tasks may connect to."""

import ipaddress
import socket

import pytest

from podium.errors import AccessForbidden
from podium.tasks.addresses import ALL_BUT_METADATA, PUBLIC_ONLY, AddressPolicy

LINK_LOCAL = (
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.0",
    "169.254.255.255",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
)
NOT_PUBLIC = (
    "0.0.0.0",
    "0.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "2001:db8::1",
    "fc00::1",
    "fd12::1",
    "fec0::1",
    "ff02::1",
    "100::1",
)
PUBLIC = (
    "1.1.1.1",
    "52.94.236.248",
    "172.15.0.1",
    "172.32.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "2600:1f18::1",
    "64:ff9b::101:101",
    "::ffff:1.1.1.1",
)


def networks(*texts):
    return tuple(ipaddress.ip_network(text) for text in texts)


def answering(*addresses):
    """Return a resolver that knows one answer, and the questions it was asked."""
    asked = []

    def resolve(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, 1, 6, "", (one, port)) for one in addresses]

    return resolve, asked


@pytest.mark.parametrize("address", LINK_LOCAL)
@pytest.mark.parametrize(
    "policy",
    [
        ALL_BUT_METADATA,
        PUBLIC_ONLY,
        AddressPolicy(allowed=networks("0.0.0.0/0", "::/0")),
        AddressPolicy(True, networks("0.0.0.0/0", "::/0", "fd00::/8", "10.0.0.0/8")),
    ],
    ids=["embedded", "deployed", "embedded, all allowed", "deployed, all allowed"],
)
def test_the_machines_own_services_are_closed_to_all(policy, address):
    assert not policy.allows(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_deployment_calls_nothing_private(address):
    assert not PUBLIC_ONLY.allows(address)
    assert ALL_BUT_METADATA.allows(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_open_to_all(address):
    assert PUBLIC_ONLY.allows(address)
    assert ALL_BUT_METADATA.allows(address)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
        ("fd12::1", True),
        ("127.0.0.1", False),
        ("1.1.1.1", True),
    ],
)
def test_an_operator_may_allow_networks(address, is_allowed):
    policy = AddressPolicy(True, networks("10.1.0.0/16", "fd12::/16"))

    assert is_allowed == policy.allows(address)


def test_only_who_names_a_link_local_network_opens_it():
    policy = AddressPolicy(True, networks("169.254.169.0/24"))

    assert policy.allows("169.254.169.254")
    assert not policy.allows("169.254.170.2")
    assert not policy.allows("127.0.0.1")


def test_of_several_addresses_the_allowed_ones_remain_in_their_order():
    resolve, asked = answering("10.0.0.1", "1.1.1.1", "::1", "8.8.8.8", "1.1.1.1")

    assert ["1.1.1.1", "8.8.8.8"] == PUBLIC_ONLY.addresses("host", 80, resolve)
    assert ["host"] == asked


def test_a_host_without_an_allowed_address_is_refused_by_name_and_address():
    resolve, _ = answering("10.0.0.1", "127.0.0.1")

    with pytest.raises(AccessForbidden, match=r"host \(10\.0\.0\.1, 127\.0\.0\.1\)"):
        PUBLIC_ONLY.addresses("host", 80, resolve)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "017700000001", "127.1", "0", "localhost"]
)
def test_other_spellings_of_an_address_are_the_address(host):
    """As the system's resolver reads them; no name server is asked."""
    with pytest.raises(AccessForbidden):
        PUBLIC_ONLY.addresses(host, 80)


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "169.254.43518"])
def test_no_spelling_leads_to_the_metadata_service(host):
    with pytest.raises(AccessForbidden):
        ALL_BUT_METADATA.addresses(host, 80)

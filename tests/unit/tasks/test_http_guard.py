"""HTTP tasks meet their policy at every connection."""

import datetime as dt
import gzip
import ipaddress
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from http_site import Names, dripping, serving
from podium.model.task import TaskStatus
from podium.tasks.addresses import ALL_BUT_METADATA, PUBLIC_ONLY, AddressPolicy
from podium.tasks.contract import SystemTaskCall
from podium.tasks.http import HttpTask

REFUSED = TaskStatus.FAILED_WITH_TERMINAL_ERROR
METADATA = "169.254.169.254"


# --- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/latest/meta-data/iam/security-credentials/"])
def test_the_metadata_service_is_refused_for_good(run, path):
    result = run(f"http://{METADATA}{path}")

    assert REFUSED == result.status
    assert f"HTTP tasks may not connect to {METADATA}" in result.reason


@pytest.mark.parametrize("host", ["metadata.internal", "metadata.internal."])
def test_a_name_for_it_is_refused_too(run, host):
    names = Names(metadata_internal=[METADATA], metadata_internal_=[METADATA])

    assert REFUSED == run(f"http://{host}/", names).status
    assert REFUSED == run(f"https://{host}/", names).status


def test_the_loopback_is_open_to_the_embedded_home_and_closed_to_a_deployment(
    run, site
):
    assert TaskStatus.COMPLETED == run(site.uri).status
    assert REFUSED == run(site.uri, policy=PUBLIC_ONLY).status
    assert 1 == len(site.requests)


def test_a_task_of_its_own_pool_obeys_its_policy(site):
    given = {"uri": site.uri, "method": "GET"}
    call = SystemTaskCall("t", "call", "w", "order", 1, None, {}, given)

    assert REFUSED == HttpTask(PUBLIC_ONLY).run(call).status
    assert [] == site.requests


def test_what_an_operator_allows_is_open_in_a_deployment(run, site):
    policy = AddressPolicy(True, (ipaddress.ip_network("127.0.0.1/32"),))

    assert TaskStatus.COMPLETED == run(site.uri, policy=policy).status


def test_a_name_is_resolved_once_for_check_and_connection(run, site):
    """A second answer, which would be refused or worse, is never asked for."""
    names = Names(rebinding_test=["127.0.0.1", METADATA])

    result = run(f"http://rebinding.test:{site.port}/", names)

    assert TaskStatus.COMPLETED == result.status
    assert ["rebinding.test"] == names.asked


def test_the_allowed_one_of_two_addresses_is_connected_to(run, site):
    names = Names(two_test=[f"{METADATA} 127.0.0.1"])

    assert TaskStatus.COMPLETED == run(f"http://two.test:{site.port}/", names).status


def test_an_address_that_does_not_answer_leaves_the_others(run, site):
    names = Names(two_test=["127.0.0.2 127.0.0.1"])

    assert TaskStatus.COMPLETED == run(f"http://two.test:{site.port}/", names).status


def test_a_name_that_nobody_knows_may_be_tried_again(run):
    def resolve(*_given, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    result = run("http://nowhere.test/", resolve)

    assert TaskStatus.FAILED == result.status
    assert "nowhere.test" in result.reason


# --- what comes back -----------------------------------------------------------------


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_response_that_could_not_be_kept_is_not_read_to_its_end(run, site, coding):
    """Nor is one that only becomes so large once it is unpacked."""
    large = bytes(11 * 1024 * 1024)
    site.body = gzip.compress(large, 1) if coding == "gzip" else large
    site.headers = [("Content-Encoding", coding)]

    result = run(site.uri)

    assert TaskStatus.FAILED == result.status
    assert "larger than 10485760 bytes" in result.reason


# --- the name stays ------------------------------------------------------------------


def test_the_host_header_has_the_name(run, site):
    run(f"http://service.test:{site.port}/", Names(service_test=["127.0.0.1"]))

    assert f"service.test:{site.port}" == site.requests[0][2]["Host"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for service.test, and a file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "service.test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("service.test")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "service.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


@pytest.mark.parametrize(
    ("host", "status"),
    [("service.test", TaskStatus.COMPLETED), ("other.test", TaskStatus.FAILED)],
)
def test_tls_asks_for_the_name_and_checks_the_certificate_against_it(
    pools, certificate, host, status
):
    asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    names = Names(service_test=["127.0.0.1"], other_test=["127.0.0.1"])
    pool = pools(ALL_BUT_METADATA, names, ca_certs=certificate)
    with serving(context) as site:
        given = {"uri": f"https://{host}:{site.port}/", "method": "GET"}
        call = SystemTaskCall("t", "call", "w", "order", 1, None, {}, given)

        result = HttpTask(pool=pool).run(call)

    assert status == result.status
    assert [host] == asked


@pytest.mark.parametrize("asked", [60_000, 0])
def test_a_read_waits_no_longer_than_its_process_can(pools, asked):
    """A connection that is accepted, and no answer ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        given = {"uri": uri, "method": "GET", "readTimeOut": asked}
        call = SystemTaskCall("t", "call", "w", "order", 1, None, {}, given)
        pool = pools(ALL_BUT_METADATA)
        result = HttpTask(pool=pool, longest=50).run(call)

    assert TaskStatus.FAILED == result.status
    assert "ReadTimeoutError" in result.reason


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="nested too deeply"),
        pytest.param(b"[" * 801 + b"]" * 801, id="too deeply to be read again"),
        pytest.param(b"1" * 400, id="beyond all doubles"),
        pytest.param(b'{"half": "\\ud800"}', id="half a character"),
    ],
)
def test_json_that_no_document_can_keep_stays_a_text(run, site, body):
    """Nothing is raised: the task's message would come again and again."""
    site.body = body

    result = run(site.uri)

    assert TaskStatus.COMPLETED == result.status
    assert body.decode() == result.output["response"]["body"]


def test_a_timeout_that_no_clock_has_is_refused(run, site):
    result = run(site.uri, connectionTimeOut=10**15)

    assert TaskStatus.FAILED == result.status
    assert "HttpRequest.connectionTimeOut" in result.reason


def test_a_body_without_end_takes_no_longer_than_its_process_can(pools):
    """A byte now and then: no single read waits for long."""
    with dripping() as uri:
        call = SystemTaskCall(
            "t", "call", "w", "order", 1, None, {}, {"uri": uri, "method": "GET"}
        )
        result = HttpTask(pool=pools(ALL_BUT_METADATA), longest=100).run(call)

    assert TaskStatus.FAILED == result.status
    assert "TimeoutError: the call took longer" in result.reason


def test_redirects_together_take_no_longer_than_their_process_can(pools):
    with dripping(status=307, pause=0.1) as uri:
        call = SystemTaskCall(
            "t", "call", "w", "order", 1, None, {}, {"uri": uri, "method": "GET"}
        )
        result = HttpTask(pool=pools(ALL_BUT_METADATA), longest=150).run(call)

    assert TaskStatus.FAILED == result.status
    assert "Timeout" in result.reason


def test_json_of_many_levels_is_json(run, site):
    site.body = b'{"x":' * 800 + b"1" + b"}" * 800

    body = run(site.uri).output["response"]["body"]

    for _ in range(800):
        body = body["x"]
    assert 1 == body

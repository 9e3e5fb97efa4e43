"""Redirects of HTTP tasks: checked like any URL, few, and told no secrets."""

import pytest

from http_site import Names
from podium.model.task import TaskStatus

METADATA = "169.254.169.254"


def redirect(site, location, status=302):
    site.status, site.headers = status, [("Location", location)]


@pytest.mark.parametrize(
    "location",
    [
        f"http://{METADATA}/latest/meta-data/",
        f"//{METADATA}/",
        "http://metadata.internal/",
        "http://[::ffff:169.254.169.254]/",
        "http://0xa9fea9fe/",
    ],
)
def test_a_redirect_is_checked_as_the_first_url_was(run, site, location):
    redirect(site, location)

    result = run(site.uri, Names(metadata_internal=[METADATA]))

    assert TaskStatus.FAILED_WITH_TERMINAL_ERROR == result.status
    assert "may not connect" in result.reason


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://127.0.0.1/"])
def test_a_redirect_leads_to_no_other_protocol(run, site, location):
    redirect(site, location)

    assert TaskStatus.FAILED == run(site.uri).status


def test_redirects_come_to_an_end(run, site):
    redirect(site, "/again")

    result = run(site.uri)

    assert TaskStatus.FAILED == result.status
    assert "more than 5 redirects" in result.reason
    assert 6 == len(site.requests)


SECRETS = {
    "Authorization": "Bearer s3cr3t",
    "Cookie": "session=s3cr3t",
    "X-Api-Key": "s3cr3t",
    "X-Authorization": "s3cr3t",
    "Host": "s3cr3t.example",
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_host_gets_no_credentials(run, site, other, status):
    redirect(site, other.uri, status)
    headers = {**SECRETS, "Accept-Language": "de", "User-Agent": "shop"}

    assert TaskStatus.COMPLETED == run(site.uri, headers=headers).status

    [(_, _, sent, _)] = other.requests
    assert "s3cr3t" not in str(sent)
    assert ("de", "shop") == (sent["Accept-Language"], sent["User-Agent"])


@pytest.mark.parametrize(
    "location",
    [
        "http://{there}\\@{here}/",
        "//{there}/",
        "http://{here}@{there}/",
        "http:{there}",
    ],
)
def test_no_spelling_of_another_host_passes_for_the_first(run, site, other, location):
    here, there = f"127.0.0.1:{site.port}", f"127.0.0.1:{other.port}"
    redirect(site, location.format(here=here, there=there))

    run(site.uri, headers=SECRETS)

    assert all("s3cr3t" not in str(sent) for _, _, sent, _ in other.requests)


def test_the_same_host_gets_them_again(run, site):
    redirect(site, "/elsewhere")

    run(site.uri, headers=SECRETS)

    assert "s3cr3t" == site.requests[1][2]["X-Api-Key"]


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(302, "POST", '{"a":1}'), (303, "GET", ""), (307, "POST", '{"a":1}')],
)
def test_what_is_sent_where_a_redirect_leads(run, site, other, status, method, body):
    redirect(site, other.uri, status)

    run(site.uri, method="POST", body={"a": 1})

    [(sent, _, headers, text)] = other.requests
    assert (method, body) == (sent, text)
    assert (method == "POST") == ("Content-Type" in headers)

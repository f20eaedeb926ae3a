import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.api import auth
from mondrian_desktop.api.auth import Gate, is_loopback, query_token
from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.errors import UserError

TOKEN = "a-token-of-the-test-that-is-long-enough"


def check(gate, *, method="GET", path="/jobs", query=b"", host="127.0.0.1:5005", **headers):
    raw = [(b"host", host.encode("latin-1"))] if host is not None else []
    raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    gate.check(method, path, query, raw)


def status(gate, **request):
    try:
        check(gate, **request)
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.fixture
def local():
    return Gate("127.0.0.1", "")


@pytest.fixture
def public():
    return Gate("0.0.0.0", TOKEN)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:5005", "127.0.0.1", "localhost:5005", "LOCALHOST", "[::1]:5005", "127.8.0.1"]
)
def test_this_machine_goes_by_its_own_names(local, host):
    assert status(local, host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:5005", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.5:5005",
        "", None, "user@127.0.0.1", "127.0.0.1/..", "127.0.0.1:99999", "[::1", "localhost\x00", "2130706433", "0.0.0.0",
    ],
)  # fmt: skip
def test_another_name_is_refused(local, host):
    assert status(local, host=host) == 421


def test_two_hosts_are_refused(local):
    with pytest.raises(Refusal) as refused:
        local.check("GET", "/jobs", b"", [(b"host", b"127.0.0.1"), (b"host", b"evil.example")])
    assert refused.value.status == 421


@pytest.mark.parametrize("host", ["192.168.1.5:5005", "[fe80::1]:5005", "localhost", "127.0.0.1"])
def test_numbers_are_nobodys_name_that_could_be_made_to_mean_us(public, host):
    assert status(public, host=host, query=f"token={TOKEN}".encode()) == 200


def test_an_open_service_still_refuses_names(public):
    assert status(public, host="evil.example", query=f"token={TOKEN}".encode()) == 421


def test_an_open_service_needs_a_token():
    with pytest.raises(ValueError, match="token"):
        Gate("0.0.0.0", "")


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "https://127.0.0.1:5005", "http://127.0.0.1:5006", "http://localhost:5005"],
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
def test_pages_of_others_may_not_change_anything(local, origin, method):
    assert status(local, method=method, origin=origin) == 403


def test_our_own_page_and_programs_may(local):
    assert status(local, method="POST", origin="http://127.0.0.1:5005") == 200
    assert status(local, method="POST") == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_others_may_not_even_ask(local, site):
    assert status(local, sec_fetch_site=site, sec_fetch_mode="no-cors") == 403
    assert status(local, path="/analysis/1", sec_fetch_site=site, sec_fetch_mode="navigate") == 403


def test_a_link_to_the_page_works(local):
    assert status(local, path="/", sec_fetch_site="cross-site", sec_fetch_mode="navigate") == 200
    assert status(local, sec_fetch_site="none", sec_fetch_mode="navigate") == 200
    assert status(local, sec_fetch_site="same-origin", sec_fetch_mode="cors") == 200


def test_the_token_opens_by_header_or_address(public):
    assert status(public) == 401
    assert status(public, authorization=f"Bearer {TOKEN}") == 200
    assert status(public, authorization=f"bearer {TOKEN}") == 200
    assert status(public, query=f"limit=1&token={TOKEN}".encode()) == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN]
)
def test_a_wrong_token_does_not(public, given):
    assert status(public, authorization=given) == 401


def test_only_the_empty_page_is_open(public):
    assert status(public, path="/") == 200
    for path in ("/health", "/jobs", "/openapi.json", "//", "/index.html"):
        assert status(public, path=path) == 401


@given(st.binary(max_size=200))
def test_no_query_breaks_the_gate(query):
    gate = Gate("0.0.0.0", TOKEN)
    assert status(gate, query=query) == (200 if query_token(query) == TOKEN else 401)


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_no_host_breaks_the_gate(host):
    assert status(Gate("127.0.0.1", ""), host=host) in (200, 421)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("192.168.1.2", False),
        ("::", False),
        ("evil.example", False),
    ],
)
def test_what_only_this_machine_reaches(address, expected):
    assert is_loopback(address) is expected


def test_the_token_is_made_once_and_kept_from_others():
    first = auth.token()
    assert auth.token() == first
    assert len(first) >= 32
    assert stat.S_IMODE(auth.token_file().stat().st_mode) == 0o600
    assert [file.name for file in auth.token_file().parent.iterdir()] == ["service-token"]


def test_a_new_token_replaces_the_old_one():
    first = auth.token()
    assert auth.renew_token() != first
    assert auth.token() != first


def test_a_gate_takes_another_token_over():
    gate = auth.Gate("0.0.0.0", "old" * 12)
    gate.renew("new" * 12)
    own = (b"host", b"192.168.1.5:5005")
    gate.check("GET", "/jobs", b"", [own, (b"authorization", b"Bearer " + b"new" * 12)])
    with pytest.raises(Refusal) as refused:
        gate.check("GET", "/jobs", b"", [own, (b"authorization", b"Bearer " + b"old" * 12)])
    assert refused.value.status == 401
    with pytest.raises(ValueError, match="no token"):
        gate.renew("")
    with pytest.raises(ValueError, match="no token"):
        auth.Gate("127.0.0.1", "").renew("new" * 12)


def test_a_token_that_cannot_be_renewed_stays(monkeypatch):
    kept = auth.token()
    monkeypatch.setattr(auth, "_write", lambda file: open(file / "nowhere"))  # noqa: PTH123, SIM115 - fails
    with pytest.raises(UserError, match="stays valid"):
        auth.renew_token()
    assert auth.token() == kept


def test_a_token_too_short_to_be_ours_is_replaced():
    auth.token_file().parent.mkdir(parents=True)
    auth.token_file().write_text("1234\n")
    assert len(auth.token()) >= 32


def test_a_token_that_cannot_be_kept_is_told():
    auth.token_file().parent.mkdir(parents=True)
    auth.token_file().mkdir()
    with pytest.raises(UserError, match="service-token"):
        auth.token()

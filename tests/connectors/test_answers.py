"""What an answer means that is not the data asked for."""

import contextlib
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.answers import json_of, refuse, retry_after, text_of
from monitor.errors import Failure, FeedError

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def answer(status: int = 200, content: bytes = b"", **headers: str) -> httpx.Response:
    request = httpx.Request("GET", "https://example.org/api?token=secret")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=content, headers=named, request=request)


STATUSES = [
    (304, Failure.TRANSIENT),
    (400, Failure.MISCONFIGURED),
    (401, Failure.AUTH_EXPIRED),
    (403, Failure.BLOCKED),
    (404, Failure.MISCONFIGURED),
    (410, Failure.MISCONFIGURED),
    (418, Failure.RATE_LIMITED),
    (429, Failure.RATE_LIMITED),
    (432, Failure.BLOCKED),
    (461, Failure.CHALLENGE),
    (471, Failure.CHALLENGE),
    (500, Failure.TRANSIENT),
    (503, Failure.TRANSIENT),
]


@pytest.mark.parametrize(("status", "failure"), STATUSES)
def test_every_status_that_is_no_success_has_its_class(status: int, failure: Failure) -> None:
    with pytest.raises(FeedError) as refused:
        refuse(answer(status), NOON)
    assert refused.value.failure is failure
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("wants_a_login", [answer(401), answer(302, location="https://passport.example.org/sso")])
def test_who_holds_no_credential_is_refused_where_one_is_wanted(wants_a_login: httpx.Response) -> None:
    with pytest.raises(FeedError) as refused:
        refuse(wants_a_login, NOON, credentials=False)
    assert refused.value.failure is Failure.BLOCKED


def test_a_success_is_not_refused() -> None:
    refuse(answer(204), NOON)


@pytest.mark.parametrize(
    ("location", "failure"),
    [
        ("https://passport.weibo.com/signin", Failure.AUTH_EXPIRED),
        ("/account/login?next=x", Failure.AUTH_EXPIRED),
        ("https://elsewhere.example/feed", Failure.MISCONFIGURED),
        ("http://example.org:port/", Failure.SCHEMA_DRIFT),
    ],
)
def test_a_redirect_to_a_login_is_an_expired_credential(location: str, failure: Failure) -> None:
    with pytest.raises(FeedError) as refused:
        refuse(answer(302, location=location), NOON)
    assert refused.value.failure is failure


def test_a_page_that_wants_proof_of_a_person_is_a_challenge_on_any_status() -> None:
    with pytest.raises(FeedError) as refused:
        refuse(answer(403, "<html><title>安全验证</title>".encode()), NOON)
    assert refused.value.failure is Failure.CHALLENGE


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("<!DOCTYPE html><title>登录</title>", Failure.AUTH_EXPIRED),
        ("<html><title>Sina Visitor System</title>", Failure.CHALLENGE),
        ("", Failure.BLOCKED),
        ("blocked", Failure.BLOCKED),
        ('{"statuses":[{"id":1},{"te', Failure.TRANSIENT),
        ('{"a":tr', Failure.TRANSIENT),
        ('{"a" 1, "b": 2, "c": 3}', Failure.SCHEMA_DRIFT),
        ("maintenance", Failure.SCHEMA_DRIFT),
        ("[" * 100_000, Failure.SCHEMA_DRIFT),
    ],
)
def test_what_is_no_json_is_never_no_results(body: str, failure: Failure) -> None:
    with pytest.raises(FeedError) as refused:
        json_of(answer(200, body.encode()))
    assert refused.value.failure is failure


def test_half_an_emoji_does_not_cost_the_page() -> None:
    assert json_of(answer(200, b'{"text":"\\ud83d"}'))["text"] == "\ud83d"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 02 Nov 2026 04:10:00 GMT", 600.0),
        ("Mon, 02 Nov 2026 03:00:00 GMT", 0.0),
        ("99999999999999", 7 * 86400.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_the_time_to_wait_is_a_number_or_a_date(said: str, seconds: float | None) -> None:
    assert retry_after(answer(429, retry_after=said), NOON) == seconds


@pytest.mark.parametrize("name", ["gb2312", "gbk", "gb18030"])
def test_chinese_charsets_are_read_as_the_widest_of_them(name: str) -> None:
    body = f'<?xml version="1.0" encoding="{name}"?>星禾喆'.encode("gb18030")
    assert text_of(answer(200, body)).endswith("星禾喆")


@pytest.mark.parametrize("name", ["punycode", "base64", "idna", "no-such-charset", "utf-7"])
def test_a_header_chooses_no_codec_that_is_no_charset(name: str) -> None:
    assert text_of(answer(200, "星禾".encode(), content_type=f"text/xml; charset={name}")) == "星禾"


@given(st.integers(200, 599), st.binary(), st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_no_answer_breaks_the_reading(status: int, body: bytes, header: str) -> None:
    said = answer(status, body, location=header, retry_after=header, content_type=f"text/html; charset={header}")
    with contextlib.suppress(FeedError):
        refuse(said, NOON)
        json_of(said)

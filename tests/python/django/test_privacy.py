"""What of a request does not leave the site: addresses and query strings."""

from types import SimpleNamespace
from urllib.parse import quote

import pytest
from django.test import RequestFactory, override_settings
from posthog._native import Privacy
from posthog.integrations.django.privacy import privacy_of
from posthog.integrations.django.request import request_tags
from site_under_test.visitors import ask


def plain_address(peer):
    return request_tags(RequestFactory().get("/", REMOTE_ADDR=peer), None, Privacy(ip_from_peer=True)).get("$ip")


def forwarded_address(sent, trusted_proxies):
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=sent)
    return request_tags(request, None, Privacy(trusted_proxies)).get("$ip")


SECRET_NAMES = [
    "token",
    "access_token",
    "refresh_token",
    "id_token",
    "auth",
    "authorization",
    "api_key",
    "apikey",
    "key",
    "secret",
    "client_secret",
    "password",
    "passwd",
    "pwd",
    "code",
    "otp",
    "jwt",
    "signature",
    "sig",
    "credential",
    "credentials",
    "session",
    "sessionid",
    "csrfmiddlewaretoken",
    "x-amz-signature",
    "x-amz-security-token",
    "x-goog-signature",
]


def redacted(query):
    return Privacy().url(f"/?{query}").removeprefix("/?")


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4:5678", "1.2.3.4"),
        (" 1.2.3.4 ", "1.2.3.4"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("fe80::1%eth0", "fe80::1"),
        ("01.2.3.4", None),
        ("256.1.1.1", None),
        ("1.2.3.4\0", None),
        ("\u0661.2.3.4", None),
        ("unknown", None),
        ("_hidden", None),
        ("example.com", None),
        ("1.2.3", None),
        ("[", None),
        (":", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_an_address_loses_port_brackets_and_quotes(text, address):
    assert plain_address(text) == address


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("6.6.6.6, 10.0.0.1", None, "6.6.6.6"),
        ("unknown, , 6.6.6.6:80, 10.0.0.1", None, "6.6.6.6"),
        ("unknown", None, None),
        ("", None, None),
        (None, None, None),
        ("6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4, 10.0.0.1", 2, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4,, 10.0.0.1,", 2, "1.2.3.4"),
        ("1.2.3.4", 2, "1.2.3.4"),
        ("6.6.6.6, unknown, 10.0.0.1", 2, None),
        ("6.6.6.6", 0, None),
        ("", 1, None),
    ],
)
def test_the_client_is_first_or_as_far_from_the_right_as_there_are_proxies(forwarded, proxies, address):
    assert forwarded_address(forwarded, proxies) == address


@pytest.mark.parametrize(
    ("forwarded", "privacy", "address"),
    [
        (None, Privacy(), None),
        (None, Privacy(ip_from_peer=True), "127.0.0.1"),
        ("1.2.3.4", Privacy(ip_from_peer=True), "1.2.3.4"),
        ("unknown", Privacy(ip_from_peer=True), "127.0.0.1"),
        ("1.2.3.4", Privacy(trusted_proxies=0, ip_from_peer=True), "127.0.0.1"),
    ],
)
def test_the_peer_is_the_client_only_where_the_site_says_so(forwarded, privacy, address):
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert request_tags(RequestFactory().get("/", **headers), None, privacy).get("$ip") == address


@pytest.mark.parametrize("meta", [{"REMOTE_ADDR": ""}, {"REMOTE_ADDR": "unix:"}, {}, {"REMOTE_ADDR": None}])
def test_a_peer_without_an_address_gives_none(meta):
    request = RequestFactory().get("/")
    request.META = meta
    assert "$ip" not in request_tags(request, None, Privacy(ip_from_peer=True))


def test_a_request_without_anything_costs_only_its_tags():
    assert request_tags(SimpleNamespace(), None, Privacy(ip_from_peer=True)) == {}


@pytest.mark.parametrize("is_async", [False, True])
def test_the_settings_decide_about_the_address(events, is_async):
    headers = {"X-Forwarded-For": "6.6.6.6, 1.2.3.4"}
    ask("/capture/", is_async=is_async, headers=headers)
    ask("/capture/", is_async=is_async)
    with override_settings(POSTHOG_MW_TRUSTED_PROXIES=1, POSTHOG_MW_IP_FROM_PEER=True):
        ask("/capture/", is_async=is_async, headers=headers)
        ask("/capture/", is_async=is_async)
    assert [event["properties"].get("$ip") for event in events] == ["6.6.6.6", None, "1.2.3.4", "127.0.0.1"]


@pytest.mark.parametrize("value", ["1", -1, True, 1.0, None, [1]])
def test_values_of_a_wrong_type_count_as_the_default(value):
    is_switch = isinstance(value, bool)
    assert privacy_of(value, None if is_switch else value, 7) == Privacy()


# -- query strings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_the_value_of_a_secret_parameter_is_redacted_however_its_name_is_written(name):
    encoded = "".join(f"%{ord(character):02x}" for character in name)
    for written in (name, name.upper(), name.title(), encoded, encoded.upper(), quote(name[0], safe="") + name[1:]):
        assert redacted(f"a=1&{written}=hush&b=2") == f"a=1&{written}=[redacted]&b=2"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "a=1&b=2",
        "tokens=1&my_token=2&token_=3",
        "token",
        "token=",
        "&&=&a==&%zz=%&b;c",
        "q=token=1",
        "a=%20+%C3%A9&a=2&A=3",
        "%2574oken=1",
    ],
)
def test_the_rest_of_a_query_stays_byte_for_byte(query):
    assert redacted(query) == query
    assert Privacy(query="all").url(f"/?{query}") == f"/?{query}"


def test_every_secret_is_redacted_to_its_end():
    assert (
        redacted("token=a=b&key=&TOKEN=?&x=1&code=%26") == "token=[redacted]&key=&TOKEN=[redacted]&x=1&code=[redacted]"
    )


def test_names_to_keep_are_kept_as_they_are():
    keep = Privacy(query=["Page", "token"])
    assert keep.url("/?page=1&x=2&PAGE=3&%70age=4&token=t&page") == "/?page=1&PAGE=3&%70age=4&token=t&page"
    assert keep.url("/?x=2&y") == "/"


@pytest.mark.parametrize(
    ("url", "policy", "expected"),
    [
        ("http://a/b", "drop", "http://a/b"),
        ("http://a/b?c=1", "drop", "http://a/b"),
        ("http://a/b?c=1", [], "http://a/b"),
        ("http://a/b?c=1?token=2&token=3?", "keep", "http://a/b?c=1?token=2&token=[redacted]"),
        ("http://a/token=1", "keep", "http://a/token=1"),
        ("http://a/b?", "keep", "http://a/b?"),
    ],
)
def test_a_policy_changes_only_the_query_of_a_url(url, policy, expected):
    assert Privacy(query=policy).url(url) == expected


@pytest.mark.parametrize(
    ("setting", "query"),
    [
        ("keep", "?page=2&token=[redacted]"),
        ("drop", ""),
        ("all", "?page=2&token=hush"),
        (["page"], "?page=2"),
        ({"token": 1}, "?page=2&token=[redacted]"),
        (frozenset({"TOKEN", 7}), "?token=hush"),
        ((), ""),
        ("everything", "?page=2&token=[redacted]"),
        (None, "?page=2&token=[redacted]"),
        (7, "?page=2&token=[redacted]"),
        (b"drop", "?page=2&token=[redacted]"),
    ],
)
def test_the_setting_decides_about_the_query(events, setting, query):
    with override_settings(POSTHOG_MW_QUERY_STRING=setting):
        ask("/capture/?page=2&token=hush")
    assert events.properties()["$current_url"] == f"http://testserver/capture/{query}"


def test_a_query_is_redacted_on_exceptions_and_without_a_known_host_too(events):
    ask("/fail/value/?token=hush")
    (failed,) = events.named("$exception")
    assert failed["properties"]["$current_url"] == "http://testserver/fail/value/?token=[redacted]"
    stranger = RequestFactory(SERVER_NAME="10.0.0.7").get("/health?token=hush")
    assert request_tags(stranger, None)["$current_url"] == "/health?token=[redacted]"


def test_the_view_still_sees_the_whole_query():
    request = RequestFactory().get("/?token=hush")
    request_tags(request, None)
    assert request.GET["token"] == "hush"
    assert request.get_full_path() == "/?token=hush"


@pytest.mark.parametrize("part", ["a=1&", "&", "%", "%61&", "token=1&", "=", "%74oken=&"])
def test_a_query_of_64_kib_is_read_once_and_whole(part):
    query = part * (64 * 1024 // len(part)) + "&token=hush"
    assert redacted(query).endswith("&token=[redacted]")
    assert "hush" not in redacted(query)

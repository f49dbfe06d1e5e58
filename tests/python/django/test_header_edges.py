"""Requests as odd clients, proxies and servers send them."""

import asyncio

import posthog
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, JsonResponse
from django.test import Client, RequestFactory, override_settings
from django.test.client import FakePayload
from django.urls import path
from site_under_test.asgi import Visit
from site_under_test.pages import Pages
from site_under_test.visitors import AUTH, OURS, SESSION, ask

DISTINCT_ID = b"X-POSTHOG-DISTINCT-ID"
HOST = (b"host", b"testserver")


class AnyPath:
    """Captures under every path and method, and answers with what Django makes of the header and the URL."""

    @staticmethod
    def view(request, **_parts):
        posthog.capture("seen")
        sent = request.headers.get("X-POSTHOG-DISTINCT-ID")
        return JsonResponse({"header": sent, "url": request.build_absolute_uri()})

    urlpatterns = (path("", view), path("<path:rest>", view))


@pytest.fixture(autouse=True)
def _any_path():
    with override_settings(ROOT_URLCONF=AnyPath(), MIDDLEWARE=[SESSION, AUTH, OURS]):
        yield


def ask_wsgi(environ):
    """Return status and body for a request with exactly this environ added to the least that a server gives."""
    least = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": FakePayload(b""),
    }
    started = []
    body = WSGIHandler()(least | environ, lambda status, headers: started.append(status))
    content = b"".join(body)
    body.close()
    return int(started[0].split()[0]), content


def ask_asgi(headers, target="/", **scope):
    return asyncio.run(Visit(target, headers, **scope).answer(ASGIHandler()))


# -- tracing headers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["X-POSTHOG-DISTINCT-ID", "x-posthog-distinct-id", "X-PostHog-Distinct-Id"])
def test_the_name_of_a_header_may_be_written_in_any_case(events, name):
    ask_asgi([HOST, (name.encode(), b"ann")])
    ask("/", headers={name: "ann"})
    assert [event["distinct_id"] for event in events] == ["ann", "ann"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"", None),
        (b"   ", None),
        (b"\t\x00\x1f", None),
        (b"  ann  ", "ann"),
        (b"a\x00n\x1fn", "ann"),
        (b"a" * 1000, "a" * 1000),
        (b"a" * 1001, "a" * 1000),
        ("Zoë".encode("latin-1"), "Zoë"),
        ("Zoë".encode(), "ZoÃ«"),  # headers are Latin-1 to Django, whatever the client meant
        (b"undefined", None),
        (b"null", None),
        (b"0", None),
        (b"None", None),
        (b"anonymous", None),
        (b"guest", None),
        (b"[object Object]", None),
    ],
)
def test_an_id_is_the_same_under_both_kinds_of_server(events, sent, kept):
    ask_asgi([HOST, (DISTINCT_ID, sent)])
    ask_wsgi({"HTTP_X_POSTHOG_DISTINCT_ID": sent.decode("latin-1")})
    assert len(events) == 2
    if kept is None:
        assert [event["properties"]["$process_person_profile"] for event in events] == [False, False]
    else:
        assert [event["distinct_id"] for event in events] == [kept, kept]


def test_of_a_header_sent_twice_the_first_usable_value_counts(events):
    ask_asgi([HOST, (DISTINCT_ID, b"null"), (DISTINCT_ID, b"ann")])
    ask_wsgi({"HTTP_X_POSTHOG_DISTINCT_ID": "null,ann"})
    assert [event["distinct_id"] for event in events] == ["ann", "ann"]


# -- hosts and proxies -------------------------------------------------------------------------------------------------


def test_without_a_host_header_the_url_has_the_name_of_the_server(events):
    assert ask_wsgi({})[0] == 200
    assert ask_asgi([])[0] == 200
    assert [event["properties"]["$current_url"] for event in events] == ["http://testserver/"] * 2


@pytest.mark.parametrize("host", ["10.0.0.7", "bad host", "a" * 300, "[::1", "testserver:port", ""])
def test_a_host_that_is_not_ours_costs_the_url_its_host_and_nothing_else(events, host):
    assert ask_wsgi({"HTTP_HOST": host, "SERVER_NAME": "elsewhere", "PATH_INFO": "/a"})[0] == 400  # by the view
    assert events.properties()["$current_url"] == "/a"
    assert not events.exceptions


BEHIND_A_PROXY = [
    ({}, {"HTTP_HOST": "testserver:8000"}, "http://testserver:8000/a"),
    ({}, {"HTTP_HOST": "testserver:80"}, "http://testserver:80/a"),
    ({"USE_X_FORWARDED_HOST": True}, {"HTTP_X_FORWARDED_HOST": "testserver:444"}, "http://testserver:444/a"),
    ({"USE_X_FORWARDED_HOST": False}, {"HTTP_X_FORWARDED_HOST": "elsewhere"}, "http://testserver/a"),
    ({"USE_X_FORWARDED_PORT": True}, {"HTTP_X_FORWARDED_PORT": "8443"}, "http://testserver:8443/a"),
    (
        {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
        {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_HOST": "testserver"},
        "https://testserver/a",
    ),
    ({}, {"HTTP_X_FORWARDED_PROTO": "https"}, "http://testserver/a"),
    ({"FORCE_SCRIPT_NAME": "/shop"}, {}, "http://testserver/shop/a"),
    ({}, {"SCRIPT_NAME": "/mounted"}, "http://testserver/mounted/a"),
]


@pytest.mark.parametrize(("site", "environ", "url"), BEHIND_A_PROXY)
def test_the_url_is_the_visitors_behind_a_proxy_as_far_as_the_site_trusts_it(events, site, environ, url):
    with override_settings(**site):
        assert ask_wsgi({"PATH_INFO": "/a", **environ})[0] == 200
    assert events.properties()["$current_url"] == url


# -- URLs and methods --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/Zoë/",
        "/Zo%C3%AB/",
        "/%00",
        "//double//",
        "/a/../b",
        "/semi;colon",
        "/?q=Zo%C3%AB&q=%zz",
        "/?" + "x" * 65536,
    ],
    ids=lambda target: target[:12],
)
def test_the_url_is_the_one_that_django_builds_under_both_kinds_of_server(events, target):
    response = Client().get(target)
    assert events[0]["properties"]["$current_url"] == response.json()["url"]
    asked = RequestFactory().get(target)
    status, _ = ask_asgi([HOST], asked.path + ("?" + asked.META["QUERY_STRING"]) * bool(asked.META["QUERY_STRING"]))
    assert status == 200
    assert events[1]["properties"]["$request_path"] == events[0]["properties"]["$request_path"]


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "TRACE", "PROPFIND", "BREW", "get", "M" * 100])
def test_every_method_is_told_as_django_tells_it(events, method):
    assert ask_wsgi({"REQUEST_METHOD": method})[0] == 200
    assert ask_asgi([HOST], method=method)[0] == 200
    assert [event["properties"]["$request_method"] for event in events] == [method.upper()] * 2


def test_a_question_about_the_whole_server_has_no_page_and_a_url(events):
    def missing(request, exception):
        posthog.capture("seen")
        return HttpResponse("no such page", status=404)

    with override_settings(ROOT_URLCONF=Pages(handler404=missing)):
        assert ask_wsgi({"REQUEST_METHOD": "OPTIONS", "PATH_INFO": "*"})[0] == 404
    assert events.properties()["$request_method"] == "OPTIONS"
    assert events.properties()["$current_url"] == "http://testserver/*"
    assert not events.exceptions


def test_a_body_that_is_sent_stays_unread(events):
    def count(request):
        posthog.capture("seen")
        return HttpResponse(request.read())

    class Counting:
        urlpatterns = (path("", count),)

    with override_settings(ROOT_URLCONF=Counting()):
        assert ask_asgi([HOST], method="POST", body=b"the whole body") == (200, b"the whole body")
    assert len(events) == 1

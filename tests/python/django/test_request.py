"""What a request says about itself."""

from itertools import product
from types import SimpleNamespace

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.urls import resolve
from posthog._native import tracing_ids
from posthog.integrations.django.request import current_url, request_tags
from site_under_test.visitors import ask


def cleaned_id(sent):
    return tracing_ids(SimpleNamespace(headers={"X-POSTHOG-SESSION-ID": sent}))[1]


class Raising(dict):
    def get(self, *_arguments):
        raise RuntimeError


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("plain", "plain"),
        ("  session\n-\t123\x85  ", "session-123"),
        ("\r\n  ", None),
        ("", None),
        ("\x00\x1f\x7f\x9f", None),
        ("a" * 1000, "a" * 1000),
        (" " + "a" * 1001, "a" * 1000),
        ("Zoë", "Zoë"),
        (123, None),
        (None, None),
        (b"bytes", None),
    ],
)
def test_an_id_loses_control_characters_and_outer_space_and_is_cut(sent, kept):
    assert cleaned_id(sent) == kept


def test_ids_come_from_the_tracing_headers_in_any_case():
    request = RequestFactory().get("/", HTTP_X_POSTHOG_DISTINCT_ID="ann", HTTP_X_POSTHOG_SESSION_ID="visit")
    assert tracing_ids(request) == ("ann", "visit")


def test_a_request_with_headers_only_is_read_too():
    request = SimpleNamespace(headers={"X-POSTHOG-DISTINCT-ID": "ann"})
    assert tracing_ids(request) == ("ann", None)


def test_headers_that_cannot_be_read_were_not_sent():
    assert tracing_ids(SimpleNamespace(headers=Raising())) == (None, None)
    assert tracing_ids(SimpleNamespace(META=Raising())) == (None, None)
    assert tracing_ids(object()) == (None, None)


def test_the_tags_are_those_of_the_official_middleware():
    request = RequestFactory().get(
        "/cart/", {"page": "2"}, HTTP_X_FORWARDED_FOR="1.2.3.4, 10.0.0.1", HTTP_USER_AGENT="Netscape"
    )
    assert list(request_tags(request, "ann@example.com").items()) == [
        ("email", "ann@example.com"),
        ("$current_url", "http://testserver/cart/?page=2"),
        ("$request_method", "GET"),
        ("$request_path", "/cart/"),
        ("$ip", "1.2.3.4"),
        ("$user_agent", "Netscape"),
        ("$raw_user_agent", "Netscape"),
    ]


def test_empty_parts_are_left_out():
    tags = request_tags(RequestFactory().get("/", HTTP_USER_AGENT=""), None)
    assert set(tags) == {"$current_url", "$request_method", "$request_path"}


@pytest.mark.parametrize("is_async", [False, True])
def test_events_name_the_route_and_the_view_once_django_has_found_them(events, is_async):
    ask("/capture/", is_async=is_async)
    ask("/fail/value/", is_async=is_async)
    routes = [(event["properties"]["django_route"], event["properties"]["django_view_name"]) for event in events]
    assert routes == [("capture/", "site_under_test.views.capture"), ("fail/<kind>/", "site_under_test.views.fail")]
    assert "django_url_name" not in events[0]["properties"]


def test_the_name_of_a_url_is_among_the_tags_with_its_namespaces():
    request = RequestFactory().get("/")
    request.resolver_match = resolve("/shop/cart/7/", urlconf="site_under_test.named_urls")
    tags = request_tags(request, None)
    assert [tags["django_route"], tags["django_view_name"], tags["django_url_name"]] == [
        "shop/cart/<int:number>/",
        "shop:cart",
        "cart",
    ]


def test_the_tag_map_takes_the_route_away(events):
    with override_settings(POSTHOG_MW_TAG_MAP=lambda tags: {k: v for k, v in tags.items() if "django_" not in k}):
        ask("/capture/")
    assert {"django_route", "django_view_name"} & set(events.properties()) == set()


def test_a_disallowed_host_leaves_the_path_as_url():
    request = RequestFactory(SERVER_NAME="10.0.0.7").get("/health?probe=1")
    assert request_tags(request, None)["$current_url"] == "/health?probe=1"


def test_reading_tags_reads_no_body():
    request = RequestFactory().post("/", {"a": "b"})
    request_tags(request, None)
    assert not hasattr(request, "_body")
    assert not hasattr(request, "_post")


PATHS = [
    "/",
    "/a b/",
    "//double//",
    "/Zoë/%C3%A9/",
    "/semi;colon",
    "/a/../b",
    "/a/./b",
    "/.well-known/x",
    "*",
    "/%00",
    "/#?&",
]
QUERIES = ["", "a=1&b=Zoë", "next=/../x", "%zz", "a b", "x" * 9000]
HOSTS = ["testserver", "127.0.0.1:8000", "TestServer:443", "testserver:80"]


@pytest.mark.parametrize("path", PATHS)
def test_the_url_is_the_one_that_django_builds(path):
    for query, host, scheme in product(QUERIES, HOSTS, ["http", "https"]):
        environ = RequestFactory().get("/").environ | {
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": query.encode().decode("latin-1"),
            "HTTP_HOST": host,
            "wsgi.url_scheme": scheme,
        }
        assert current_url(WSGIRequest(environ.copy())) == WSGIRequest(environ.copy()).build_absolute_uri()


@pytest.mark.parametrize(
    "make", [SimpleNamespace, lambda **own: type("Request", (), {"build_absolute_uri": own["build_absolute_uri"]})()]
)
def test_a_double_of_a_request_need_only_know_its_url(make):
    assert (
        current_url(make(build_absolute_uri=lambda *_self: "http://testserver/double/")) == "http://testserver/double/"
    )


def test_a_request_without_a_path_has_the_url_that_django_builds():
    request = HttpRequest()
    request.path, request.META = "*", {"SERVER_NAME": "testserver", "SERVER_PORT": "80"}
    assert current_url(request) == request.build_absolute_uri()

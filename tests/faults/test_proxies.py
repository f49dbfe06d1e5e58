"""Proxies that the environment names: they are used, and one that fails costs no event."""

from __future__ import annotations

import pytest

from ..waiting import until
from .events import all_arrive, said, tell
from .proxy import NEEDS_PASSWORD, REFUSED


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_events_go_through_the_proxy_that_the_environment_names(recorder, make_client, lay, variable):
    """Row 16."""
    proxy = lay(variable)
    assert all_arrive(recorder, tell(make_client(), 25)) == 0
    assert proxy.asked == [f"CONNECT 127.0.0.1:{recorder.port} HTTP/1.1"]


@pytest.mark.parametrize("others", [["HTTPS_PROXY"], ["HTTP_PROXY", "HTTPS_PROXY"]])
def test_a_proxy_for_the_other_scheme_is_not_asked(recorder, make_client, lay, others):
    """Row 16: what is for https is not for a host without it."""
    proxies = {variable: lay(variable) for variable in others}
    assert all_arrive(recorder, tell(make_client(), 25)) == 0
    assert proxies["HTTPS_PROXY"].asked == []
    assert all(proxy.asked for variable, proxy in proxies.items() if variable == "HTTP_PROXY")


@pytest.mark.parametrize("hosts", ["127.0.0.1", "example.com,127.0.0.1", "*", "example.com, 127.0.0.1"])
def test_a_host_that_needs_no_proxy_is_asked_itself(recorder, make_client, lay, monkeypatch, hosts):
    """Row 16."""
    proxy = lay()
    monkeypatch.setenv("NO_PROXY", hosts)
    assert all_arrive(recorder, tell(make_client(), 25)) == 0
    assert proxy.asked == []


@pytest.mark.parametrize("refusal", [REFUSED, NEEDS_PASSWORD])
def test_a_proxy_that_refuses_costs_no_event(recorder, make_client, lay, refusal):
    """Row 16."""
    proxy = lay(refusal=refusal)
    uuids = tell(make_client(), 25)
    until(lambda: proxy.asked, "the proxy to be asked")
    assert recorder.requests == []
    proxy.refusal = None
    assert all_arrive(recorder, uuids) == 0


def test_a_proxy_that_refuses_is_named_in_the_log(make_client, lay, caplog):
    """Row 16."""
    lay(refusal=REFUSED)
    client = make_client(max_retries=0)
    tell(client, 5)
    client.flush(30)
    (line,) = (line for line in said(caplog) if "error uploading" in line)
    assert "proxy" in line.lower()
    assert client.stats()["waiting"] == 5


def test_a_proxy_gets_the_password_that_its_url_has(recorder, make_client, lay):
    """Row 16."""
    lay(user="ann:secret@", password="ann:secret")
    assert all_arrive(recorder, tell(make_client(), 25)) == 0


def test_a_proxy_that_is_not_there_costs_no_event(recorder, make_client, monkeypatch, dead_server):
    """Row 16."""
    monkeypatch.setenv("HTTP_PROXY", dead_server)
    client = make_client()
    uuids = tell(client, 25)
    client.flush(0.5)
    assert client.stats()["waiting"] == len(uuids)
    assert recorder.requests == []

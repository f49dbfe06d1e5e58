"""The commands for `manage.py`, against a real server."""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import posthog
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings
from posthog.integrations.django import configuration, installation
from site_under_test import named

from ...servers.recorder import Hang, Recorder, Status

APP = "posthog.integrations.django"
KEY = "phc_of_the_commands_0123456789"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def recorder():
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def site(monkeypatch, recorder):
    """The site with the app and its settings; a global client is not made yet."""
    for name in configuration.OPTION_OF.keys() - {"POSTHOG_JOURNAL"}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(posthog, "_make_client", posthog._make_client)
    monkeypatch.setattr(posthog, "_assigned", {})
    monkeypatch.setattr(posthog, "default_client", None)
    with override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, APP], POSTHOG={"API_KEY": KEY, "HOST": recorder.url}
    ):
        yield
        posthog.default_client = None


def run(*arguments, **overridden):
    """Return what the command says, coloured by nothing."""
    said = io.StringIO()
    with override_settings(**overridden):
        try:
            call_command(*arguments, stdout=said, stderr=said, no_color=True)
        except CommandError as error:
            error.said = said.getvalue()
            raise
    return said.getvalue()


# -- posthog_capture --------------------------------------------------------------------------------------------------


def test_an_event_arrives_with_its_properties(site, recorder):
    properties = ["total=12.5", "paid=true", "code=007", "note=a=b", 'tags=["x"]', "empty="]
    options = [argument for text in properties for argument in ("--prop", text)]
    said = run("posthog_capture", "order placed", "--distinct-id", "user-7", *options)
    (event,) = recorder.accepted
    assert (event["event"], event["distinct_id"]) == ("order placed", "user-7")
    assert event["uuid"] in said
    assert recorder.url in said
    expected = {"total": 12.5, "paid": True, "code": "007", "note": "a=b", "tags": ["x"], "empty": ""}
    assert {name: event["properties"][name] for name in expected} == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["order placed"],
        ["--distinct-id", "u"],
        ["e", "--distinct-id", "u", "--prop", "total"],
        ["e", "--distinct-id", "u", "--prop", "=1"],
        ["e", "--distinct-id", "u", "--timeout", "0"],
        ["e", "--distinct-id", "u", "--timeout", "soon"],
    ],
)
def test_a_wrong_call_is_told(site, recorder, arguments):
    with pytest.raises(CommandError):
        run("posthog_capture", *arguments)
    assert not recorder.requests


def test_an_event_that_is_refused_fails_the_command_with_the_answer(site, recorder):
    recorder.answers(then=Status(401))
    with pytest.raises(CommandError, match=r"not delivered.*401"):
        run("posthog_capture", "e", "--distinct-id", "u")


def test_an_event_is_sent_again_after_a_failure_of_the_server(site, recorder):
    recorder.answers(Status(503))
    run("posthog_capture", "e", "--distinct-id", "u")
    assert len(recorder.accepted) == 1


def test_a_server_that_does_not_answer_fails_the_command_when_the_time_is_over(site, recorder):
    recorder.answers(then=Hang())
    with pytest.raises(CommandError, match="not delivered"):
        run("posthog_capture", "e", "--distinct-id", "u", "--timeout", "0.3")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"API_KEY": ""}, "no project API key"),
        ({"DISABLED": True}, "disabled"),
        ({"SEND": False}, "send is off"),
        ({"BEFORE_SEND": lambda _event: None}, "before_send"),
    ],
)
def test_an_event_that_cannot_be_sent_fails_the_command_with_the_reason(site, recorder, options, reason):
    with pytest.raises(CommandError, match=reason):
        run("posthog_capture", "e", "--distinct-id", "u", POSTHOG={"API_KEY": KEY, "HOST": recorder.url, **options})
    assert not recorder.requests


def test_an_event_has_the_options_of_the_client(site, recorder):
    options = {"SUPER_PROPERTIES": {"plan": "pro"}, "GZIP": True, "BEFORE_SEND": "site_under_test.named.keep"}
    named.events.clear()
    run("posthog_capture", "e", "--distinct-id", "u", POSTHOG={"API_KEY": KEY, "HOST": recorder.url, **options})
    assert recorder.accepted[0]["properties"]["plan"] == "pro"
    assert recorder.requests[0].headers["content-encoding"] == "gzip"
    assert len(named.events) == 1


# -- posthog_check ----------------------------------------------------------------------------------------------------


def test_the_check_shows_the_configuration_and_that_an_event_arrives(site, recorder):
    said = run("posthog_check")
    (event,) = recorder.accepted
    assert event["event"] == "posthog_check"
    assert event["properties"]["$process_person_profile"] is False
    assert f"{recorder.url} has accepted {event['uuid']}" in said
    assert 'phc_...6789  (POSTHOG["API_KEY"])' in said
    assert KEY not in said
    assert f'{recorder.url}  (POSTHOG["HOST"])' in said
    assert "-> posthog.integrations.django.PosthogContextMiddleware" in said
    assert said.index("sessions.middleware") < said.index("-> posthog")
    assert "System check identified no issues" in said


@pytest.mark.filterwarnings("ignore:personal_api_key is deprecated")
def test_no_key_is_shown_whole(site, recorder):
    options = {"API_KEY": "phc_short", "HOST": recorder.url, "PERSONAL_API_KEY": "phx_personal_0123456789"}
    said = run("posthog_check", POSTHOG=options)
    assert "phc_short" not in said
    assert "phx_personal" not in said
    assert "phx_...6789" in said


@pytest.mark.parametrize("status", [400, 401, 413, 500])
def test_the_check_fails_with_what_the_server_answers(site, recorder, status):
    recorder.answers(then=Status(status))
    with pytest.raises(CommandError, match="did not arrive") as failure:
        run("posthog_check")
    assert str(status) in failure.value.said
    assert len(recorder.requests) == 1


def test_the_check_fails_where_there_is_no_server(site):
    with pytest.raises(CommandError, match="did not arrive") as failure:
        run("posthog_check", POSTHOG={"API_KEY": KEY, "HOST": NOWHERE})
    assert "Connection refused" in failure.value.said


def test_the_check_fails_when_the_time_is_over(site, recorder):
    recorder.answers(then=Hang())
    with pytest.raises(CommandError, match="did not arrive"):
        run("posthog_check", "--timeout", "0.3")


@pytest.mark.parametrize("options", [{}, {"API_KEY": KEY, "DISABLED": True}])
def test_the_check_fails_where_nothing_is_captured(site, options):
    with pytest.raises(CommandError, match="did not arrive") as failure:
        run("posthog_check", POSTHOG=options)
    assert "not delivered: the client" in failure.value.said


def test_the_check_fails_on_errors_of_the_settings_before_it_sends(site, recorder):
    with pytest.raises(CommandError, match=r"posthog\.E003"):
        run("posthog_check", POSTHOG_MW_CAPTURE_EXCEPTIONS="False")
    assert not recorder.requests


def test_the_check_tries_the_client_of_the_middleware_too(site, recorder):
    own = posthog.Posthog("phc_own", NOWHERE)
    with pytest.raises(CommandError, match="did not arrive") as failure:
        run("posthog_check", POSTHOG_MW_CLIENT=own)
    assert f"POSTHOG_MW_CLIENT: {NOWHERE}: not delivered" in failure.value.said
    assert len(recorder.accepted) == 1


def test_the_check_says_that_the_program_made_the_client(site, recorder, monkeypatch):
    monkeypatch.setattr(posthog, "default_client", posthog.Posthog("phc_own_0123456789012", recorder.url))
    said = run("posthog_check")
    assert "made by the program" in said
    assert "phc_...9012" in said
    assert recorder.accepted


def test_our_files_alone_are_no_problem():
    assert installation.problems(installation.folder()) == []


@pytest.mark.parametrize("stranger", ["consumer.py", "integrations/django.py"])
def test_files_of_the_official_package_among_ours_are_named(tmp_path, stranger):
    package = tmp_path / "posthog"
    shutil.copytree(Path(posthog.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / stranger).write_text("")
    program = (
        "import django, django.conf; from django.core.management import execute_from_command_line as run;"
        f"django.conf.settings.configure(INSTALLED_APPS=[{APP!r}], POSTHOG={{'API_KEY': 'k'}}); django.setup();"
        "run(['manage.py', 'posthog_check'])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert f"{package / stranger} belongs to the official package" in ended.stderr
    assert "pip uninstall posthog hogback" in ended.stderr


def test_the_check_shows_where_events_are_kept_and_how_many_wait(site, recorder, tmp_path):
    waits = posthog.Posthog(KEY, host=recorder.url, flush_interval=600)
    waits.capture("patient", distinct_id="me")
    said = run("posthog_check")
    assert re.search(rf"directory +{re.escape(str(tmp_path / 'journal'))}", said)
    assert re.search(r"waiting +1  \(0 of processes that are gone\)", said)
    assert re.search(r"dead letters +0", said)
    waits.shutdown()


def test_the_check_says_that_events_are_kept_in_memory_alone(site, recorder, monkeypatch):
    monkeypatch.setenv("POSTHOG_JOURNAL", "off")
    assert "off: events wait in memory, and die with their process" in run("posthog_check")


def test_the_check_says_why_the_journal_cannot_be_used(site, recorder, tmp_path):
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal").chmod(0o777)
    said = run("posthog_check")
    assert f"cannot be used, events wait in memory: {tmp_path / 'journal'} can be written to by other users" in said

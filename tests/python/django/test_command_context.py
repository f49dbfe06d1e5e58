"""`POSTHOG_COMMAND_CONTEXT`: what commands capture, and what becomes of their exceptions."""

import inspect
import io
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import posthog
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.commands import runserver
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from posthog import contexts
from posthog.integrations.django import command_context
from site_under_test.captured import own_client
from site_under_test.management.commands import work
from site_under_test.visitors import ask

from ...servers.recorder import Hang, Recorder

APP = "posthog.integrations.django"
KEY = "phc_of_the_commands_0123456789"
ORIGINAL = BaseCommand.execute


@pytest.fixture(autouse=True)
def _site(monkeypatch):
    """The site with the app and its own commands; everything is as before afterwards."""
    monkeypatch.setattr(posthog, "_make_client", posthog._make_client)
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, APP, "site_under_test"]):
        yield
    assert BaseCommand.execute is ORIGINAL


@pytest.fixture
def on():
    with override_settings(POSTHOG_COMMAND_CONTEXT=True):
        yield


@pytest.fixture
def recorder(monkeypatch):
    recorder = Recorder()
    client = posthog.Posthog(KEY, recorder.url)
    monkeypatch.setattr(posthog, "default_client", client)
    yield recorder
    recorder.release()
    client.shutdown()
    recorder.close()


def run(job=work.capture, name="work"):
    return call_command(name, job=job, stdout=io.StringIO())


def fail_with(error):
    def job():
        raise error

    return job


# -- the context ------------------------------------------------------------------------------------------------------


def test_what_a_command_captures_carries_its_name(events, on):
    assert run() == "done"
    assert events.properties("worked")["django_command"] == "work"
    assert contexts.get_tags() == {}


def test_a_command_within_a_command_has_its_own_name(events, on):
    def both():
        run(name="rework")
        work.capture()

    run(both)
    assert [event["properties"]["django_command"] for event in events] == ["rework", "work"]


def test_what_one_command_says_of_its_visitor_is_not_known_to_the_next(events, on):
    run(lambda: posthog.identify_context("ann"))
    run(lambda: posthog.capture("seen"))
    assert events.one()["distinct_id"] != "ann"


@pytest.mark.parametrize("value", [False, None, 1, "True", [], ["rework"]])
def test_a_command_has_no_context_unless_the_setting_says_so(events, value):
    with override_settings(POSTHOG_COMMAND_CONTEXT=value):
        run()
    assert "django_command" not in events.properties("worked")


@pytest.mark.parametrize("names", [["work"], ("work", "migrate"), {"work"}])
def test_the_setting_may_name_the_commands(events, names):
    with override_settings(POSTHOG_COMMAND_CONTEXT=names):
        run()
        run(name="rework")
    assert [event["properties"].get("django_command") for event in events] == ["work", None]


def test_the_app_may_get_ready_twice(events, on):
    apps.get_app_config("posthog_django").ready()
    stack = []
    run(lambda: stack.extend(inspect.stack()))
    assert [frame.function for frame in stack].count("_execute") == 1


@pytest.mark.parametrize("name", sorted(command_context.ENDLESS))
def test_a_command_that_does_not_end_has_no_context(name):
    kind = type("Command", (BaseCommand,), {"__module__": f"some.management.commands.{name}"})
    derived = type("Command", (kind,), {"__module__": "some.management.commands.own"})
    assert not command_context.chosen(True)(kind())
    assert not command_context.chosen(True)(derived())
    assert command_context.chosen([name])(kind())


def test_requests_of_the_development_server_do_not_carry_its_name(events, on):
    class Server(runserver.Command):
        def run(self, **options):
            ask("/capture/")

    call_command(Server())
    assert "django_command" not in events.properties()


def test_a_command_that_a_view_calls_carries_the_request_too_and_its_events_go_on_waiting(events, on, user):
    waiting = []

    def view(request):
        run(lambda: posthog.capture("seen"))
        waiting.append(not events)
        return HttpResponse("done")

    class Site:
        urlpatterns = (path("", view),)

    with override_settings(ROOT_URLCONF=Site()):
        ask("/")
    assert waiting == [True]
    assert events.properties()["django_command"] == "work"
    assert events.properties()["$request_path"] == "/"


# -- exceptions -------------------------------------------------------------------------------------------------------


def test_an_exception_that_leaves_a_command_is_captured_and_raised(events, on):
    error = ValueError("at work")
    with pytest.raises(ValueError, match="at work") as raised:
        run(fail_with(error))
    assert raised.value is error
    assert events.exceptions == [("ValueError", "at work")]
    properties = events.properties("$exception")
    assert properties["$exception_source"] == "django.command"
    assert properties["$exception_level"] == "error"
    assert properties["django_command"] == "work"
    assert events.mechanisms[0].items() >= {"type": "command", "handled": False}.items()


@pytest.mark.parametrize("error", [CommandError("no such order"), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_messages_to_the_user_and_the_end_of_the_process_are_no_exceptions_to_capture(events, on, error):
    with pytest.raises(type(error)):
        run(fail_with(error))
    assert not events


def test_an_exception_on_its_way_through_several_commands_is_captured_once(events, on):
    class GuardedError(ValueError):
        __qualname__ = "GuardedError"

        def __setattr__(self, name, value):
            raise TypeError("nothing is kept here")

    with pytest.raises(GuardedError):
        run(lambda: run(fail_with(GuardedError("at work")), name="rework"))
    assert events.exceptions == [("GuardedError", "at work")]
    assert events.properties("$exception")["django_command"] == "rework"


def test_an_exception_that_came_of_a_captured_one_is_not_captured_too(events, on):
    def wrap():
        try:
            run(fail_with(ValueError("at work")), name="rework")
        except ValueError as error:
            raise RuntimeError("in vain") from error

    with pytest.raises(RuntimeError):
        run(wrap)
    assert events.exceptions == [("ValueError", "at work")]


def test_each_exception_that_a_calling_command_survives_is_captured(events, on):
    def carry_on():
        for number in range(5):
            with pytest.raises(ValueError, match=str(number)):
                run(fail_with(ValueError(str(number))), name="rework")

    run(carry_on)
    assert [value for _, value in events.exceptions] == list("01234")


def test_what_the_command_has_captured_itself_is_not_captured_again(events, on):
    def tell():
        error = ValueError("told")
        posthog.capture_exception(error)
        raise error

    with pytest.raises(ValueError, match="told"):
        run(tell)
    assert len(events.exceptions) == 1


def test_a_command_that_fails_in_a_view_is_reported_once(events, on):
    def view(request):
        run(fail_with(ValueError("at work")))

    class Site:
        urlpatterns = (path("", view),)

    with override_settings(ROOT_URLCONF=Site()):
        assert ask("/").status_code == 500
    assert events.exceptions == [("ValueError", "at work")]
    assert events.properties("$exception")["$exception_source"] == "django.command"


@pytest.mark.parametrize(
    "site", [{"POSTHOG_MW_CAPTURE_EXCEPTIONS": False}, {"POSTHOG_MW_IGNORE_EXCEPTIONS": ["builtins.ValueError"]}]
)
def test_the_settings_about_exceptions_hold_for_commands_too(events, on, site):
    with override_settings(**site), pytest.raises(ValueError, match="at work"):
        run(fail_with(ValueError("at work")))
    assert not events


def test_the_client_of_the_middleware_reports_the_exceptions_of_commands_too(events, on):
    client, captured = own_client()
    with override_settings(POSTHOG_MW_CLIENT=client), pytest.raises(ValueError, match="at work"):
        run(work.capture_then_fail)
    assert captured.exceptions == [("ValueError", "at work")]
    assert [event["event"] for event in events] == ["worked"]
    client.shutdown()


def test_a_failure_to_capture_costs_one_log_line_and_nothing_else(on, monkeypatch, caplog):
    def broken():
        raise OSError("no settings today")

    monkeypatch.setattr(command_context.settings, "read_options", broken)
    for _ in range(2):
        with pytest.raises(ValueError, match="at work"):
            run(fail_with(ValueError("at work")))
    assert len([record for record in caplog.records if "could not be captured" in record.getMessage()]) == 1


# -- the end ----------------------------------------------------------------------------------------------------------


def from_command_line(job="capture"):
    work.Command(stdout=io.StringIO()).run_from_argv(["manage.py", "work", "--job", job])


def test_events_have_arrived_when_a_command_of_the_command_line_ends(on, recorder):
    from_command_line()
    assert [event["event"] for event in recorder.accepted] == ["worked"]
    with pytest.raises(ValueError, match="at work"):
        from_command_line("capture_then_fail")
    assert [event["event"] for event in recorder.accepted] == ["worked", "worked", "$exception"]


def test_events_of_every_client_have_arrived(on, recorder, monkeypatch):
    own = posthog.Posthog(KEY, recorder.url)
    monkeypatch.setattr(work, "capture_with_own", lambda: own.capture("own", distinct_id="u") and None, raising=False)
    from_command_line("capture_with_own")
    assert [event["event"] for event in recorder.accepted] == ["own"]


def test_a_command_that_the_program_calls_does_not_wait(on, recorder, caplog):
    recorder.answers(then=Hang())
    with override_settings(POSTHOG_COMMAND_FLUSH_TIMEOUT=0.2):
        run()
    assert posthog.default_client.stats()["waiting"] == 1
    assert "events still wait" not in caplog.text


def test_the_wait_ends_when_its_time_is_over(on, recorder, caplog):
    recorder.answers(then=Hang())
    with override_settings(POSTHOG_COMMAND_FLUSH_TIMEOUT=0.2):
        from_command_line()
    assert "events still wait" in caplog.text


def test_whoever_interrupts_a_command_does_not_wait(on, recorder, monkeypatch, caplog):
    def interrupted():
        work.capture()
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "interrupted", interrupted, raising=False)
    recorder.answers(then=Hang())
    with override_settings(POSTHOG_COMMAND_FLUSH_TIMEOUT=0.2), pytest.raises(KeyboardInterrupt):
        from_command_line("interrupted")
    assert posthog.default_client.stats()["waiting"] == 1
    assert "events still wait" not in caplog.text


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(2, 2), (0.5, 0.5), (0, 0), (None, 10), ("5", 10), (True, 10), (-1, 10), (float("inf"), 10), (float("nan"), 10)],
)
def test_the_time_is_a_number_of_seconds_or_ten(value, seconds):
    assert command_context.seconds_of(value) == seconds


# -- real processes ---------------------------------------------------------------------------------------------------


MANAGE = """
    import sys
    from django.conf import settings
    settings.configure(
        INSTALLED_APPS=["posthog.integrations.django", "site_under_test"],
        POSTHOG={{"API_KEY": "phc_process", "HOST": {host!r}}},
        POSTHOG_COMMAND_CONTEXT=True,
    )
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""


def manage(tmp_path, host, *arguments):
    """Run `manage.py` in a process of its own, and return how it ended."""
    (tmp_path / "manage.py").write_text(textwrap.dedent(MANAGE.format(host=host)))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=tmp_path,
        env=environment,
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )


def test_a_failing_process_reports_its_exception_and_still_prints_it(tmp_path, recorder):
    ended = manage(tmp_path, recorder.url, "work", "--job", "capture_then_fail")
    assert ended.returncode == 1
    assert "ValueError: at work" in ended.stderr
    assert [event["event"] for event in recorder.accepted] == ["worked", "$exception"]
    assert {event["properties"]["django_command"] for event in recorder.accepted} == {"work"}


def test_nothing_of_a_test_run_is_sent(tmp_path, recorder):
    (tmp_path / "tests.py").write_text(
        textwrap.dedent("""
            from django.core.management import call_command
            from django.test import SimpleTestCase
            from posthog import contexts
            from site_under_test.management.commands import work

            class WorkTest(SimpleTestCase):
                def test_it_fails(self):
                    with self.assertRaises(ValueError):
                        call_command("work", job=work.capture_then_fail)
                    assert contexts.get_tags() == {}
        """)
    )
    ended = manage(tmp_path, recorder.url, "test")
    assert ended.returncode == 0, ended.stderr
    assert "Ran 1 test" in ended.stderr
    assert not recorder.requests

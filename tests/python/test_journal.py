"""What lies on disk is shown, sent and removed by `python -m posthog.journal`."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import textwrap
import threading

import posthog
import pytest
from posthog import journal

CAPTURE_AND_DIE = """
    import os, sys
    from posthog import Posthog
    client = Posthog("phc_test", host=sys.argv[1], journal_dir=sys.argv[2], flush_interval=600)
    for number in range(3):
        client.capture("left", distinct_id="me")
    os._exit(0)
"""


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "journal")


@pytest.fixture
def server():
    """Return a server that takes everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def leave_three(folder, host="http://127.0.0.1:9"):
    """Have a process capture three events, and die before it has sent them."""
    subprocess.run([sys.executable, "-c", textwrap.dedent(CAPTURE_AND_DIE), host, folder], check=True, timeout=60)


def run(*arguments, said=None):
    command = [sys.executable, "-m", "posthog.journal", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, input=said, timeout=60, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_nothing_lies_where_nobody_has_captured(folder):
    assert run("--dir", folder) == (0, f"Nothing lies in {folder}.\n")


def test_what_a_process_has_left_is_listed(folder):
    leave_three(folder)
    code, said = run("--dir", folder, "list")
    assert code == 0
    assert f"project {journal.project_name('http://127.0.0.1:9', 'phc_test')}" in said
    assert "gone   3 events" in said
    assert "3 events of processes that are gone: the next client of their project sends them." in said


def test_the_environment_says_where_it_lies_and_that_there_is_none(folder, monkeypatch):
    leave_three(folder)
    monkeypatch.setenv("POSTHOG_JOURNAL", folder)
    assert "3 events" in run()[1]
    monkeypatch.setenv("POSTHOG_JOURNAL", "off")
    code, said = run()
    assert code == 1
    assert "POSTHOG_JOURNAL" in said


@pytest.mark.parametrize("word", ["off", "False", " no ", "0"])
def test_words_that_switch_the_journal_off_are_no_directories(word, monkeypatch):
    assert posthog.Posthog("phc_test", journal_dir=word).journal_dir is None
    monkeypatch.setenv("POSTHOG_JOURNAL", word)
    assert journal.directory() is None
    assert posthog.Posthog("phc_test").journal_dir is None


@pytest.mark.parametrize("word", ["on", "TRUE", "yes", " 1"])
def test_words_that_switch_the_journal_on_mean_the_usual_place(word, monkeypatch):
    monkeypatch.setenv("POSTHOG_JOURNAL", word)
    assert journal.directory() == posthog.Posthog("phc_test", journal_dir="on").journal_dir


def test_a_process_that_lives_is_said_to_and_keeps_its_events(folder):
    client = posthog.Posthog("phc_test", host="http://127.0.0.1:9", journal_dir=folder, flush_interval=600)
    client.capture("mine", distinct_id="me")
    (found,) = journal.survey(folder).journals
    assert (found.lives, found.events) == (True, 1)
    assert found.process.startswith(f"{os.getpid()}-")
    assert journal.purge(folder) == 0
    client.shutdown()


def test_what_is_left_is_sent_to_the_server_when_somebody_asks(folder, server):
    leave_three(folder, server)
    assert run("--dir", folder, "send", "--key", "phc_test", "--host", server) == (0, "3 events sent.\n")
    assert journal.survey(folder).journals == []


def test_what_cannot_be_sent_stays_and_the_answer_says_why(folder):
    leave_three(folder)
    code, said = run("--dir", folder, "send", "--key", "phc_test", "--host", "http://127.0.0.1:9")
    assert code == 1
    assert "0 events sent.\nOthers are left: no answer from the server: " in said
    assert journal.survey(folder).journals[0].events == 3


def test_nothing_is_removed_unless_somebody_says_yes(folder):
    leave_three(folder)
    code, said = run("--dir", folder, "purge", said="no\n")
    assert (code, "Nothing was removed." in said) == (1, True)
    assert run("--dir", folder, "purge", "--project", "0123456789abcdef", "--yes") == (0, "0 events removed.\n")
    assert run("--dir", folder, "purge", "--yes") == (0, "3 events removed.\n")
    assert journal.survey(folder) == journal.Survey([], {})


def test_a_folder_that_others_may_write_to_is_refused_by_name(tmp_path):
    tmp_path.chmod(0o777)
    code, said = run("--dir", str(tmp_path))
    assert code == 1
    assert f"error: {tmp_path} can be written to by other users" in said

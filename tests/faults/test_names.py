"""Names that cannot be looked up: their events wait, and arrive when the name is known again."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
from collections import Counter

import pytest

from ..soak import scaled
from ..waiting import until
from .breaking import with_mounts
from .events import arrived

HOST = "events.example"
NO_SUCH_NAME = 3
ADDRESS = 1  # the type of question that asks for an address of version 4


class NameServer:
    """Answers every question with 127.0.0.1, says that there is no such name, or says nothing at all."""

    def __init__(self):
        self.mode = "silent"
        self.questions = 0
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        # The port of name servers; an address of this test's own.
        self.address = f"127.{random.randrange(1, 255)}.{random.randrange(256)}.53"  # noqa: S311 - no secret
        try:
            self._socket.bind((self.address, 53))
        except OSError as error:
            self._socket.close()
            pytest.skip(f"this machine lets no test answer for names: {error}")
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                question, asker = self._socket.recvfrom(512)
                self.questions += 1
                if self.mode != "silent":
                    self._socket.sendto(self._answer(question), asker)

    def _answer(self, question):
        end = question.index(b"\0", 12) + 5
        (kind,) = struct.unpack(">H", question[end - 4 : end - 2])
        knows = self.mode == "knows" and kind == ADDRESS
        flags = 0x8180 | (NO_SUCH_NAME if self.mode == "denies" else 0)
        head = question[:2] + struct.pack(">HHHHH", flags, 1, int(knows), 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", ADDRESS, 1, 0, 4) + socket.inet_aton("127.0.0.1")
        return head + question[12:end] + (record if knows else b"")


@pytest.fixture
def names():
    with contextlib.closing(NameServer()) as names:
        yield names


@pytest.fixture
def asking(names, tmp_path):
    """Return what to put before a command that is to ask this name server and no other."""
    resolver, switch, hosts = (tmp_path / name for name in ("resolv.conf", "nsswitch.conf", "hosts"))
    resolver.write_text(f"nameserver {names.address}\noptions timeout:6 attempts:1\n")
    switch.write_text("hosts: files dns\n")
    hosts.write_text("127.0.0.1 localhost\n")
    mounts = 'mount --bind "$ARGUMENT1" /etc/resolv.conf; mount --bind "$ARGUMENT2" /etc/hosts; '
    mounts += 'if [ -e /etc/nsswitch.conf ]; then mount --bind "$ARGUMENT3" /etc/nsswitch.conf; fi'
    return with_mounts(mounts, resolver, hosts, switch)


def test_events_arrive_once_their_host_has_an_address(recorder, start, names, asking):
    """Row 15."""
    names.mode = "denies"
    host = f"http://{HOST}:{recorder.port}"
    with start("lives.obeys", before=asking, host=host) as program:
        program.obeys("capture 250")
        until(lambda: names.questions, "the name to be asked for")
        assert recorder.requests == []
        names.mode = "knows"
        until(lambda: arrived(recorder) == Counter(program.ids), "every event once")


def test_a_name_that_is_not_known_is_said_in_the_log(recorder, start, names, asking):
    """Row 15."""
    names.mode = "denies"
    with start("lives.obeys", before=asking, host=f"http://{HOST}:{recorder.port}", max_retries=0) as program:
        program.obeys("capture 5")
        program.obeys("flush 10")
        (line,) = (line for line in program.warnings if "error uploading" in line)
        assert "address" in line or "host" in line
        assert program.stats["waiting"] == 5


def test_a_look_up_that_hangs_is_not_waited_for_and_the_next_one_finds_the_server(recorder, start, names, asking):
    """Row 15: requests end after their time, and the name is asked for again once the system has given up the first."""
    host = f"http://{HOST}:{recorder.port}"
    with start("lives.obeys", before=asking, host=host, timeout=1) as program:
        program.obeys("capture 250")
        until(lambda: names.questions, "the name to be asked for")
        names.mode = "knows"
        until(lambda: arrived(recorder) == Counter(program.ids), "every event once", 15)


def test_look_ups_that_hang_do_not_pile_up(recorder, start, names, asking):
    """Row 15: one of them is enough."""
    host = f"http://{HOST}:{recorder.port}"
    with start("lives.obeys", before=asking, host=host, timeout=1) as program:
        program.obeys("capture 1")
        threads = int(program.obeys("threads"))
        program.obeys(f"flush {scaled(4, 60)}", 90)
        # Not more than the worker, and one that looks up.
        assert int(program.obeys("threads")) <= max(threads, 3)

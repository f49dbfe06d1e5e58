"""``make demo``: it comes up, it ends, and it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from ..waiting import until


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_stopping_the_demo_leaves_no_process_and_no_data(start_demo, number):
    demo = start_demo("--ports", "0")
    demo.ready()
    [data] = [line.split(": ")[1] for line in demo.output().splitlines() if "Logs and data" in line]
    assert Path(data).is_dir()
    assert len(demo.processes()) >= 5, "the demo, the inspector, the catalogue, gunicorn and its workers"
    assert demo.child("axum-shop ")

    demo.interrupt(number)

    assert demo.ended() == 0
    assert demo.processes() == []
    assert not Path(data).exists()


@pytest.mark.parametrize(
    ("name", "command"), [("inspector", "hogback"), ("shop", "gunicorn"), ("catalogue", "axum-shop")]
)
def test_a_child_that_dies_is_named_and_ends_the_demo(start_demo, name, command):
    demo = start_demo("--ports", "0")
    demo.ready()

    os.kill(demo.child(f"{command} ").pid, signal.SIGKILL)

    assert demo.ended() == 1
    assert f"the {name} ended with status -9" in demo.output()
    assert demo.processes() == []


@pytest.mark.parametrize(
    ("position", "variable"),
    [("{},0,0", "HOGBACK_PORT"), ("0,{}", "SHOP_PORT"), ("0,0,{}", "CATALOGUE_PORT")],
)
def test_a_taken_port_is_reported_with_the_variable_that_changes_it(start_demo, position, variable):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        demo = start_demo("--ports", position.format(port))

        assert demo.ended() == 1
        assert f"port {port} is taken, set {variable}" in demo.output()
        assert demo.processes() == []


def test_ports_come_from_the_environment(start_demo):
    demo = start_demo(environment={**os.environ, "HOGBACK_PORT": "0", "SHOP_PORT": "0", "CATALOGUE_PORT": "0"})
    inspector, shop = demo.ready()
    assert inspector.url.startswith("http://127.0.0.1:")
    assert shop.startswith("http://127.0.0.1:")


def test_a_program_that_was_not_built_is_named_with_the_command_that_builds_it(start_demo, tmp_path):
    missing = tmp_path / "axum-shop"
    demo = start_demo("--ports", "0", environment={**os.environ, "AXUM_SHOP_BIN": str(missing)})

    assert demo.ended() == 1
    assert f"there is no catalogue at {missing}: `make demo` builds it" in demo.output()
    assert demo.processes() == []


def test_orders_and_events_stay_in_the_folder_that_was_asked_for(start_demo, tmp_path):
    data = tmp_path / "data"
    demo = start_demo("--ports", "0", "--data-dir", str(data))
    demo.ready()
    demo.interrupt()
    assert demo.ended() == 0
    assert (data / "shop.sqlite3").is_file()


def test_ctrl_c_while_it_starts_leaves_no_process(start_demo):
    demo = start_demo("--ports", "0")
    until(lambda: len(demo.processes()) > 1, "a child of the demo")

    demo.interrupt()

    assert demo.ended() == 0
    assert demo.processes() == []

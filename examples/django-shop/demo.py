"""Runs the demo: an inspector, the shop and its catalogue side by side, until Ctrl-C.

Plain Python, so that it starts with any interpreter; the shop itself needs the one that
``make build`` prepared, which is why ``make demo`` runs this file with ``.venv/bin/python``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOP = Path(__file__).resolve().parent
ROOT = SHOP.parent.parent
POSTHOG_JS = SHOP / "node_modules/posthog-js/dist"
VALID_PORTS = range(1 << 16)
PORTS = {"HOGBACK_PORT": "4640", "SHOP_PORT": "8640", "CATALOGUE_PORT": "8641"}
INSPECTOR_LISTENS = "hogback listening on "
CATALOGUE_LISTENS = "catalogue listening on "

# A cold machine imports Django in seconds; a minute means that it hangs.
START_SECONDS = 60
# gunicorn lets running requests end, and the shop's last events leave, before it is killed.
STOP_SECONDS = 10


class DemoError(Exception):
    """Why the demo cannot go on, in words for the person who started it."""


@dataclass(frozen=True)
class Ports:
    """Where the three listen; 0 takes any free port."""

    inspector: int
    shop: int
    catalogue: int


@dataclass(frozen=True)
class Addresses:
    """Where the three answer."""

    inspector: str
    shop: str
    catalogue: str


class Child:
    """One started program, its log, and its end."""

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path,
        *,
        environment: dict[str, str] | None = None,
        inherited: tuple[int, ...] = (),
    ) -> None:
        """Start *command* in a session of its own, so that Ctrl-C reaches only this script."""
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=SHOP,
                env=environment,
                pass_fds=inherited,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Complain if the program ended."""
        status = self._process.poll()
        if status is not None:
            raise DemoError(f"the {self.name} ended with status {status}; its last lines:\n{self.tail()}")

    def tail(self) -> str:
        """Return the last lines that the program wrote."""
        return "\n".join("    " + line for line in self.text().splitlines()[-15:])

    def text(self) -> str:
        """Return all that the program wrote."""
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """End the program and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        # Also when it ended by itself: its workers are in the same group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def main() -> int:
    """Run the demo; the exit status is 0 after Ctrl-C or SIGTERM."""
    options = arguments()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        with data_folder(options.data_dir) as data:
            run(options.ports, data, stop)
    except DemoError as error:
        # Ctrl-C while starting ends a step half-way, which is no failure.
        if not stop.is_set():
            print(f"demo: {error}", file=sys.stderr)
            return 1
    print("demo: stopped", flush=True)
    return 0


def arguments() -> argparse.Namespace:
    """Read the command line, with the ports' defaults from the environment."""
    parser = argparse.ArgumentParser(description="Run the inspector, the example shop and its catalogue until Ctrl-C.")
    parser.add_argument(
        "--ports",
        type=ports,
        default=",".join(os.environ.get(name, default) for name, default in PORTS.items()),
        metavar="INSPECTOR,SHOP,CATALOGUE",
        help="ports to listen on; 0, or one that is left out, takes any that is free "
        f"(default: {', '.join(f'${name} or {default}' for name, default in PORTS.items())})",
    )
    parser.add_argument("--data-dir", type=Path, help="keep events, orders and logs here (default: a temporary folder)")
    return parser.parse_args()


def ports(text: str) -> Ports:
    """Read ``INSPECTOR,SHOP,CATALOGUE``; what is left out is 0."""
    numbers = [int(number) for number in text.split(",")]
    if len(numbers) > len(PORTS) or any(number not in VALID_PORTS for number in numbers):
        raise argparse.ArgumentTypeError(f"ports are up to three numbers from 0 to {VALID_PORTS[-1]}, not {text}")
    return Ports(*numbers, *[0] * (len(PORTS) - len(numbers)))


@contextlib.contextmanager
def data_folder(asked: Path | None) -> Iterator[Path]:
    """Yield the folder for the demo's data, and remove it afterwards unless it was *asked* for."""
    if asked is not None:
        asked.mkdir(parents=True, exist_ok=True)
        yield asked.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="hogback-demo-") as folder:
        yield Path(folder)


def run(wanted: Ports, data: Path, stop: threading.Event) -> None:
    """Start all programs, say where they are, and watch them until *stop*."""
    inspector_binary = built("inspector", "hogback", "HOGBACK_BIN")
    catalogue_binary = built("catalogue", "axum-shop", "AXUM_SHOP_BIN")
    install_posthog_js()
    with contextlib.ExitStack() as children, listen(wanted.shop) as door:
        free_or_fail("inspector", wanted.inspector, "HOGBACK_PORT")
        free_or_fail("catalogue", wanted.catalogue, "CATALOGUE_PORT")
        inspector = start_inspector(inspector_binary, wanted.inspector, data)
        children.callback(inspector.stop)
        inspector_url = wait_for_address(inspector, INSPECTOR_LISTENS, stop)
        # Each is stopped before what it calls, so that its last events and requests still find somebody.
        catalogue = start_catalogue(catalogue_binary, wanted.catalogue, data, inspector_url)
        children.callback(catalogue.stop)
        catalogue_url = wait_for_address(catalogue, CATALOGUE_LISTENS, stop)
        at = Addresses(inspector_url, f"http://127.0.0.1:{door.getsockname()[1]}", catalogue_url)
        shop = start_shop(door, data, at)
        children.callback(shop.stop)
        wait_until_answers(inspector, f"{at.inspector}/api/events?limit=1", stop)
        wait_until_answers(catalogue, f"{at.catalogue}/health", stop)
        wait_until_answers(shop, f"{at.shop}/health", stop)
        if not stop.is_set():
            announce(at, data)
        while not stop.wait(0.2):
            for child in (inspector, catalogue, shop):
                child.check()
        print("\ndemo: stopping", flush=True)


def built(name: str, binary: str, variable: str) -> Path:
    """Return the program *name* that was built: what *variable* says, or what cargo made."""
    asked = os.environ.get(variable)
    places = [Path(asked)] if asked else [ROOT / "target" / profile / binary for profile in ("release", "debug")]
    for place in places:
        if place.is_file():
            return place.resolve()
    raise DemoError(f"there is no {name} at {' or '.join(map(str, places))}: `make demo` builds it")


def install_posthog_js() -> None:
    """Install the shop's browser library from its lock file, once."""
    if (POSTHOG_JS / "module.js").is_file():
        return
    npm = shutil.which("npm")
    if npm is None:
        print("demo: npm is not installed (Debian: apt-get install npm): the browser will send no events", flush=True)
        return
    print("demo: installing posthog-js", flush=True)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=SHOP, check=False).returncode != 0:
        raise DemoError(f"`{' '.join(command)}` failed in {SHOP}")


def listen(port: int) -> socket.socket:
    """Open the shop's listening socket, which gunicorn inherits: nobody can take the port in between."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", port))
    except OSError as error:
        door.close()
        raise DemoError(f"port {port} is taken, set SHOP_PORT to use another one for the shop ({error})") from error
    door.listen(128)
    return door


def free_or_fail(name: str, port: int, variable: str) -> None:
    """Say clearly that a program's port is taken, before the program says it in its log."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"port {port} is taken, set {variable} to use another one for the {name} ({error})"
            raise DemoError(message) from error


def wait_for_address(child: Child, words: str, stop: threading.Event) -> str:
    """Return the address that follows *words* in the program's first line."""
    deadline = time.monotonic() + START_SECONDS
    while not stop.wait(0.05):
        line, newline, _ = child.text().partition("\n")
        if newline and line.startswith(words):
            return line.removeprefix(words).strip()
        child.check()
        if time.monotonic() > deadline:
            raise DemoError(f"the {child.name} did not say where it listens; its last lines:\n{child.tail()}")
    raise DemoError("stopped while starting")


def start_inspector(binary: Path, port: int, data: Path) -> Child:
    """Start the inspector, with posthog-js if it is installed."""
    command = [str(binary), "--port", str(port), "--data-dir", str(data)]
    if POSTHOG_JS.is_dir():
        command += ["--posthog-js-dir", str(POSTHOG_JS)]
    return Child("inspector", command, data / "inspector.log")


def start_catalogue(binary: Path, port: int, data: Path, inspector_url: str) -> Child:
    """Start the shop's catalogue, whose events go to the same project as the shop's."""
    environment = {
        **os.environ,
        "POSTHOG_HOST": inspector_url,
        "POSTHOG_API_KEY": os.environ.get("SHOP_POSTHOG_KEY", "phc_demo"),
        "POSTHOG_JOURNAL": str(data / "journal"),
    }
    command = [str(binary), f"127.0.0.1:{port}"]
    return Child("catalogue", command, data / "catalogue.log", environment=environment)


def start_shop(door: socket.socket, data: Path, at: Addresses) -> Child:
    """Bring the shop's database up to date and start gunicorn on *door*."""
    environment = {
        **os.environ,
        "SHOP_DATABASE": str(data / "shop.sqlite3"),
        "SHOP_POSTHOG_HOST": at.inspector,
        "SHOP_CATALOGUE_URL": at.catalogue,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        # Events of the demo are not to outlive it in the user's own journal.
        "POSTHOG_JOURNAL": str(data / "journal"),
    }
    for words in (["migrate", "--verbosity=0"], ["seed", "--verbosity=0"]):
        manage = [sys.executable, "manage.py", *words]
        ended = subprocess.run(manage, cwd=SHOP, env=environment, check=False)
        if ended.returncode != 0:
            raise DemoError(f"`{' '.join(manage)}` failed in {SHOP}; did `make build` prepare {sys.executable}?")
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--workers=2", f"--bind=fd://{door.fileno()}"]
    return Child("shop", gunicorn, data / "shop.log", environment=environment, inherited=(door.fileno(),))


def wait_until_answers(child: Child, address: str, stop: threading.Event) -> None:
    """Return once *address* answers well, or *stop* is set."""
    deadline = time.monotonic() + START_SECONDS
    while not stop.is_set():
        child.check()
        # Any status but a 2xx raises, too: HTTPError is an OSError.
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        if time.monotonic() > deadline:
            raise DemoError(f"the {child.name} does not answer at {address}; its last lines:\n{child.tail()}")
        stop.wait(0.1)


def announce(at: Addresses, data: Path) -> None:
    """Print the addresses: for people, and on the last line for programs."""
    print(
        f"""
  The shop       {at.shop}
  The inspector  {at.inspector}
  The catalogue  {at.catalogue}, a service in Rust behind the shop

  Try this, with both side by side:
    1. Add a Trail Mug to the cart: the click, the event of the Django view and
       that of the catalogue in Rust share one session id and one distinct id.
    2. Put the Gift Voucher into the cart and buy it: the payment fails, and the
       exception arrives with its cause, its source lines and your session.
    3. Sign in (demo / demo) and buy something: events carry your user id.
    4. Reports > Open the report: a page that fails.
    5. Orders > Export as CSV: an event captured while the file streams.
    6. Gift Voucher > When does it arrive? The catalogue fails, and the error
       of the Rust service is in your session too.

  Logs and data: {data}
  Ctrl-C stops all of it.
""",
    )
    print("demo ready " + json.dumps(asdict(at)), flush=True)


if __name__ == "__main__":
    sys.exit(main())

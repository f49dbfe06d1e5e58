"""Makes the Python environments that are compared: the official package, ours, and sentry-sdk."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"
OFFICIAL = "posthog==7.91.1"
SENTRY = "sentry-sdk==2.75.0"
# What `pip install` gets when this interpreter has no Django to imitate.
DEFAULT_DJANGO = "5.2.*"


class SetupError(Exception):
    """Something that the measurement needs is missing; the message says what to do."""


@dataclass(frozen=True)
class Environment:
    """One interpreter with the packages under test."""

    name: str
    requirements: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return BENCH / f"venv-{self.name}"

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def prepare(self) -> None:
        """Create the environment, unless it already holds exactly what it should."""
        wanted = [sys.version, *(_fingerprint(requirement) for requirement in self.requirements)]
        stamp = self.folder / "holds.json"
        if stamp.exists() and json.loads(stamp.read_text()) == wanted:
            return
        print(f"installing {', '.join(Path(r).name for r in self.requirements)} into {self.folder.relative_to(ROOT)}")
        venv.create(self.folder, with_pip=True, clear=True)
        run([str(self.python), "-m", "pip", "install", "--quiet", *self.requirements])
        stamp.write_text(json.dumps(wanted))


def _fingerprint(requirement: str) -> str:
    """Return what changes when the requirement has to be installed again; a rebuilt wheel keeps its name."""
    if not requirement.endswith(".whl"):
        return requirement
    with zipfile.ZipFile(requirement) as wheel:
        # The bill of materials has a new serial number in each build, and RECORD has its hash.
        members = [member for member in wheel.infolist() if not member.filename.endswith((".cyclonedx.json", "RECORD"))]
    return f"{requirement} {sorted(member.CRC for member in members)}"


def django() -> str:
    """Return the requirement for the Django that the project itself is developed with."""
    try:
        return f"Django=={metadata.version('django')}"
    except metadata.PackageNotFoundError:
        return f"Django=={DEFAULT_DJANGO}"


def peers(ours: str | None) -> tuple[Environment, Environment]:
    """Return the official and our environment; *ours* replaces the wheel built from this tree."""
    return (
        prepared("official", OFFICIAL, django()),
        prepared("hogback", ours or str(build_wheel()), django()),
    )


def sentry() -> Environment:
    return prepared("sentry", SENTRY, django())


def prepared(name: str, *requirements: str) -> Environment:
    """Return the environment of that name, made if it does not hold the requirements."""
    environment = Environment(name, requirements)
    environment.prepare()
    return environment


def variables(**more: str) -> dict[str, str]:
    """Return our environment variables without those that would steer an SDK, and with *more*."""
    steering = ("POSTHOG_", "HOGBACK", "SENTRY_", "PYTHON", "DJANGO_", "OTEL_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(steering)}
    return {**kept, "NO_PROXY": "127.0.0.1", **more}


def build_wheel() -> Path:
    """Build our release wheel from this tree and return it."""
    maturin = Path(sys.executable).parent / "maturin"
    if not maturin.exists():
        raise SetupError(f"no {maturin}: run `make build` first, and this with `.venv/bin/python benches/run.py`")
    out = BENCH / "wheels" / "hogback"
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.whl"):
        old.unlink()
    print("building our release wheel (minutes when the tree is cold, seconds when nothing changed)")
    run([str(maturin), "build", "--release", "--quiet", "--interpreter", sys.executable, "--out", str(out)])
    return next(out.glob("*.whl"))


def official_wheel() -> Path:
    """Return the official wheel, downloaded once."""
    folder = BENCH / "wheels" / "official"
    if not list(folder.glob("*.whl")):
        run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), OFFICIAL])
    return next(folder.glob("*.whl"))


def build_sink() -> Path:
    """Build the native sink and return its executable."""
    run(["cargo", "build", "--quiet", "--release", "--package", "bench-sink"])
    reply = run(["cargo", "metadata", "--format-version", "1", "--no-deps"])
    return Path(json.loads(reply)["target_directory"]) / "release" / "bench-sink"


def run(command: list[str]) -> str:
    """Run a command of the set-up in the repository's root; its own words are the error."""
    try:
        done = subprocess.run(command, cwd=ROOT, check=False, text=True, capture_output=True)
    except FileNotFoundError as missing:
        raise SetupError(f"{command[0]} is not installed; CONTRIBUTING.md names what a machine needs") from missing
    if done.returncode:
        raise SetupError(f"`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")
    return done.stdout

"""Environments of their own for servers that the tests' environment does not have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]

# Newer ones always have threads enabled; the tests want to see it without.
UWSGI = "uwsgi==2.0.23"
GEVENT = "gevent>=25"
UVLOOP = "uvloop>=0.21"
PSYCOPG = "psycopg[binary]>=3.2"
NUMPY = "numpy>=2"


def gevent_packages() -> Path:
    """Return the folder with gevent in it, to be put on the path of the tests' own interpreter."""
    return _environment("gevent", GEVENT) / _packages_of(sys.prefix)


def uvloop_packages() -> Path:
    """Return the folder with uvloop in it, as that of gevent."""
    return _environment("uvloop", UVLOOP) / _packages_of(sys.prefix)


def psycopg_packages() -> Path:
    """Return the folder with psycopg in it, as that of gevent."""
    return _environment("psycopg", PSYCOPG) / _packages_of(sys.prefix)


def numpy_packages() -> Path:
    """Return the folder with NumPy in it, as that of gevent."""
    return _environment("numpy", NUMPY) / _packages_of(sys.prefix)


def uwsgi_binary() -> Path:
    """Return uWSGI, compiled against the tests' own interpreter."""
    return _environment("uwsgi", UWSGI, compiled=True) / "bin/uwsgi"


def _environment(name: str, requirement: str, *, compiled: bool = False) -> Path:
    """Return the environment with *requirement* in it, made when there is none yet."""
    folder = ROOT / f".venv-{name}"
    done = folder / f"installed {requirement} for {sys.implementation.cache_tag}"
    if done.is_file():
        return folder
    if compiled and not (shutil.which("cc") or shutil.which("gcc")):
        lacking(f"a C compiler, for {requirement}")
    make = [sys.executable, "-m", "venv", "--clear", folder]
    install = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
    for command in (make, install):
        answer = subprocess.run(command, check=False, capture_output=True, text=True)
        if answer.returncode != 0:
            lacking(f"{requirement}, which cannot be installed:\n{answer.stderr[-2000:]}")
    done.touch()
    return folder


def _packages_of(prefix: str) -> Path:
    (packages,) = Path(prefix).glob("lib/python*/site-packages")
    return packages.relative_to(prefix)


def lacking(what: str) -> NoReturn:
    """Skip the test and say why; a build server has no excuse."""
    text = f"this machine lacks {what}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)

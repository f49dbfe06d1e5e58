"""Says on which versions of Python and Django the tests run here, beside those of the environment `.venv`.

`versions.py` prints the names of the environments, such as `py310-django42`, and says what is skipped because this
machine lacks the Python for it. `versions.py py310` prints where that Python is.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

# Every Python that is supported, each with the group of pyproject.toml that holds its Django: the oldest with the
# oldest, the newest with the newest.
WANTED = (((3, 10), "django42"), ((3, 11), "django52"), ((3, 12), "django52"), ((3, 13), "django6"))
# What `.venv` holds, whatever the default Python is.
DEFAULT_DJANGO = "django52"
# Which Pythons a Django runs on, both ends included, where that is not all of them.
OLDEST = {"django6": (3, 12)}
NEWEST = {"django42": (3, 13)}

# Without one of these a Python can make no environment, or run no test of Django.
PROBE = "import ensurepip, sqlite3, ssl, sys, venv; print(*sys.version_info[:2], sys.executable)"


def chosen(default, found):
    """Return the names of the environments and what is said about the others; *found* tells which Pythons there are."""
    names, skipped = [], []
    for python, django in WANTED:
        if (python, django) == (default, DEFAULT_DJANGO):
            continue
        if python == default or found(python):
            names.append(name_of(python, django))
            continue
        said = f"SKIPPED {name_of(python, django)}: Python {written(python)} was not found"
        other = None if django == DEFAULT_DJANGO else substitute(django, default, found)
        if other is not None:
            names.append(name_of(other, django))
            said += f"; {names[-1]} is tested instead"
        skipped.append(said)
    return names, skipped


def substitute(django, default, found):
    """Return another Python for *django*, which is worth more than the Python it was to be tested on."""
    others = [python for python, _ in reversed(WANTED) if found(python)]
    return next((python for python in (default, *others) if runs_on(django, python)), None)


def runs_on(django, python):
    return OLDEST.get(django, python) <= python <= NEWEST.get(django, python)


def name_of(python, django):
    return "py{}{}-{}".format(*python, django)


def written(python):
    return "{}.{}".format(*python)


@functools.cache
def interpreter(python):
    """Return where a usable *python* is, or None."""
    known = filter(None, map(asked, candidates(python)))
    return next((path for version, path in known if version == python), None)


def candidates(python):
    """Yield where *python* may be: the running one, those on the path, those of pyenv with the newest first."""
    yield sys.executable
    for folder in os.get_exec_path():
        path = shutil.which(f"python{written(python)}", path=folder)
        if path:
            yield path
    # pyenv puts only shims on the path, and those of versions that are not switched on do not run.
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    builds = versions.glob(f"{written(python)}.*")
    for build in sorted(builds, key=lambda each: [int(part) for part in re.findall(r"\d+", each.name)], reverse=True):
        yield str(build / "bin/python")


def asked(path):
    """Return version and real path of the interpreter at *path*; None if it cannot be used."""
    try:
        said = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor, real = said.rstrip("\n").split(" ", 2)
    return (int(major), int(minor)), real


def main():
    if len(sys.argv) > 1:
        major, minor = re.fullmatch(r"py(\d)(\d+)", sys.argv[1]).groups()
        print(interpreter((int(major), int(minor))) or sys.exit(f"Python {major}.{minor} was not found"))
        return
    names, skipped = chosen(sys.version_info[:2], interpreter)
    for said in skipped:
        print(said, file=sys.stderr)
    print(*names)


if __name__ == "__main__":
    main()

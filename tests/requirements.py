"""Says what the machine lacks, before anything is built: what cannot be done without, and what will be skipped.

Plain Python of any version, since it is the first thing that runs.
"""

import os
import shutil
import subprocess
import sys
import sysconfig


def found(*names):
    return any(shutil.which(name) for name in names)


def main():
    needed = [
        ("Python 3.10 or newer (set PYTHON=...)", sys.version_info >= (3, 10)),
        ("Python's venv module (Debian: python3-venv)", has_module("venv") and has_module("ensurepip")),
        ("Rust, with cargo (https://rustup.rs)", found("cargo")),
        ("a C compiler (Debian: gcc)", found(os.environ.get("CC", "cc"), "cc", "gcc", "clang")),
    ]
    optional = [
        (
            "Node.js 20 or newer, with npm",
            found("npm") and node_is_new_enough(),
            "the inspector's page, posthog-js in the shop, and the tests of both",
        ),
        ("Chromium (Debian: chromium)", found("chromium", "chromium-browser", "google-chrome"), "the browser tests"),
        (
            "Python's C headers (Debian: python3-dev)",
            os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")),
            "the uWSGI test",
        ),
    ]
    pythons = missing_pythons()
    optional.append(("Python " + ", ".join(pythons), not pythons, "the tests on these versions"))
    for name, there, what in optional:
        if not there:
            sys.stderr.write("not found: {}; what goes without: {}\n".format(name, what))
    missing = [name for name, there in needed if not there]
    for name in missing:
        sys.stderr.write("needed, but not found: {}\n".format(name))
    sys.exit(1 if missing else 0)


def node_is_new_enough():
    try:
        version = subprocess.check_output(["node", "--version"]).decode()
    except (OSError, subprocess.CalledProcessError):
        return False
    return int(version.lstrip("v").split(".")[0]) >= 20


def missing_pythons():
    if sys.version_info < (3, 10):
        return []  # too old to read that file, and for everything else
    import versions  # noqa: PLC0415

    wanted = [python for python, _ in versions.WANTED if python != sys.version_info[:2]]
    return [versions.written(python) for python in wanted if not versions.interpreter(python)]


def has_module(name):
    return subprocess.call([sys.executable, "-c", "import " + name]) == 0


if __name__ == "__main__":
    main()

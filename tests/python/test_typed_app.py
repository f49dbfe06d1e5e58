"""The sample application that the type checkers read runs as well."""

import subprocess
import sys
from pathlib import Path

APP = Path(__file__).parents[1] / "typing/app.py"


def test_the_application_that_is_type_checked_runs():
    ended = subprocess.run(
        [sys.executable, "-W", "error", APP], check=False, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")

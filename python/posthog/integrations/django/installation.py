"""Notices files of the official package among ours: both are imported as `posthog`, so they share one folder."""

from importlib import metadata
from pathlib import Path
from typing import Final

import posthog

#: Files that only the official package has.
_OFFICIAL_FILES: Final = ("consumer.py", "integrations/django.py")
#: What our version says behind the official one.
_OUR_LABEL: Final = "+hogback."

REMEDY: Final = "Uninstall both, then install hogback again: pip uninstall posthog hogback; pip install hogback"


def folder() -> Path:
    """Return the folder of the package that is imported as `posthog`."""
    return Path(posthog.__file__ or "").resolve().parent


def problems(package: Path) -> list[str]:
    """Return what shows that the files in *package* are not all ours."""
    strangers = [package / name for name in _OFFICIAL_FILES if (package / name).exists()]
    found = [f"{path} belongs to the official package" for path in strangers]
    found += [
        f"the official package posthog {distribution.version} is installed in the same folder"
        for distribution in metadata.distributions(name="posthog")
        if Path(str(distribution.locate_file("posthog"))).resolve() == package
    ]
    version = str(getattr(posthog, "VERSION", ""))
    if _OUR_LABEL not in version:
        found.append(f"posthog.VERSION is {version!r}: the official files were installed over ours")
    return found

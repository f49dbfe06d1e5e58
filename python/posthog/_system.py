"""What the runtime and the operating system are, as properties of every event."""

from __future__ import annotations

import platform
import sys

_NAMES = {"win32": "Windows", "darwin": "Mac OS X", "linux": "Linux"}


def system_properties() -> dict[str, str]:
    """Return ``$python_runtime``, ``$python_version``, ``$os``, ``$os_version`` and, on Linux, ``$os_distro``."""
    name = _NAMES.get(sys.platform) or ("FreeBSD" if sys.platform.startswith("freebsd") else sys.platform)
    properties = {
        "$python_runtime": platform.python_implementation(),
        "$python_version": platform.python_version(),
        "$os": name,
    }
    if name == "Linux":
        release = _linux_release()
        version, distro = release.get("VERSION_ID", ""), release.get("NAME", "")
        found = {"$os_version": version, "$os_distro": distro}
    elif name == "Mac OS X":
        found = {"$os_version": platform.mac_ver()[0]}
    else:
        found = {"$os_version": platform.release()}
    properties.update({key: value for key, value in found.items() if value})
    return properties


def _linux_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        # A minimal container has no such file.
        return {}

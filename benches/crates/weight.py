"""What a crate costs whoever depends on it: crates to be compiled, and the time of a build from nothing."""

import shutil
import time
from pathlib import Path

from harness import environments

from crates.rows import Numbers

WEIGH = environments.BENCH / "weigh"
CRATES = environments.ROOT / "crates"

#: A client that sends over HTTPS, and a tower layer, with the default features of each.
PEERS = {
    "hogback": f"""hogback = {{ path = "{CRATES / "hogback"}" }}
hogback-tower = {{ path = "{CRATES / "hogback-tower"}" }}""",
    "sentry": """sentry = { version = "0.49", features = ["tower-http"] }""",
    "posthog": """posthog-rs = { version = "0.30", features = ["tower"] }""",
}

MANIFEST = """[package]
name = "weigh-{name}"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
{dependencies}
"""


def dependencies() -> Numbers:
    """Return for each peer how many crates are compiled for it, itself included."""
    return {f"crates_{name}": float(_crates(_package(name))) for name in PEERS}


def build_seconds() -> Numbers:
    """Build an empty program with each peer, from nothing but downloaded sources, and return how long it took."""
    return {f"build_{name}_s": _build(name, _package(name)) for name in PEERS}


def _package(name: str) -> Path:
    """Write a program that does nothing but depend on the peer."""
    folder = WEIGH / name
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src" / "main.rs").write_text("fn main() {}\n")
    (folder / "Cargo.toml").write_text(MANIFEST.format(name=name, dependencies=PEERS[name]))
    environments.run(["cargo", "fetch", "--quiet", "--manifest-path", str(folder / "Cargo.toml")])
    return folder


def _crates(folder: Path) -> int:
    command = ["cargo", "tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]
    tree = environments.run([*command, "--manifest-path", str(folder / "Cargo.toml")])
    # One that stands there before is marked by a star.
    crates = {line.removesuffix(" (*)") for line in tree.splitlines() if line}
    return len(crates) - 1


def _build(name: str, folder: Path) -> float:
    print(f"building {name} ...", flush=True)
    target = folder / "target"
    shutil.rmtree(target, ignore_errors=True)
    start = time.monotonic()
    environments.run(["cargo", "build", "--quiet", "--release", "--manifest-path", str(folder / "Cargo.toml")])
    seconds = time.monotonic() - start
    shutil.rmtree(target, ignore_errors=True)
    return seconds

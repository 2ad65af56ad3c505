"""`make compose-test`: build every image and run the compose file with podman, on a machine without Docker.

Base images are made with debootstrap, because no image registry is needed this way. The profile observability
is left out: no package registry has Grafana, Tempo or the OpenTelemetry collector.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.compose.base_images import make_base_images, remove_base_images, run
from tests.compose.checks import CHECKS
from tests.compose.stack import ROOT, SERVICES, running_stack

_PACKAGES = {
    "podman": "/usr/bin/podman",
    "buildah": "/usr/bin/buildah",
    "runc": "/usr/sbin/runc",
    "debootstrap": "/usr/sbin/debootstrap",
    "iptables": "/usr/sbin/iptables",
    "netavark": "/usr/lib/podman/netavark",
    "aardvark-dns": "/usr/lib/podman/aardvark-dns",
}
"""Debian's packages, and a file of each."""
_LIMIT_BYTES = 250_000_000


def write(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def install_programs() -> str:
    """Install what is missing; returns why that is impossible, or an empty string."""
    missing = [name for name, path in _PACKAGES.items() if not Path(path).exists()]
    if not missing:
        return ""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return f"needs root and {', '.join(missing)}, or apt-get to install them"
    write(f"installing {', '.join(_PACKAGES)}")
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *_PACKAGES)
    return ""


def base_names() -> tuple[str, str, str]:
    """The images that the Dockerfile and the compose file start from: Python, NATS, Postgres."""
    python = re.search(r"^FROM (python:\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    compose = (ROOT / "docker-compose.yml").read_text("utf-8")
    others = [re.search(rf"image: ({name}:\S+)", compose) for name in ("nats", "postgres")]
    nats, postgres = (found[1] for found in others if found)
    assert python
    return python[1], nats, postgres


def build_images() -> None:
    """Build each image from the Dockerfile, and print its size."""
    for service in (*SERVICES, "sandbox"):
        began_s = time.monotonic()
        run(
            *(
                "buildah",
                "bud",
                "--quiet",
                "--isolation",
                "chroot",
                "--network",
                "host",
                "--format",
                "docker",
            ),
            *("--build-arg", f"SERVICE={service}", "--tag", f"parley-{service}:latest", str(ROOT)),
            timeout_s=900,
        )
        size = int(
            run("podman", "image", "inspect", "--format", "{{.Size}}", f"localhost/parley-{service}:latest")
        )
        write(f"parley-{service:9} {size / 1e6:4.0f} MB, built in {time.monotonic() - began_s:.0f} s")
        if service != "sandbox" and size > _LIMIT_BYTES:
            raise RuntimeError(f"parley-{service} is larger than {_LIMIT_BYTES / 1e6:.0f} MB")


def main() -> int:
    """Build and check; returns 1 if something fails."""
    if problem := install_programs():
        write(f"compose-test SKIPPED: {problem}")
        return 0
    os.environ["CONTAINERS_CONF"] = str(ROOT / "tests/compose/containers.conf")
    named = make_base_images(*base_names())
    try:
        build_images()
        return run_checks()
    finally:
        remove_base_images(*named)


def run_checks() -> int:
    """Start the stack and run the checks; returns 1 if one fails."""
    failed = 0
    with running_stack(ROOT / ".venv-compose/bin/podman-compose") as stack:
        for check in CHECKS:
            began_s = time.monotonic()
            try:
                result = check(stack)
            except (AssertionError, RuntimeError, subprocess.TimeoutExpired) as error:
                failed += 1
                result = f"FAILED: {error}"
            name = check.__name__.replace("_", " ")
            write(f"{name} ({time.monotonic() - began_s:.0f} s): {result}")
    write(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

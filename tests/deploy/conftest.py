"""Programs and files of a deployment that the tests of this folder use."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.deploy_tools import TOOLS, unavailable_reason


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Path]:
    """`tool("helm4")`: path of a program of `make deploy-tools`, or a skipped test."""
    return require_tool


def require_tool(name: str) -> Path:
    """Path of a program of `make deploy-tools`; skips the test where the machine cannot have it.

    On a CI machine with apt-get every program can be had, so that a missing one is a failure there.
    """
    reason = unavailable_reason(name)
    if reason is None:
        return TOOLS / "bin" / name
    if os.environ.get("CI") and shutil.which("apt-get"):
        pytest.fail(reason)
    pytest.skip(reason)

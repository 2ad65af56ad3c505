"""Findings of `parley doctor`, fault by fault; docs/doctor.md lists the same texts."""

from pathlib import Path

import pytest

from tests.doctor_faults import FAULTS, PAGE, documented, find
from tests.doctor_sandbox import Fault, open_doctor_sandbox
from tests.field.rows import Seen, row

_NAMES = [f"{fault.section}: {fault.name}" for fault in FAULTS]


@row("V6", "a fault", "its line in docs/doctor.md")
@pytest.mark.parametrize("fault", FAULTS, ids=_NAMES)
async def test_a_fault_is_found_with_its_remedy(fault: Fault, tmp_path: Path, seen: Seen) -> None:
    """The finding's text is exactly the documented one."""
    async with open_doctor_sandbox(tmp_path) as sandbox:
        finding = await find(fault, sandbox)
        seen(finding.text)

        assert finding.state == fault.state
        assert documented(fault, finding, sandbox) in PAGE.read_text(encoding="utf-8").splitlines()

"""The checks of failures detect a provider that classifies one wrongly, or does not fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from parley.errors import ProviderError, ProviderRateLimited, ProviderRejected, ProviderTimeout
from parley.providers.conformance import Fault, Subject, run_check
from parley.providers.conformance.failures import failure_checks
from tests.unit.parley.providers.conformance.doubles import llm_case


@dataclass(frozen=True)
class _Case:
    subject: Subject[Any, Any]
    errors: Mapping[Fault, ProviderError]


async def _attempt(case: _Case, fault: Fault) -> None:
    if error := case.errors.get(fault):
        raise error


CHECKS = {check.name: check for check in failure_checks(_attempt)}
REJECTED, LIMITED = ProviderRejected("x", "no"), ProviderRateLimited("x", "later")
LATE = ProviderTimeout("x", "no answer")


@pytest.mark.parametrize(
    ("check", "error", "outcome", "reason"),
    [
        ("wrong_key", REJECTED, "passed", ""),
        ("wrong_key", LIMITED, "failed", "raised ProviderRateLimited, not ProviderRejected"),
        ("wrong_key", None, "failed", "no error"),
        ("rate_limited", LIMITED, "passed", ""),
        ("rate_limited", REJECTED, "failed", "raised ProviderRejected"),
        ("overloaded", LIMITED, "passed", ""),
        ("overloaded", LATE, "failed", "raised ProviderTimeout"),
        ("unreachable", LATE, "passed", ""),
        ("unreachable", LIMITED, "failed", "raised ProviderRateLimited"),
    ],
)
async def test_each_fault_has_its_errors(
    check: Fault, error: ProviderError | None, outcome: str, reason: str
) -> None:
    """An error of another class would have the wrong consequence."""
    case = _Case(llm_case().subject, {check: error} if error else {})
    result = await run_check(CHECKS[check.replace("_", " ")], case)
    assert result.outcome == outcome
    assert reason in result.reason

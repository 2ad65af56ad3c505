"""Tests for the failures that are reported in the log."""

from parley.errors import ConfigError, ProviderTimeout, ProviderUnavailable
from parley.providers.failure_reporter import FailureReporter, config_failure
from parley.v1.work_pb2 import StageFailed


async def test_a_failure_is_reported_once_until_a_request_succeeds() -> None:
    """A provider that stays down does not fill the log; another kind of failure is reported."""
    reported: list[StageFailed] = []

    async def append(failed: StageFailed) -> None:
        reported.append(failed)

    reporter = FailureReporter(append)
    for error in (
        ProviderUnavailable("p", "down"),
        ProviderUnavailable("p", "down"),
        ProviderTimeout("p", "late"),
    ):
        await reporter.failed(error)
    reporter.succeeded()
    await reporter.failed(ProviderTimeout("p", "late again"))

    assert [failed.message for failed in reported] == ["down", "late", "late again"]
    assert all(failed.retryable and failed.provider == "p" for failed in reported)


def test_a_wrong_agent_file_is_not_retried() -> None:
    """It stays wrong."""
    failed = config_failure("p", ConfigError("tts.model: unknown"))
    assert (failed.code, failed.retryable, failed.message) == ("rejected", False, "tts.model: unknown")

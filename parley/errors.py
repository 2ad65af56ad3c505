"""Parley's own exceptions.

ParleyError
├── ConfigError                a setting or an agent file is wrong; the message names it and the remedy
├── BusError                   the bus is unreachable or rejected the request
│   └── WriteConflict          another writer was first (a failed compare-and-set)
├── Superseded                 another process owns this stage of the call
└── ProviderError              a provider failed; `retryable` is whether a retry may help
    ├── ProviderRejected       it rejected the request: key, quota, bad request
    ├── ProviderRateLimited    too many requests
    ├── ProviderTimeout        it did not respond in time
    ├── ProviderUnavailable    it sent an invalid response or closed the connection
    └── ProviderEmptyAnswer    its answer contains nothing to say and no tool call
"""


class ParleyError(Exception):
    """Base class of Parley's own exceptions."""


class ConfigError(ParleyError):
    """A setting or an agent file is wrong."""


class BusError(ParleyError):
    """The bus is unreachable or rejected the request."""


class WriteConflict(BusError):
    """Another writer was first: the subject's last message is not the expected one."""


class Superseded(ParleyError):
    """Another process owns this stage of the call."""


class ProviderError(ParleyError):
    """A provider failed."""

    code = "unavailable"
    retryable = True

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider}: {reason}")
        self.provider = provider
        self.reason = reason


class ProviderRejected(ProviderError):
    """The provider rejected the request; a retry does not help."""

    code = "rejected"
    retryable = False


class ProviderRateLimited(ProviderError):
    """The provider received too many requests."""

    code = "rate_limited"


class ProviderTimeout(ProviderError):
    """The provider did not respond in time."""

    code = "timeout"


class ProviderOvertaken(ProviderTimeout):
    """The provider's output was overdue, and another provider that was tried beside it had output first."""

    code = "overtaken"

    def __init__(self, provider: str) -> None:
        super().__init__(provider, "another provider answered first")


class ProviderUnavailable(ProviderError):
    """The provider sent an invalid response or closed the connection."""


class ProviderEmptyAnswer(ProviderError):
    """The provider's answer contains nothing to say and no tool call."""

    code = "empty_answer"

"""Everything that Parley raises on purpose.

ParleyError
├── ConfigError          a setting or an agent file is wrong; says which and what to do
├── BusError             the bus is away or refuses
│   └── WriteConflict      a once-only message was said before
├── Superseded           a later owner has this stage of the call
├── CallOver             the call has ended
└── ProviderError          an outside service did not do its part; `retryable` says whether to try again
    ├── ProviderRefused    it said no: key, quota, bad request
    ├── ProviderBusy       it said later: too many requests
    ├── ProviderLate       it said nothing in time
    └── ProviderBroken     it said something senseless, or broke off
"""


class ParleyError(Exception):
    """Root of the tree."""


class ConfigError(ParleyError):
    """A setting or an agent file is wrong."""


class BusError(ParleyError):
    """The bus is away or refuses."""


class WriteConflict(BusError):
    """A once-only message was said before."""


class Superseded(ParleyError):
    """A later owner has this stage of the call."""


class CallOver(ParleyError):
    """The call has ended."""


class ProviderError(ParleyError):
    """An outside service did not do its part."""

    code = "unavailable"
    retryable = True

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider}: {reason}")
        self.provider = provider
        self.reason = reason


class ProviderRejected(ProviderError):
    """It said no; asking again will not help."""

    code = "rejected"
    retryable = False


class ProviderRateLimited(ProviderError):
    """It said later."""

    code = "rate_limited"


class ProviderTimeout(ProviderError):
    """It said nothing in time."""

    code = "timeout"


class ProviderUnavailable(ProviderError):
    """It said something senseless, or broke off."""

"""Everything that Parley raises on purpose.

ParleyError
├── ConfigError          a setting or an agent file is wrong; says which and what to do
├── BusError             the bus is away or refuses
│   └── AlreadySaid      a once-only message was said before
├── Superseded           a later owner has this stage of the call
├── CallOver             the call has ended
└── VendorError          an outside service did not do its part; `retryable` says whether to try again
    ├── VendorRefused    it said no: key, quota, bad request
    ├── VendorBusy       it said later: too many requests
    ├── VendorLate       it said nothing in time
    └── VendorBroken     it said something senseless, or broke off
"""


class ParleyError(Exception):
    """Root of the tree."""


class ConfigError(ParleyError):
    """A setting or an agent file is wrong."""


class BusError(ParleyError):
    """The bus is away or refuses."""


class AlreadySaid(BusError):
    """A once-only message was said before."""


class Superseded(ParleyError):
    """A later owner has this stage of the call."""


class CallOver(ParleyError):
    """The call has ended."""


class VendorError(ParleyError):
    """An outside service did not do its part."""

    code = "vendor_broken"
    retryable = True

    def __init__(self, vendor: str, reason: str) -> None:
        super().__init__(f"{vendor}: {reason}")
        self.vendor = vendor
        self.reason = reason


class VendorRefused(VendorError):
    """It said no; asking again will not help."""

    code = "vendor_refused"
    retryable = False


class VendorBusy(VendorError):
    """It said later."""

    code = "vendor_busy"


class VendorLate(VendorError):
    """It said nothing in time."""

    code = "vendor_late"


class VendorBroken(VendorError):
    """It said something senseless, or broke off."""

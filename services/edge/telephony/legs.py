"""Finds the call to a target that an edge may have placed before it died."""

from datetime import UTC, datetime

from parley.errors import ProviderUnavailable
from services.edge.telephony.line import CallLine
from services.edge.telephony.requests import TransferState

FINAL_DIAL_STATUSES = frozenset({"busy", "no-answer", "failed", "canceled"})
"""Twilio's statuses of a dialled call that was not answered."""
_CALLBACK_TIMEOUT_S = 3.0
"""Twilio's first callback about a new call arrives within this time."""
_LATE_CALLBACK_TIMEOUT_S = 10.0


async def find_leg(
    line: CallLine, state: TransferState, number: int, address: str, attempted_us: int
) -> bool:
    """Whether a target was called since an attempt. Its callbacks show it, or Twilio's list.

    Raises:
        ProviderError: Twilio does not respond, or has a call to the address of which no callback arrives: it
            may be another caller's transfer, so calling again could ring twice.
        Closing: the call has ended.
    """
    if await line.until(lambda: state.legs.get(number), _CALLBACK_TIMEOUT_S) is not None:
        return True
    since = datetime.fromtimestamp(attempted_us / 1e6, UTC)
    if not await line.twilio.telephony.calls_to(address, since):
        return False
    if await line.until(lambda: state.legs.get(number), _LATE_CALLBACK_TIMEOUT_S) is None:
        raise ProviderUnavailable("twilio", "it is unknown whether the number was called")
    return True

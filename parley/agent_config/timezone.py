"""Time zones of the agent file."""

import difflib
from functools import cache
from typing import Annotated, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check(zone: str) -> str:
    if zone in _zones():
        return zone
    close = difflib.get_close_matches(zone, _zones(), 1)
    raise ValueError(
        f"{zone!r} is not a time zone of the IANA database, such as Europe/Berlin"
        + (f"; did you mean {close[0]}?" if close else "")
    )


TimeZone: TypeAlias = Annotated[str, AfterValidator(_check)]
"""The IANA name of a time zone."""

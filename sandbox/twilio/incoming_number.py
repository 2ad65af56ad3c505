"""A number of the account with its webhooks. No I/O, no clock."""

import hashlib
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class IncomingNumber(BaseModel):
    """A number of the account with its webhooks; None for those of the emulator's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone_number: str = Field(default="+15550100000", pattern=r"^\+[1-9]\d{6,14}$")
    friendly_name: str = "Parley sandbox"
    voice_url: str | None = None
    voice_method: Literal["GET", "POST"] = "POST"
    voice_fallback_url: str | None = None
    voice_fallback_method: Literal["GET", "POST"] = "POST"
    status_callback: str | None = None
    status_callback_method: Literal["GET", "POST"] = "POST"
    voice_application_sid: str = ""
    trunk_sid: str = ""
    voice_receive_mode: Literal["voice", "fax"] = "voice"
    voice: bool = True
    """Whether the number can be called at all."""

    @property
    def sid(self) -> str:
        """The number's identifier: the same for the same number."""
        return "PN" + hashlib.sha256(self.phone_number.encode()).hexdigest()[:32]


def find_number(numbers: Iterable[IncomingNumber], called: str) -> IncomingNumber:
    """The account's number that was called; or one without webhooks of its own."""
    return next((number for number in numbers if number.phone_number == called), IncomingNumber())

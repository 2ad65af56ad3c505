"""The handling of failures that a caller notices: a lost stream, and a stage that can no longer serve."""

from typing import Literal, Self

from pydantic import Field, model_validator

from parley.agent_config.section import Section


class Reconnect(Section):
    """Behaviour after a lost media stream has been replaced."""

    resume: Literal["sentence", "apology"] = "sentence"
    """Continue with the interrupted sentence, or drop it, apologise and let the caller speak."""
    apology: str = "Sorry, the line broke up. Please go on."


class Fallback(Section):
    """Twilio's handling of a call that a stage can no longer serve; Parley is no longer involved."""

    say: str = "We are sorry, something is wrong on our side."
    then: Literal["goodbye", "transfer", "voicemail"] = "goodbye"
    number: str = Field(default="", pattern=r"^(\+[1-9]\d{1,14})?$")
    """Number to transfer to (E.164)."""

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        if self.then == "transfer" and not self.number:
            raise ValueError("number: a transfer needs one, as in +15550100")
        return self

"""The handling of failures that a caller notices: a lost stream, and a stage that can no longer serve."""

from typing import Literal, Self

from pydantic import Field, model_validator

from parley.agent_config.section import Section
from parley.agent_config.templates.text import TemplateText
from parley.agent_config.texts.defaults import english_text


class Reconnect(Section):
    """Behaviour after a lost media stream has been replaced."""

    resume: Literal["sentence", "apology"] = "sentence"
    """Continue with the interrupted sentence, or drop it, apologise and let the caller speak."""
    apology: TemplateText = english_text("reconnect.apology")


class Fallback(Section):
    """Twilio's handling of a call that a stage can no longer serve; Parley is no longer involved."""

    say: TemplateText = english_text("fallback.say")
    voice: str = Field(default="", pattern=r"^(man|woman|alice|(Polly|Google)\.[\w.-]+)?$")
    """One of Twilio's voices for `<Say>`; if empty, one that speaks the agent's language."""
    then: Literal["goodbye", "transfer", "voicemail"] = "goodbye"
    voicemail_prompt: TemplateText = english_text("fallback.voicemail_prompt")
    """Played before the tone of `voicemail`."""
    voicemail_goodbye: TemplateText = english_text("fallback.voicemail_goodbye")
    """Played after the message of `voicemail`."""
    number: str = Field(default="", pattern=r"^(\+[1-9]\d{1,14})?$")
    """Number to transfer to (E.164)."""

    @model_validator(mode="after")
    def _check_number(self) -> Self:
        if self.then == "transfer" and not self.number:
            raise ValueError("number: a transfer needs one, as in +15550100")
        return self

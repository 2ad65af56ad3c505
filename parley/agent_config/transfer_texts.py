"""Announcements by Twilio when the agent transfers a caller."""

from parley.agent_config.section import Section
from parley.agent_config.texts.defaults import english_text


class TransferTexts(Section):
    """The texts of transfers, in the language of the agent, spoken by `fallback.voice`."""

    accept_prompt: str = english_text("transfer.accept_prompt")
    """How the person accepts (1) or declines (2), after the summary of a warm transfer."""
    caller_gone: str = english_text("transfer.caller_gone")
    """Announced to the person when the caller has hung up meanwhile."""
    goodbye: str = english_text("transfer.goodbye")
    """Announced to the caller when no target answers and the call ends (`if_unanswered: goodbye`)."""

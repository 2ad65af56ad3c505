"""A call's fallback: Twilio continues the call without Parley, as configured in the agent file."""

import structlog

from parley.agent_config import load_agent_config
from parley.bus import Bus
from parley.errors import ProviderError
from services.edge.calls.lifecycle import try_end_call
from services.edge.twilio import twiml
from services.edge.twilio.rest import TwilioRest

log = structlog.get_logger()

FALLBACK = "fallback"
"""Reason of call.ended when Twilio continues the call with the fallback."""


def fallback_twiml(agents_dir: str, agent: str) -> str:
    """Return the TwiML of an agent's fallback.

    Raises:
        ConfigError: the agent file cannot be read.
    """
    return twiml.fall_back(load_agent_config(agents_dir, agent))


async def start_fallback(bus: Bus, twilio: TwilioRest, call_sid: str, agents_dir: str, agent: str) -> bool:
    """End the call's log and redirect the call to its fallback; False if Twilio could not be reached.

    If it returns False, close the stream: Twilio then requests /voice?resume=1, which answers with the
    fallback.

    Raises:
        ConfigError: the agent file cannot be read.
    """
    config = load_agent_config(agents_dir, agent)
    log.error("fallback_started", action=config.fallback.then)
    await try_end_call(bus, call_sid, FALLBACK)
    try:
        await twilio.redirect(call_sid, twiml.fall_back(config))
    except ProviderError as error:
        log.error("fallback_by_rest_failed", code=error.code, reason=error.reason)
        return False
    return True

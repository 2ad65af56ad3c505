"""The tool that presses keys, to navigate a voice menu."""

from typing import Literal

from parley.agent_config.tools.base import Filler, ToolBase


class SendDtmfTool(ToolBase):
    """The agent may press keys, in a call to a system with a voice menu."""

    type: Literal["send_dtmf"] = "send_dtmf"
    filler: Filler = ()
    method: Literal["twilio", "tones"] = "twilio"
    """`twilio`: Twilio presses them, as telephone events that every system understands; the agent receives
    nothing for about a second. `tones`: tones in the agent's audio, without a gap; some ignore them."""

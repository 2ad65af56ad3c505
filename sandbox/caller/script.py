"""Scripts of simulated callers. No I/O, no clock."""

import base64
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_TIMEOUT_S = 20.0


class NoiseKind(StrEnum):
    """Audio of a caller other than words."""

    COUGH = "cough"
    DOOR = "door"
    UH_HUH = "uh_huh"
    STATIC = "static"


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait until the agent has spoken and then been silent for `silence_ms`."""

    silence_ms: float = 700.0
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text, at once or this long after the agent started to speak."""

    text: str
    after_agent_starts_ms: float | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    language: str = ""
    """Tag of the text's language, such as `de`, which chooses the voice; empty for English."""


@dataclass(frozen=True, slots=True)
class Play:
    """Play recorded speech, at once or this long after the agent started to speak."""

    mulaw_base64: str
    """Mu-law at 8 kHz."""
    text: str = ""
    """Its words; empty for speech without words, such as a cough."""
    word_ends_ms: tuple[float, ...] = ()
    """End of each word; empty to spread the words evenly."""
    after_agent_starts_ms: float | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S

    @property
    def mulaw(self) -> bytes:
        """The decoded audio."""
        return base64.b64decode(self.mulaw_base64)


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys, one every 250 ms, at once or this long after the agent started to speak."""

    digits: str
    after_agent_starts_ms: float | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class ExpectKeys:
    """Wait until the other side has pressed these keys, as a voice menu does."""

    digits: str
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Pause:
    """Stay silent."""

    ms: float


@dataclass(frozen=True, slots=True)
class Noise:
    """Make a noise, at once or this long after the agent started to speak; uh_huh has a fixed length."""

    kind: NoiseKind
    ms: float = 300.0
    after_agent_starts_ms: float | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call, at once or this long after the agent started to speak."""

    after_agent_starts_ms: float | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class ExpectHangUp:
    """Wait for the agent to end the call; at the timeout, report it and hang up."""

    timeout_s: float = 10.0


Step = Listen | Say | Play | Press | ExpectKeys | Pause | Noise | HangUp | ExpectHangUp


@dataclass(frozen=True, slots=True)
class Echo:
    """A speakerphone that returns the agent's audio to the microphone while the caller is silent."""

    delay_ms: float = 160.0
    """From the agent's audio to its echo; whole frames of 20 ms."""
    attenuation_db: float = 12.0
    texts: tuple[str, ...] = ()
    """The agent's clauses, spoken in the voice `recorded`; the oracle finds their words."""


@dataclass(frozen=True, slots=True)
class Script:
    """The voice id and the steps of a caller."""

    voice: str
    steps: tuple[Step, ...]
    echo: Echo | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts the caller speaks, in order."""
        return tuple(step.text for step in self.steps if isinstance(step, Say | Play) and step.text)


def default_script() -> Script:
    """The script of a callee that has none of its own."""
    return Script("rms", (Say("hello"), Listen(), Say("thank you goodbye"), ExpectHangUp()))

"""The webhooks that a number needs, and how those that it has differ. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from cli.twilio_account import OwnedNumber

OVERRIDES = {
    "VoiceApplicationSid": "a TwiML application",
    "TrunkSid": "a SIP trunk",
}
"""Settings that make Twilio ignore the number's own webhooks."""
LABELS = {
    "VoiceUrl": "A call comes in",
    "VoiceMethod": "A call comes in, method",
    "VoiceFallbackUrl": "Primary handler fails",
    "VoiceFallbackMethod": "Primary handler fails, method",
    "StatusCallback": "Call status changes",
    "StatusCallbackMethod": "Call status changes, method",
    "VoiceApplicationSid": "TwiML application",
    "TrunkSid": "SIP trunk",
}
"""The settings as Twilio's console names them."""


@dataclass(frozen=True, slots=True)
class Change:
    """A setting of a number that must change."""

    name: str
    """Name of the REST parameter."""
    before: str
    after: str


def expected_settings(public_url: str, agent: str = "") -> dict[str, str]:
    """The settings of a number whose calls this system answers; an empty agent is the default one."""
    base, query = public_url.rstrip("/"), f"?{urlencode({'agent': agent})}" if agent else ""
    return {
        "VoiceUrl": f"{base}/voice{query}",
        "VoiceMethod": "POST",
        "VoiceFallbackUrl": f"{base}/fallback{query}",
        "VoiceFallbackMethod": "POST",
        "StatusCallback": f"{base}/status",
        "StatusCallbackMethod": "POST",
        **dict.fromkeys(OVERRIDES, ""),
    }


def changes(settings: Mapping[str, str], expected: Mapping[str, str]) -> list[Change]:
    """The settings that differ from the expected ones."""
    return [
        Change(name, settings.get(name, ""), after)
        for name, after in expected.items()
        if _without_fragment(settings.get(name, "")) != after
    ]


def agent_of(number: OwnedNumber) -> str:
    """The agent that a number's voice URL names; empty for the default one."""
    return parse_qs(urlsplit(number.settings["VoiceUrl"]).query).get("agent", [""])[0]


def is_of(url: str, public_url: str, path: str = "/voice") -> bool:
    """Whether a webhook's URL is that of a system at this public address."""
    return _without_fragment(url).partition("?")[0] == public_url.rstrip("/") + path


def _without_fragment(url: str) -> str:
    """The URL without connection overrides as in `#rc=2`, which change neither target nor signature."""
    return url.partition("#")[0]

"""Remedies for providers' errors: which variable, which page, which line of the agent file. No I/O."""

import re
from dataclasses import dataclass

from parley.errors import ProviderError, ProviderRateLimited

_STATUS = re.compile(r"(?<!\d)([45]\d\d)(?!\d)")
_ANSWERED_BY_PROXIES = (200, 401, 403, 404, 407, 451, 511)
_NO_CREDIT = (
    "insufficient_quota",
    "quota_exceeded",
    "no credit",
    "enough credits",
    "payment_required",
    "hard_limit",
    "insufficient funds",
    "exceeded_current_quota",
)
_WRONG_KEY = ("auth_error", "not authorized", "unauthorized connection", "invalid_api_key", "missing api key")
_UNKNOWN_MODEL = ("invalid_model", "model_not_found")
_UNKNOWN_AUTHORITY = ("self-signed certificate", "self signed certificate", "local issuer certificate")
_PLAN = ("paid_plan_required", "subscription_required", "upgrade", "only_for_creator")


@dataclass(frozen=True, slots=True)
class ProviderPages:
    """A provider's variables, and the pages of its console."""

    name: str
    key_variable: str
    url_variable: str
    keys: str
    billing: str
    limits: str
    status: str


PAGES = {
    pages.name: pages
    for pages in (
        ProviderPages(
            "twilio",
            "TWILIO_AUTH_TOKEN",
            "PARLEY_TWILIO_URL",
            "https://console.twilio.com, Account Info",
            "https://console.twilio.com/us1/billing/manage-billing/billing-overview",
            "https://console.twilio.com",
            "https://status.twilio.com",
        ),
        ProviderPages(
            "deepgram",
            "DEEPGRAM_API_KEY",
            "PARLEY_DEEPGRAM_URL",
            "https://console.deepgram.com, API keys",
            "https://console.deepgram.com, Billing",
            "https://developers.deepgram.com/reference/api-rate-limits",
            "https://status.deepgram.com",
        ),
        ProviderPages(
            "openai",
            "OPENAI_API_KEY",
            "OPENAI_BASE_URL",
            "https://platform.openai.com/api-keys",
            "https://platform.openai.com/settings/organization/billing",
            "https://platform.openai.com/settings/organization/limits",
            "https://status.openai.com",
        ),
        ProviderPages(
            "anthropic",
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_BASE_URL",
            "https://platform.claude.com/settings/keys",
            "https://platform.claude.com/settings/billing",
            "https://platform.claude.com/settings/limits",
            "https://status.claude.com",
        ),
        ProviderPages(
            "gemini",
            "GEMINI_API_KEY",
            "GEMINI_BASE_URL",
            "https://aistudio.google.com/apikey",
            "https://aistudio.google.com/usage",
            "https://ai.google.dev/gemini-api/docs/rate-limits",
            "https://aistudio.google.com/status",
        ),
        ProviderPages(
            "elevenlabs",
            "ELEVENLABS_API_KEY",
            "PARLEY_ELEVENLABS_URL",
            "https://elevenlabs.io/app/settings/api-keys",
            "https://elevenlabs.io/app/subscription",
            "https://elevenlabs.io/app/subscription",
            "https://status.elevenlabs.io",
        ),
        ProviderPages(
            "assemblyai",
            "ASSEMBLYAI_API_KEY",
            "PARLEY_ASSEMBLYAI_URL",
            "https://www.assemblyai.com/dashboard/api-keys",
            "https://www.assemblyai.com/dashboard",
            "https://www.assemblyai.com/dashboard/rate-limits",
            "https://status.assemblyai.com",
        ),
        ProviderPages(
            "cartesia",
            "CARTESIA_API_KEY",
            "PARLEY_CARTESIA_URL",
            "https://play.cartesia.ai/keys",
            "https://play.cartesia.ai/subscription",
            "https://play.cartesia.ai/subscription",
            "https://status.cartesia.ai",
        ),
        ProviderPages(
            "polly",
            "PARLEY_POLLY_SECRET_ACCESS_KEY",
            "PARLEY_POLLY_URL",
            "https://console.aws.amazon.com/iam, or AWS's own variables, profile or role",
            "https://console.aws.amazon.com/billing",
            "https://console.aws.amazon.com/servicequotas",
            "https://health.aws.amazon.com",
        ),
    )
}


def status_of(error: ProviderError) -> int:
    """The HTTP status in the reason of a provider's error, or that of its kind; 0 if it has none."""
    found = _STATUS.search(error.reason)
    status = int(found[1]) if found else 0
    # Some providers refuse for their limits with status 400 or 402.
    return 429 if isinstance(error, ProviderRateLimited) and status < 500 else status


def remedy(pages: ProviderPages | None, status: int, reason: str, place: str, url: str = "") -> str:
    """The remedy for an error: `place` is the line of the agent file, `url` the configured base address."""
    if pages is None:
        return f"check the provider's settings, and {place}"
    if status in _ANSWERED_BY_PROXIES and "html page" in reason.lower() and not url:
        # The APIs answer in JSON: something between here and the provider has answered.
        return "a proxy, firewall or login page of this network has answered: check the network"
    if status in _ANSWERED_BY_PROXIES and "html page" in reason.lower():
        return f"another program has answered, or a proxy: check {pages.url_variable} ({url}) and the network"
    return _by_text(pages, status, reason.lower(), place) or _by_status(pages, status, place, url)


def _by_text(pages: ProviderPages, status: int, lowered: str, place: str) -> str:
    if "tls:" in lowered:
        return _by_certificate(pages, lowered)
    if "missing_permissions" in lowered:
        return f"give the key this permission, or create one without restrictions ({pages.keys})"
    if "unusual_activity" in lowered:
        return f"the provider has blocked free use from this network: choose a paid plan ({pages.billing})"
    if any(words in lowered for words in _PLAN):
        return f"change {place}, or choose a plan that includes it ({pages.billing})"
    if status == 402 or any(words in lowered for words in _NO_CREDIT):
        return f"add credit ({pages.billing})"
    if "accept the terms" in lowered:
        return f"use the account of the key ({pages.keys})"
    if status == 0 and any(words in lowered for words in _WRONG_KEY):
        return _by_status(pages, 401, place, "")
    if status == 0 and any(words in lowered for words in _UNKNOWN_MODEL):
        return _by_status(pages, 404, place, "")
    return ""


def _by_certificate(pages: ProviderPages, lowered: str) -> str:
    """The remedy for a certificate that is not accepted; empty for other faults of TLS."""
    if any(words in lowered for words in _UNKNOWN_AUTHORITY):
        variable = "AWS_CA_BUNDLE" if pages.name == "polly" else "SSL_CERT_FILE"
        return (
            "a proxy of this network inspects TLS, or the server has a certificate of its own: set "
            f"{variable} to a file with the certificate of its authority"
        )
    if "certificate has expired" in lowered or "not yet valid" in lowered:
        return "check this machine's clock, and the server's certificate"
    if "mismatch" in lowered:
        return f"another server has answered: check the network and {pages.url_variable}"
    return ""


def _by_status(pages: ProviderPages, status: int, place: str, url: str) -> str:
    match status:
        case 401:
            return f"set {pages.key_variable} to a valid key ({pages.keys})"
        case 403:
            return f"use a key that may do this, or check {place} ({pages.keys})"
        case 400 | 404 | 405 | 422:
            return f"change {place}" + (f", or {pages.url_variable} ({url})" if url else "")
        case 429:
            return f"wait a minute and try again, or raise the limit ({pages.limits})"
        case _ if status >= 500:
            return f"try again later; {pages.status} shows whether the provider has a failure"
        case _ if url:
            return f"check {pages.url_variable} ({url}), its server, and that server's log"
        case _:
            return f"check the network; {pages.status} shows whether the provider has a failure"

"""The providers that the sandbox can replace, and which of them are real. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

SANDBOX_SID = "AC" + "5a" * 16
SANDBOX_TOKEN = "sandbox"  # noqa: S105 - signs calls on this machine only


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider: its environment variables, and where its emulator is."""

    name: str
    key_variable: str
    url_variable: str
    path: str = ""
    """Path of the emulator's address."""
    host: str = ""
    """The provider whose emulator serves this one too, under `path`; empty for a process and port of its own.
    It is emulated whenever its host is, unless it has a key or an address."""
    more: tuple[tuple[str, str], ...] = ()
    """Further variables for services that use the emulator."""
    credentials: tuple[str, ...] = ()
    """Variables of other programs that hold credentials for the real one too."""

    @property
    def process(self) -> str:
        """The provider in whose emulator's process it is served."""
        return self.host or self.name


PROVIDERS = (
    Provider("twilio", "TWILIO_AUTH_TOKEN", "PARLEY_TWILIO_URL"),
    Provider("deepgram", "DEEPGRAM_API_KEY", "PARLEY_DEEPGRAM_URL"),
    Provider("openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1"),
    Provider("elevenlabs", "ELEVENLABS_API_KEY", "PARLEY_ELEVENLABS_URL"),
    Provider("anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "/anthropic", host="openai"),
    Provider("gemini", "GEMINI_API_KEY", "GEMINI_BASE_URL", "/gemini", host="openai"),
    Provider("assemblyai", "ASSEMBLYAI_API_KEY", "PARLEY_ASSEMBLYAI_URL", "/assemblyai", host="deepgram"),
    Provider("cartesia", "CARTESIA_API_KEY", "PARLEY_CARTESIA_URL", "/cartesia", host="elevenlabs"),
    Provider(
        "polly",
        "PARLEY_POLLY_SECRET_ACCESS_KEY",
        "PARLEY_POLLY_URL",
        "/polly",
        host="elevenlabs",
        more=(("PARLEY_POLLY_ACCESS_KEY_ID", SANDBOX_TOKEN), ("PARLEY_POLLY_REGION", "us-east-1")),
        credentials=(
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "AWS_ROLE_ARN",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ),
    ),
)


def is_real(provider: Provider, environment: Mapping[str, str]) -> bool:
    """Whether the environment has the provider's key, other credentials, or an address for it."""
    names = (provider.key_variable, provider.url_variable, *provider.credentials)
    return any(environment.get(name) for name in names)


def emulated_providers(environment: Mapping[str, str]) -> tuple[Provider, ...]:
    """The providers that the sandbox replaces, those with a process of their own first."""
    missing = [provider for provider in PROVIDERS if not is_real(provider, environment)]
    own = [provider for provider in missing if not provider.host]
    hosts = {provider.name for provider in own}
    return (*own, *(provider for provider in missing if provider.host in hosts))

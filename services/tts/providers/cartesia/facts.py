"""Facts about Cartesia from its public documentation. No I/O."""

from parley.providers.facts import ModelFacts, ProviderFacts
from services.tts.providers.cartesia.models import LANGUAGES, LANGUAGES_OF_SONIC_3

_CREDITS = "1 credit per character; the plan sets the price of a credit"

FACTS = ProviderFacts(
    title="Cartesia Sonic",
    models=(
        ModelFacts("sonic-3.5", LANGUAGES, note=_CREDITS),
        ModelFacts("sonic-3.6", LANGUAGES, note=_CREDITS),
        ModelFacts("sonic-latest", LANGUAGES, note="changes without notice; 1 credit per character"),
        ModelFacts("sonic-3", LANGUAGES_OF_SONIC_3, note=_CREDITS),
    ),
    source="https://docs.cartesia.ai/api-reference/tts/websocket",
    key_setting="CARTESIA_API_KEY",
    address_setting="PARLEY_CARTESIA_URL",
    word_timings="`timestamps` events, per word",
    interruption="`cancel` of the context: generations that have not begun are neither sent nor billed",
    refusals=(
        "Models before sonic-3 are refused with `model_sunsetted`, and by Parley before a call.",
        "A context that got no text for a second after its last audio has expired.",
        "Contexts beyond the plan's concurrency are refused with 429 `concurrency_limited`.",
        "A WebSocket without messages is closed after 5 minutes.",
        "Requests without the header `Cartesia-Version` are refused.",
    ),
)

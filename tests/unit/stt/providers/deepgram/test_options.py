"""Options of a Deepgram stream."""

from typing import Any

import pytest
from deepgram.environment import DeepgramClientEnvironment

from parley.agent_config import SttConfig
from parley.errors import ConfigError
from services.stt.providers.deepgram.options import check, environment_of, stream_options

TERMS = ("Dr. Miller",)


@pytest.mark.parametrize(
    ("config", "keyterms"),
    [
        (SttConfig(model="nova-3", keyterms=TERMS), {"keyterm": ["Dr. Miller"]}),
        (SttConfig(model="flux-general-en", keyterms=TERMS), {"keyterm": ["Dr. Miller"]}),
        (SttConfig(model="nova-2", keyterms=TERMS), {"keywords": ["Dr. Miller"]}),
        (SttConfig(model="nova-3"), {}),
    ],
)
def test_keyterms_are_named_as_the_model_expects(config: SttConfig, keyterms: dict[str, Any]) -> None:
    """Nova-3 and Flux take phrases, older models words."""
    options = stream_options(config, "CA1")

    assert {key: options[key] for key in ("keyterm", "keywords") if key in options} == keyterms


def test_nova_receives_the_endpointing_of_the_agent_file() -> None:
    """Flux has no such options."""
    nova = stream_options(SttConfig(model="nova-3", language="de", endpointing_ms=150), "CA1")
    flux = stream_options(SttConfig(model="flux-general-en"), "CA1")

    assert (nova["language"], nova["endpointing"], nova["utterance_end_ms"]) == ("de", 150, 1000)
    assert flux.keys() == {"model", "encoding", "sample_rate", "tag", "eager_eot_threshold"}


@pytest.mark.parametrize("base", ["http://host:1/", "ws://host:1"])
def test_a_base_address_serves_http_and_websockets(base: str) -> None:
    """Empty means Deepgram itself."""
    environment = environment_of(base)

    assert (environment.base, environment.production) == ("http://host:1", "ws://host:1")
    assert environment_of("") is DeepgramClientEnvironment.PRODUCTION


def test_languages_are_hints_of_multilingual_flux() -> None:
    """With `multi` and no further language, none is named."""
    options = {"languages": ["es", "hi"], "numerals": True}
    named = stream_options(SttConfig(model="flux-general-multi", language="en-GB", options=options), "CA1")
    detected = stream_options(SttConfig(model="flux-general-multi", language="multi"), "CA1")
    english = stream_options(SttConfig(model="flux-general-en"), "CA1")

    assert (named["language_hint"], named["numerals"]) == (["en-GB", "es", "hi"], True)
    assert not {"language_hint", "numerals"} & (detected.keys() | english.keys())


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (SttConfig(options={"languages": ["es"]}), "stt.options.languages: nova-3 .*flux-general-multi"),
        (SttConfig(options={"numerals": True}), "stt.options.numerals: nova-3"),
        (SttConfig(model="flux-general-multi", language="pl"), "'pl' .*nova-3"),
        (SttConfig(model="flux-general-multi", options={"languages": ["pl"]}), "'pl'"),
    ],
    ids=str,
)
def test_refused_options_are_named(config: SttConfig, words: str) -> None:
    """Deepgram would answer with HTTP 400."""
    with pytest.raises(ConfigError, match=words):
        check(config)

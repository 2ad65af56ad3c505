"""Query parameters: defaults, validation, and changes by Configure."""

import pytest

from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.query import FluxQuery, NovaQuery, read_flux, read_nova

PHONE = (("encoding", "mulaw"), ("sample_rate", "8000"))
NOVA = (("model", "nova-3"), *PHONE)
FLUX = (("model", "flux-general-en"), *PHONE)


def test_missing_parameters_have_deepgrams_defaults() -> None:
    """Nova ends speech after 10 ms without interim results; Flux ends turns at 0.7 or after 5 s."""
    assert read_nova(NOVA) == NovaQuery("nova-3", 10.0, 0.0, interim_results=False, vad_events=False)
    assert read_flux(FLUX) == FluxQuery(0.7, None, 5000.0, ())


def test_endpointing_may_be_a_number_or_off() -> None:
    """`true` means the default of 10 ms."""
    read = [read_nova((*NOVA, ("endpointing", text))).endpointing_ms for text in ("300", "false", "true")]
    assert read == [300.0, None, 10.0]


def test_parameters_of_text_formatting_are_accepted() -> None:
    """A keyterm may be repeated; older models take keywords."""
    more = (("smart_format", "true"), ("keyterm", "a b"), ("keyterm", "c"), ("language", "en"))
    assert read_nova((*NOVA, *more)).model == "nova-3"
    assert read_nova((*NOVA, ("model", "nova-2"), ("keywords", "brakes:2"))).model == "nova-2"
    assert read_flux((*FLUX, *more)).keyterms == ("a b", "c")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", ""),
        ("model", "flux-general-en"),
        ("language", "english"),
        ("encoding", "pcm"),
        ("sample_rate", "7000"),
        ("channels", "0"),
        ("keywords", "brakes:2"),
        ("diarize_model", "v2"),
        ("smart_format", "yes"),
        ("endpointing", "soon"),
        ("endpointing", "-1"),
        ("endpointing", "nan"),
        ("utterance_end_ms", "abc"),
        ("utterance_end_ms", "999"),
        ("utterance_end_ms", "1000"),
        ("interim_results", "perhaps"),
        ("keyterm", "word " * 501),
    ],
)
def test_nova_rejects_invalid_parameters(name: str, value: str) -> None:
    """utterance_end_ms needs interim_results and a value of at least 1000."""
    with pytest.raises(InvalidQuery):
        read_nova((*NOVA, (name, value)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "nova-3"),
        ("encoding", "flac"),
        ("language_hint", "de"),
        ("eot_threshold", "0.4"),
        ("eot_threshold", "1.1"),
        ("eager_eot_threshold", "0.2"),
        ("eager_eot_threshold", "0.8"),
        ("eot_timeout_ms", "499"),
        ("eot_timeout_ms", "x"),
    ],
)
def test_flux_rejects_invalid_parameters(name: str, value: str) -> None:
    """The eager threshold must not exceed the final one."""
    with pytest.raises(InvalidQuery):
        read_flux((*FLUX, (name, value)))


def test_configure_changes_only_the_named_parameters() -> None:
    """A value out of range changes nothing."""
    before = read_flux((*FLUX, ("keyterm", "a"), ("eager_eot_threshold", "0.4")))
    after = before.configured({"thresholds": {"eot_threshold": 1.0}, "keyterms": ["b"]})

    assert after == FluxQuery(1.0, 0.4, 5000.0, ("b",))
    assert after.ends_by_timeout_only
    for bad in ({"thresholds": {"eot_threshold": 2}}, {"thresholds": 3}, {"keyterms": [1]}):
        with pytest.raises(InvalidQuery):
            before.configured(bad)


def test_language_hints_of_flux() -> None:
    """The multilingual model alone takes them, and only languages that it has."""
    query = read_flux(
        [("model", "flux-general-multi"), ("language_hint", "en-GB"), ("language_hint", "hi"), *PHONE]
    )

    assert (query.multilingual, query.language_hints) == (True, ("en-GB", "hi"))
    for model, hint in (("flux-general-en", "en"), ("flux-general-multi", "pl")):
        with pytest.raises(InvalidQuery, match="language_hint"):
            read_flux([("model", model), ("language_hint", hint), *PHONE])

"""Models and languages of AssemblyAI."""

from services.stt.providers.assemblyai.models import DEFAULT_MODEL, MODELS, base_language


def test_languages() -> None:
    """Regions are dropped, other names of a language are recognized."""
    assert [base_language(tag) for tag in ("pt_BR", "nb", "cmn-Hans", "en")] == ["pt", "no", "zh", "en"]
    assert next(iter(MODELS)) == DEFAULT_MODEL
    assert len(MODELS["whisper-rt"].languages) > 90

"""Models and their languages."""

import pytest

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.models import DEFAULT_MODEL_ID, check_language, find_model


def test_a_model_is_found_by_its_id() -> None:
    """Only the third generation has no sockets."""
    assert find_model(None).model_id == DEFAULT_MODEL_ID
    assert find_model("eleven_flash_v2_5").sockets
    assert not find_model("eleven_v3").sockets
    with pytest.raises(Rejected, match="does not exist"):
        find_model("eleven_v9")


@pytest.mark.parametrize(
    ("model_id", "language", "accepted"),
    [
        *[("eleven_flash_v2_5", "de", True), ("eleven_flash_v2_5", "fa", False), ("eleven_v3", "fa", True)],
        *[("eleven_multilingual_v2", "en", False), ("eleven_flash_v2", "en", False)],
        *[("eleven_multilingual_v2", None, True), ("eleven_turbo_v2_5", "pt-BR", True)],
    ],
)
def test_a_language_is_enforced_by_some_models(model_id: str, language: str | None, accepted: bool) -> None:
    """The others reject it."""
    if accepted:
        check_language(find_model(model_id), language)
        return
    with pytest.raises(Rejected, match="does not support language_code"):
        check_language(find_model(model_id), language)

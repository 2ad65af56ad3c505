"""The section `stt`."""

import pytest
from pydantic import ValidationError

from parley.agent_config import SttConfig


def test_models_of_different_kinds_can_be_mixed() -> None:
    """A Flux model detects turns itself; a call changes from one kind to the other with the route."""
    section = SttConfig(model="nova-3", fallbacks=({"model": "flux-general-en"}, {"provider": "whisper"}))

    assert [part.model for part in section.chain[:2]] == ["nova-3", "flux-general-en"]


def test_a_fallback_is_checked_when_the_section_is_read() -> None:
    """A call would otherwise be the first to notice."""
    with pytest.raises(ValidationError, match="endpointing_ms"):
        SttConfig(fallbacks=({"model": "nova-2", "endpointing_ms": 1},))

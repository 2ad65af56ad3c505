"""The section `stt`."""

import pytest
from pydantic import ValidationError

from parley.agent_config import SttConfig


def test_models_of_different_kinds_cannot_be_mixed() -> None:
    """A Flux model decides on turns alone; a call cannot change from one kind to the other."""
    with pytest.raises(ValidationError, match="flux"):
        SttConfig(model="nova-3", fallbacks=({"model": "flux-general-en"},))

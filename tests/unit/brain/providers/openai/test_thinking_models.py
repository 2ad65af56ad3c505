"""Models whose text begins with reasoning."""

import pytest

from services.brain.providers.openai.thinking_models import ThinkingModels


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("deepseek-r1:8b", True),
        ("Qwen/QwQ-32B", True),
        ("Qwen3-30B-A3B-Thinking-2507", True),
        ("gpt-5.2", False),
    ],
)
def test_names_are_the_first_guess(model: str, *, expected: bool) -> None:
    """Before the first answer."""
    assert ThinkingModels().thinks_first(model) == expected


@pytest.mark.parametrize("seen", [True, False])
def test_an_answer_decides_for_the_next_one(*, seen: bool) -> None:
    """The name no longer matters."""
    models = ThinkingModels()
    for model in ("deepseek-r1", "other"):
        models.observe(model, closed_without_opening=seen)
        assert models.thinks_first(model) == seen

"""Which models begin their text with reasoning that has no opening tag. No I/O."""

import re

_BY_NAME = re.compile(
    r"deepseek-r1|\br1-|\bqwq|qwen3?.*thinking|glm.*thinking|nemotron.*thinking", re.IGNORECASE
)


class ThinkingModels:
    """Models that reason first, according to their last answers, or their names before the first one.

    The templates of these models write the opening tag into the prompt. Their text is withheld until the
    closing tag, which delays the answers of a server that removes reasoning itself: so each answer corrects
    the expectation for the next one.
    """

    def __init__(self) -> None:
        self._observed: dict[str, bool] = {}

    def thinks_first(self, model: str) -> bool:
        """Whether the next answer of a model is expected to begin with reasoning."""
        return self._observed.get(model, _BY_NAME.search(model) is not None)

    def observe(self, model: str, *, closed_without_opening: bool) -> None:
        """Record whether a complete answer did."""
        self._observed[model] = closed_without_opening

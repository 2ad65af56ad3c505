"""Complete and unfinished utterances with a full stop after each."""

from pathlib import Path

import pytest
import yaml

from parley.agent_config import SttConfig
from services.stt.completion.assessment import TurnWords
from services.stt.completion.rules import WordRules
from tests.field.rows import Seen, row

UTTERANCES = yaml.safe_load(Path(__file__).with_name("utterances.yaml").read_text(encoding="utf-8"))
MIN_SHARE = 0.97


@row("T2", "utterances up to a pause, and complete ones, with full stops", "97 % judged right")
@pytest.mark.parametrize("language", UTTERANCES)
@pytest.mark.parametrize("kind", ["finished", "unfinished"])
@pytest.mark.parametrize("multilingual", [False, True])
def test_the_words_are_judged_right(language: str, kind: str, multilingual: bool, seen: Seen) -> None:
    """By the agent's language, and by the language that the words show."""
    rules = WordRules(SttConfig(language="multi" if multilingual else language))
    texts = UTTERANCES[language][kind].splitlines()
    wrong = [
        text
        for text in texts
        if rules.assess(TurnWords(text, "How can I help you?")).incomplete != (kind == "unfinished")
    ]
    seen(f"{len(texts) - len(wrong)} of {len(texts)} right {wrong or ''}")

    assert len(wrong) <= (1 - MIN_SHARE) * len(texts)

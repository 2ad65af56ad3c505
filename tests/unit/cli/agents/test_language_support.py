"""Tests of the languages that an agent's providers support."""

from pathlib import Path

import pytest

from cli.agents.checks import check_files
from cli.agents.language_support import LANGUAGES, rows, with_languages


def checked(folder: Path, text: str) -> tuple[list[str], tuple[str, ...]]:
    path = folder / "desk.yaml"
    path.write_text(f"prompt: p\n{text}", encoding="utf-8")
    [found] = check_files([path])
    assert not found.problems, found.problems
    found = with_languages(found)
    return [f"{one.line}: {one.key}: {one.reason}" for one in found.problems], found.warnings


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "stt: {model: flux-general-en, language: de}\n",
            "2: stt: deepgram flux-general-en: the language 'de'",
        ),
        (
            "stt: {model: flux-general-en, language: multi}\n",
            "2: stt: deepgram flux-general-en: the language",
        ),
        (
            "language: en\nlanguages:\n  pl: {}\nstt: {language: multi}\n",
            "4: languages.pl.stt: deepgram nova-3: the language 'pl' is not detected with `language: multi`",
        ),
        ("language: cy\nstt: {language: en}\n", "1: tts: elevenlabs eleven_flash_v2_5: the language 'cy'"),
        (
            "languages:\n  de: {}\n  sw:\n    stt: {language: en}\n",
            "4: languages.sw.tts: elevenlabs eleven_flash_v2_5: the language 'sw'",
        ),
    ],
)
def test_a_chain_that_cannot_serve_a_language_is_a_mistake(tmp_path: Path, text: str, problem: str) -> None:
    """With the line and the models that were tried."""
    [found], _ = checked(tmp_path, text)

    assert found.startswith(problem)


def test_a_fallback_that_cannot_serve_it_is_a_warning(tmp_path: Path) -> None:
    """The call continues with another provider only in the languages that both have."""
    text = "language: vi\ntts: {fallbacks: [{model: eleven_multilingual_v2}]}\n"
    problems, [_, warning] = checked(tmp_path, text)

    assert not problems
    assert warning.startswith("tts: elevenlabs eleven_multilingual_v2: has no 'vi'")


def test_regions_and_models_without_facts_are_accepted(tmp_path: Path) -> None:
    """A provider may have more than its facts state."""
    for text in ("language: pt-BR\n", "stt: {model: own-model, language: cy}\ntts: {language: en}\n"):
        assert checked(tmp_path, text) == ([], ())


def test_every_language_has_a_row(tmp_path: Path) -> None:
    """The list is that of the table."""
    path = tmp_path / "desk.yaml"
    path.write_text("prompt: p\n", encoding="utf-8")
    [found] = check_files([path])
    assert found.agent is not None
    table = {row.tag: row for row in rows(found.agent.config)}

    assert len(table) == len(LANGUAGES) == 57
    assert (table["hi"].name, table["hi"].texts, table["cy"].texts) == ("Hindi", True, False)
    assert [one.supported for one in table["cy"].sections["stt"]] == [False]


def test_a_realtime_agent_has_the_languages_of_its_model(tmp_path: Path) -> None:
    """Not those of stt and tts, which it does not have."""
    path = tmp_path / "desk.yaml"
    path.write_text("mode: realtime\nprompt: p\nlanguage: cy\n", encoding="utf-8")
    [found] = check_files([path])
    assert found.agent is not None
    row = rows(found.agent.config, ("cy",))[0]

    assert {kind: [one.route for one in routes] for kind, routes in row.sections.items()} == {
        "realtime": ["openai gpt-realtime-2.1"]
    }
    assert with_languages(found).problems == ()

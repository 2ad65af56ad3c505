"""Write the tables of docs/providers.md: `python -m scripts.providers_docs`.

They come from the facts of the installed providers, the end dates of models, the emulators' rules, and
docs/conformance.json, the results of `make conformance`.
"""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from parley.providers.conformance import LLM_CHECKS, STT_CHECKS, TTS_CHECKS, Check
from parley.providers.end_dates import model_end
from parley.providers.facts import ANY_LANGUAGE, ModelFacts, ProviderFacts
from parley.providers.registry import Kind, installed_providers, load_plugin

_DOCS = Path(__file__).parents[1] / "docs"
PAGE = _DOCS / "providers.md"
RESULTS = _DOCS / "conformance.json"

_KINDS: Mapping[Kind, str] = {
    "stt": "Speech-to-text",
    "llm": "Language models",
    "tts": "Text-to-speech",
    "realtime": "Speech-to-speech",
}
_CHECKS: Mapping[Kind, tuple[Check[Any], ...]] = {"stt": STT_CHECKS, "llm": LLM_CHECKS, "tts": TTS_CHECKS}
_UNITS = {
    "minute of audio": "per minute",
    "million input tokens": "per million tokens read",
    "million cached input tokens": "cached",
    "million output tokens": "written",
    "million audio input tokens": "per million audio tokens read",
    "million audio output tokens": "audio written",
    "thousand characters": "per 1000 characters",
}
_OUR_PACKAGE = "services."


def tables() -> Mapping[str, str]:
    """The generated parts by their names in the page."""
    facts = {kind: dict(_built_in(kind)) for kind in _KINDS}
    return {
        "providers": "\n\n".join(_overview(kind, found) for kind, found in facts.items()) + "\n",
        "details": "\n".join(
            _details(kind, name, f) for kind, found in facts.items() for name, f in found.items()
        ),
        "conformance": "\n\n".join(map(_conformance, _CHECKS)) + "\n",
    }


def page(text: str) -> str:
    """Replace each part between its markers `<!-- generated: NAME -->` and `<!-- end -->`."""
    for name, table in tables().items():
        marker = f"<!-- generated: {name} -->\n"
        found = re.findall(rf"{marker}(.*?)<!-- end -->", text, re.DOTALL)
        if len(found) != 1:
            raise ValueError(f"{PAGE.name}: expected one place for the part {name!r}")
        text = text.replace(f"{marker}{found[0]}", f"{marker}{table}")
    return text


def _built_in(kind: Kind) -> Iterator[tuple[str, ProviderFacts]]:
    for name, entry in sorted(installed_providers(kind).items()):
        facts = load_plugin(kind, name).facts
        if entry.value.startswith(_OUR_PACKAGE) and facts is not None:
            yield name, facts


def _overview(kind: Kind, found: Mapping[str, ProviderFacts]) -> str:
    columns = {
        "stt": ("audio", "word timings", "end of speech or turn"),
        "llm": ("interruption",),
        "tts": ("audio", "timings", "interruption"),
        "realtime": ("audio", "timings", "interruption"),
    }[kind]
    head = ("`provider`", "of", "models", "languages", *columns, "key")
    rows = [_row(*head), _row(*("---" for _ in head))]
    for name, facts in found.items():
        cells = {
            "audio": ", ".join(map(str, facts.audio_formats)),
            "word timings": facts.word_timings or "none",
            "timings": facts.word_timings or "none",
            "end of speech or turn": facts.end_of_turn_events or "none; silence is detected locally",
            "interruption": facts.interruption,
        }
        models = ", ".join(f"`{model.name}`" for model in facts.models)
        key = f"`{facts.key_setting}`" if facts.key_setting else "none"
        rows.append(
            _row(f"`{name}`", facts.title, models, _language_count(facts), *(cells[c] for c in columns), key)
        )
    return "\n".join((f"### {_KINDS[kind]}", "", *rows))


def _language_count(facts: ProviderFacts) -> str:
    tags = {tag for model in facts.models for tag in model.languages} - {ANY_LANGUAGE, "multi"}
    languages = {tag.split("-")[0] for tag in tags}
    return str(len(languages)) if languages else "any"


def _details(kind: Kind, name: str, facts: ProviderFacts) -> str:
    lines = [f"### {kind}: {name}", "", f"Documentation: <{facts.source}>", ""]
    lines += [_row("model", "languages", "price (USD)", "ends", "note"), _row(*["---"] * 5)]
    for model in facts.models:
        lines.append(
            _row(f"`{model.name}`", _languages(model), _prices(model), _end(name, model), model.note)
        )
    lines.append("")
    if facts.interruption:
        lines += [f"When the caller interrupts: {facts.interruption}.", ""]
    if facts.refusals:
        lines += ["Refused by the provider:", "", *(f"- {refusal}" for refusal in facts.refusals), ""]
    if checks := _emulator_checks(kind, name):
        lines += [f"The emulator checks: {'; '.join(checks)}.", ""]
    return "\n".join(lines)


def _languages(model: ModelFacts) -> str:
    if model.languages == (ANY_LANGUAGE,):
        return "any"
    tags = " ".join(model.languages)
    return f"{len(model.languages)}: `{tags}`" if len(model.languages) > 1 else f"`{tags}`"


def _prices(model: ModelFacts) -> str:
    if not model.prices:
        return ""
    prices = ", ".join(f"{price.usd} {_UNITS[price.per]}" for price in model.prices)
    source, seen_on = model.prices[0].source, model.prices[0].seen_on
    return f"{prices} ([{seen_on.isoformat()}]({source}))"


def _end(provider: str, model: ModelFacts) -> str:
    announced = model_end(provider, model.name)
    ends: date | None = announced.ends if announced else model.ends_on
    return ends.isoformat() if ends else ""


def _emulator_checks(kind: Kind, name: str) -> tuple[str, ...]:
    try:
        module = importlib.import_module(f"sandbox.{name}")
    except ModuleNotFoundError:
        return ()
    checks: Mapping[str, tuple[str, ...]] = getattr(module, "CHECKS", {})
    return checks.get(kind, ())


def _conformance(kind: Kind) -> str:
    results: Mapping[str, Mapping[str, str]] = json.loads(RESULTS.read_text("utf-8"))[kind]
    reasons: list[str] = []
    lines = [
        f"### Checks of {kind} providers",
        "",
        _row("check", "expected", *results),
        _row(*["---"] * (2 + len(results))),
    ]
    for check in _CHECKS[kind]:
        outcomes = (_outcome(found.get(check.name, "not run"), reasons) for found in results.values())
        lines.append(_row(check.name, check.description, *outcomes))
    if reasons:
        lines += ["", *(f"{number}. {reason}" for number, reason in enumerate(reasons, 1))]
    return "\n".join(lines)


def _outcome(text: str, reasons: list[str]) -> str:
    """Return a cell; reasons are numbered below the table."""
    outcome, _, reason = text.partition(": ")
    if not reason:
        return outcome
    if reason not in reasons:
        reasons.append(reason)
    return f"{'-' if outcome == 'not applicable' else outcome} ({reasons.index(reason) + 1})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")

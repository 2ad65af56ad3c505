"""Warnings of models and voices that will stop working. No network."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from urllib.parse import quote

from cli.doctor.context import AgentRoute, Context
from cli.doctor.finding import Reporter
from parley.providers.end_dates import ModelEnd, model_end, voice_end


def today() -> date:
    """The current day in UTC."""
    return datetime.now(UTC).date()


def announced_ends(route: AgentRoute, base_url: str = "") -> list[tuple[str, ModelEnd]]:
    """The announced ends of a route's model and voice, each with its key in the agent file."""
    provider, found = route.config.provider, []
    model, voice = getattr(route.config, "model", ""), getattr(route.config, "voice", "")
    if model and (end := model_end(provider, model, base_url=base_url)):
        found.append(("model", end))
    if voice and (end := voice_end(provider, voice, base_url=base_url)):
        found.append(("voice", end))
    return found


def report_ends(routes: Iterable[AgentRoute], context: Context, base_url: str, reporter: Reporter) -> None:
    """Report what ends: as failed once it has ended, otherwise as a note."""
    reported = set()
    for route in routes:
        for key, end in announced_ends(route, base_url):
            if (route.kind, end.name) in reported:
                continue
            reported.add((route.kind, end.name))
            report_end(f"{route.kind} {key}", context.place(route, key), end, reporter)


def report_end(subject: str, place: str, end: ModelEnd, reporter: Reporter) -> None:
    """Report one end date with the line to change."""
    text = f"{end.describe(today())}: change {place}"
    if end.days_left(today()) > 0:
        reporter.note(subject, text)
    else:
        reporter.failed(subject, text)


def model_path(model: str) -> str:
    """Path of a model's description in OpenAI's API."""
    return f"/models/{quote(model, safe='')}"


def shutdown_of(model: str, description: Mapping[str, object]) -> ModelEnd | None:
    """The end date in OpenAI's description of a model; None if it has none."""
    try:
        ends = date.fromisoformat(str(description.get("shutdown_date"))[:10])
    except ValueError:
        return None
    return ModelEnd(model, ends, "see https://platform.openai.com/docs/deprecations")

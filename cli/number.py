"""`parley number`: lists the account's numbers, and points one at this system."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.json_api import ApiError, JsonApi
from cli.number_webhooks import LABELS, OVERRIDES, Change, agent_of, changes, expected_settings, is_of
from cli.twilio_account import OwnedNumber, TwilioAccount, account_error, twilio_api_url
from parley.agent_config import load_agent_config
from parley.errors import ConfigError

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_SEPARATORS = re.compile(r"[\s().\-/]")
_MAX_SHOWN = 10


class NumberError(Exception):
    """The command cannot be carried out; the text is the reason with its remedy."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """The options of `parley number attach`."""

    number: str
    agent: str = ""
    """Empty for the default agent."""
    url: str = ""
    """Public address of the edge; empty for that of PARLEY_PUBLIC_URL."""
    dry_run: bool = False


async def list_numbers(environment: Mapping[str, str], console: Console) -> int:
    """Print the account's numbers and where their calls go; returns the exit code."""
    public_url = environment.get("PARLEY_PUBLIC_URL", "").strip().rstrip("/")
    try:
        async with httpx.AsyncClient() as client:
            numbers = await _numbers(_account(environment, client), environment)
    except NumberError as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return 1
    table = Table("number", "name", "calls go to", "this system", box=None)
    for number in numbers:
        row = (number.phone_number, number.friendly_name, _target(number), _relation(number, public_url))
        table.add_row(*map(Text, row))
    console.print(table)
    if not numbers:
        console.print("The account has no number: https://console.twilio.com, Phone Numbers, Buy a number")
    return 0


async def attach(environment: Mapping[str, str], wanted: Attachment, console: Console) -> int:
    """Set a number's webhooks to this system and print each change; returns the exit code."""
    try:
        expected = expected_settings(_public_url(environment, wanted.url), _agent(environment, wanted.agent))
        phone_number = e164(wanted.number)
        async with httpx.AsyncClient() as client:
            account = _account(environment, client)
            number = _find(await _numbers(account, environment), phone_number)
            wrong = changes(number.settings, expected)
            if wrong and not wanted.dry_run:
                after = await account.update(number.sid, {change.name: change.after for change in wrong})
                number = replace(after, phone_number=phone_number)
    except ApiError as error:
        console.print(Text(account_error(error, environment.get("PARLEY_TWILIO_URL", "")), style="red"))
        return 1
    except NumberError as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return 1
    _show_changes(wrong, console)
    left = changes(number.settings, expected) if not wanted.dry_run else []
    if left:
        text = f"Twilio did not accept {', '.join(LABELS[change.name] for change in left)}"
        console.print(Text(f"{text}: set it in its console", style="red"))
        return 1
    console.print(_result(phone_number, wrong, wanted))
    return 0


def e164(text: str) -> str:
    """A phone number without separators, in E.164 format.

    Raises:
        NumberError: it has no country code, or another character.
    """
    number = _SEPARATORS.sub("", text)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if not _E164.fullmatch(number):
        raise NumberError(f"{text!r} is not in E.164 format: + and country code first, as in +15550100000")
    return number


def _account(environment: Mapping[str, str], client: httpx.AsyncClient) -> TwilioAccount:
    values = [environment.get(name, "").strip() for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")]
    sid, token = values
    if not sid or not token:
        missing = "TWILIO_AUTH_TOKEN" if sid else "TWILIO_ACCOUNT_SID"
        raise NumberError(
            f"{missing} is not set: copy it from https://console.twilio.com, Account Info; for the sandbox "
            'of a running system, run `eval "$(parley env)"` first'
        )
    return TwilioAccount(JsonApi(client, twilio_api_url(environment), {}, (sid, token)), sid)


async def _numbers(account: TwilioAccount, environment: Mapping[str, str]) -> list[OwnedNumber]:
    try:
        return await account.numbers()
    except ApiError as error:
        raise NumberError(account_error(error, environment.get("PARLEY_TWILIO_URL", ""))) from None


def _public_url(environment: Mapping[str, str], given: str) -> str:
    url = (given or environment.get("PARLEY_PUBLIC_URL", "")).strip().rstrip("/")
    source = "--url" if given else "PARLEY_PUBLIC_URL"
    if not url:
        raise NumberError(
            "no public address: set PARLEY_PUBLIC_URL or give --url, the https address that forwards to the "
            "edge's port 8080, for example from `ngrok http 8080`"
        )
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise NumberError(f"{source} {url!r} is not an address such as https://your-address.example")
    if re.search(r"/(voice|status|fallback)$", parts.path):
        raise NumberError(f"{source} {url!r} must be the address alone, without {parts.path}")
    if parts.scheme == "http" and not environment.get("PARLEY_TWILIO_URL"):
        raise NumberError(
            f"{source} {url!r} is plain http: Twilio opens media streams over wss only; use the https address"
        )
    return url


def _agent(environment: Mapping[str, str], name: str) -> str:
    if name:
        try:
            load_agent_config(environment.get("PARLEY_AGENTS_DIR") or "agents", name)
        except ConfigError as error:
            raise NumberError(f"--agent: {error}") from None
    return name


def _find(numbers: list[OwnedNumber], phone_number: str) -> OwnedNumber:
    found = next((number for number in numbers if number.phone_number == phone_number), None)
    if found is None:
        owned = ", ".join(number.phone_number for number in numbers[:_MAX_SHOWN])
        offer = f"it has {owned}" if owned else "it has none: https://console.twilio.com, Buy a number"
        raise NumberError(f"{phone_number} is not a number of this account; {offer}")
    if not found.voice_capable:
        raise NumberError(f"{phone_number} cannot receive calls: choose a number with the capability Voice")
    return found


def _target(number: OwnedNumber) -> str:
    overrides = [f"{label} {number.settings[name]}" for name, label in OVERRIDES.items()]
    used = next((text for text, name in zip(overrides, OVERRIDES, strict=True) if number.settings[name]), "")
    if not number.voice_capable:
        return "cannot receive calls"
    if number.receives_fax:
        return "fax"
    return used or number.settings["VoiceUrl"] or "nothing"


def _relation(number: OwnedNumber, public_url: str) -> str:
    if not public_url:
        return "unclear: PARLEY_PUBLIC_URL is not set"
    if any(number.settings[name] for name in OVERRIDES) or not is_of(number.settings["VoiceUrl"], public_url):
        return "no"
    agent = agent_of(number)
    wrong = changes(number.settings, expected_settings(public_url, agent))
    details = [f"agent {agent}" if agent else "", "other webhooks differ" if wrong else ""]
    return ", ".join(filter(None, ["yes", *details]))


def _show_changes(wrong: list[Change], console: Console) -> None:
    table = Table(show_header=False, box=None)
    for overflow in ("ellipsis", "fold", "fold", "fold"):
        table.add_column(overflow=overflow)
    for change in wrong:
        table.add_row(
            *map(Text, (LABELS[change.name], change.before or "empty", "→", change.after or "empty"))
        )
    if wrong:
        console.print(table)


def _result(phone_number: str, wrong: list[Change], wanted: Attachment) -> Text:
    agent = f" with the agent {wanted.agent}" if wanted.agent else ""
    if wanted.dry_run:
        text = "nothing would change" if not wrong else "nothing was changed (--dry-run)"
        return Text(f"{phone_number}: {text}")
    if not wrong:
        return Text(f"{phone_number} is attached to this system already{agent}")
    return Text(f"{phone_number} is attached to this system{agent}: call it", style="green")

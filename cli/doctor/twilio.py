"""Twilio: the account, its credit, and the numbers with their webhooks."""

import re

from cli.advice import PAGES
from cli.doctor.context import Context
from cli.doctor.finding import Reporter
from cli.json_api import ApiError, JsonApi, text
from cli.number_webhooks import LABELS, OVERRIDES, Change, agent_of, changes, expected_settings, is_of
from cli.twilio_account import OwnedNumber, TwilioAccount, account_error, twilio_api_url
from parley.agent_config import load_agent_config
from parley.errors import ConfigError

NAME = "twilio"
_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_LOW_BALANCE = 2.0
_MAX_SHOWN = 5
_BUY = "https://console.twilio.com, Phone Numbers, Buy a number"


def open_account(context: Context) -> TwilioAccount:
    """The account of the environment's SID and token."""
    sid, token = context.variable("TWILIO_ACCOUNT_SID"), context.variable("TWILIO_AUTH_TOKEN")
    return TwilioAccount(JsonApi(context.client, twilio_api_url(context.environment), {}, (sid, token)), sid)


async def check_twilio(context: Context, reporter: Reporter) -> None:
    """Check the account, the credit, the numbers and the caller id."""
    if not _check_variables(context, reporter):
        return
    account = open_account(context)
    try:
        if not await _check_account(account, reporter):
            return
        await _check_balance(account, reporter)
        numbers = await account.numbers()
        await _check_numbers(account, numbers, context, reporter)
        await _check_from_number(account, numbers, context, reporter)
    except ApiError as error:
        subject = "connection" if error.status == 0 else "account"
        reporter.failed(subject, account_error(error, context.variable("PARLEY_TWILIO_URL")))


def _check_variables(context: Context, reporter: Reporter) -> bool:
    sid = context.variable("TWILIO_ACCOUNT_SID")
    if not context.variable("TWILIO_AUTH_TOKEN"):
        text_ = "not set: Twilio's requests cannot be verified and are all rejected"
        reporter.failed("TWILIO_AUTH_TOKEN", f"{text_} ({PAGES[NAME].keys})")
        return False
    if not sid:
        text_ = "not set: calls can be answered, but not placed, transferred or ended"
        reporter.failed("TWILIO_ACCOUNT_SID", f"{text_} ({PAGES[NAME].keys})")
        return False
    if not _SID.fullmatch(sid):
        kind = "an API key; set the account's own SID" if sid.startswith("SK") else "not an account SID"
        text_ = f"{kind}: AC and 32 hexadecimal digits ({PAGES[NAME].keys})"
        reporter.failed("TWILIO_ACCOUNT_SID", text_)
        return False
    return True


async def _check_account(account: TwilioAccount, reporter: Reporter) -> bool:
    body = await account.fetch()
    status, kind = text(body, "status"), text(body, "type")
    if status and status != "active":
        reporter.failed("account", f"{status}: Twilio refuses its calls; see https://console.twilio.com")
        return False
    if kind == "Trial":
        text_ = (
            "trial account: callers first hear Twilio's trial message, and it can call verified numbers only"
        )
        reporter.note("account", f"{text_}; upgrade at https://console.twilio.com")
    else:
        reporter.ok("account", f"{status or 'accepted'}{f', {kind.lower()} account' if kind else ''}")
    return True


async def _check_balance(account: TwilioAccount, reporter: Reporter) -> None:
    try:
        balance = await account.balance()
    except ApiError as error:
        reporter.note("credit", f"not visible: {error.reason}")
        return
    if balance is None:
        reporter.note("credit", "not visible for this account (a subaccount uses its parent's)")
        return
    amount, currency = balance
    left = f"{amount:.2f} {currency} left"
    if amount <= 0:
        reporter.failed("credit", f"{left}: Twilio suspends the account; add credit ({PAGES[NAME].billing})")
    elif amount < _LOW_BALANCE:
        reporter.note("credit", f"only {left}: add credit ({PAGES[NAME].billing})")
    else:
        reporter.ok("credit", left)


async def _check_numbers(
    account: TwilioAccount, numbers: list[OwnedNumber], context: Context, reporter: Reporter
) -> None:
    public_url = context.variable("PARLEY_PUBLIC_URL").rstrip("/")
    if not numbers:
        reporter.failed("number", f"the account has none: {_BUY}")
        return
    if not public_url:
        return  # The section of the public address reports it.
    found = False
    for number in numbers:
        if await _application_leads_here(account, number, public_url):
            text_ = "a TwiML application with this system's voice URL answers it"
            reporter.ok(f"number {number.phone_number}", text_)
        elif is_of(number.settings["VoiceUrl"], public_url):
            _check_number(number, public_url, context, reporter)
        else:
            continue
        found = True
    for number in () if found else numbers[:_MAX_SHOWN]:
        _report_elsewhere(number, public_url, reporter)


async def _application_leads_here(account: TwilioAccount, number: OwnedNumber, public_url: str) -> bool:
    sid = number.settings["VoiceApplicationSid"]
    try:
        return bool(sid) and is_of(await account.application_voice_url(sid), public_url)
    except ApiError:
        # An application that cannot be read is reported as an override.
        return False


def _check_number(number: OwnedNumber, public_url: str, context: Context, reporter: Reporter) -> None:
    subject, attach = f"number {number.phone_number}", _attach(number)
    agent = agent_of(number)
    if not number.voice_capable:
        reporter.failed(subject, f"cannot receive calls: choose one with the capability Voice ({_BUY})")
        return
    if number.receives_fax:
        reporter.failed(subject, "receives faxes: set Configure with to Voice, in Twilio's console")
        return
    wrong = changes(number.settings, expected_settings(public_url, agent))
    if urgent := [change for change in wrong if change.name in ("VoiceMethod", *OVERRIDES)]:
        reporter.failed(subject, f"{_describe(urgent)}: run `{attach}`")
    elif wrong:
        reporter.note(subject, f"{_describe(wrong)}: run `{attach}`")
    else:
        reporter.ok(subject, f"its webhooks lead here{f', agent {agent}' if agent else ''}")
    if agent:
        try:
            load_agent_config(context.variable("PARLEY_AGENTS_DIR") or "agents", agent)
        except ConfigError as error:
            reporter.failed(f"{subject} agent", f"the default agent answers instead: {error}")


def _report_elsewhere(number: OwnedNumber, public_url: str, reporter: Reporter) -> None:
    settings = number.settings
    override = next((OVERRIDES[name] for name in OVERRIDES if settings[name]), "")
    target = f"{override} answers it" if override else f"points to {settings['VoiceUrl'] or 'nothing'}"
    text_ = f"{target}, not to {public_url}/voice: run `{_attach(number)}`"
    reporter.failed(f"number {number.phone_number}", text_)


def _attach(number: OwnedNumber) -> str:
    agent = agent_of(number)
    return f"parley number attach {number.phone_number}{f' --agent {agent}' if agent else ''}"


def _describe(wrong: list[Change]) -> str:
    return "; ".join(
        f"{OVERRIDES[change.name]} ({change.before}) overrides its webhooks"
        if change.name in OVERRIDES
        else f"{LABELS[change.name]} is {change.before or 'empty'} instead of {change.after}"
        for change in wrong
    )


async def _check_from_number(
    account: TwilioAccount, numbers: list[OwnedNumber], context: Context, reporter: Reporter
) -> None:
    wanted = context.variable("PARLEY_FROM_NUMBER")
    if not wanted:
        return
    owned = [number.phone_number for number in numbers]
    if wanted in owned or await account.is_verified(wanted):
        reporter.ok("PARLEY_FROM_NUMBER", "owned" if wanted in owned else "verified")
        return
    offer = ", ".join(owned[:_MAX_SHOWN]) or "none yet"
    text_ = f"{wanted} is neither a number of the account ({offer}) nor a verified caller id"
    reporter.failed(
        "PARLEY_FROM_NUMBER", f"{text_}: set it to one of these, or verify it in Twilio's console"
    )

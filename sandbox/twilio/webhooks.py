"""Requests TwiML from webhooks and sends callbacks as Twilio does: signed, with retries and a fallback."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit
from uuid import uuid4

import httpx

from sandbox.emulator import Journal
from sandbox.twilio.connection_overrides import parse_overrides
from sandbox.twilio.faults import Faults, webhook_requests
from sandbox.twilio.signature import Signer
from sandbox.twilio.twiml import TwimlError, parse
from sandbox.twilio.verbs import Document, Play, Say

RETRIEVAL_FAILURE = 11200
CONNECTION_FAILURE = 11205
TOO_MANY_REDIRECTS = 11215
BAD_STATUS = 11217
BAD_CONTENT_TYPE = 12300

_MAX_REDIRECTS = 10
_TWIML_TYPES = ("text/xml", "application/xml", "text/html")


class WebhookError(Exception):
    """A webhook that returned no usable response; `code` is Twilio's error code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One request to a webhook."""

    url: str
    method: str
    params: Mapping[str, str]
    call_sid: str


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Sends requests to the account's web application."""

    client: httpx.AsyncClient
    signer: Callable[[], Signer]
    """Returns the signer that the settings choose now."""
    journal: Journal
    rng: random.Random = field(default_factory=random.Random)

    async def fetch_twiml(
        self, request: WebhookRequest, fallback: str | None, faults: Faults
    ) -> tuple[Document, str]:
        """The document of a URL or of the fallback, and the URL that returned it."""
        try:
            return await self._document(request, faults), request.url
        except WebhookError as error:
            self._note_failure("webhook_failed", request, error.code, str(error))
            if fallback is None or fallback == request.url:
                raise
            params = {**request.params, "ErrorCode": str(error.code), "ErrorUrl": request.url}
        fallback_request = WebhookRequest(fallback, "POST", params, request.call_sid)
        return await self._document(fallback_request, faults), fallback

    async def send_callback(self, request: WebhookRequest, faults: Faults) -> None:
        """Send a callback, delayed and duplicated as the faults require; failures are only logged."""
        if faults.lost_callbacks:
            return
        await asyncio.sleep(faults.webhook_delay_ms / 1000)
        token = str(uuid4())
        for _ in range(webhook_requests(self.rng, faults)):
            try:
                response = await self._fetch(request, token)
            except WebhookError as error:
                self._note_failure("callback_failed", request, error.code, str(error))
            else:
                if response.is_error:
                    reason = f"status {response.status_code}"
                    self._note_failure("callback_failed", request, BAD_STATUS, reason)

    async def fetch_audio(self, url: str) -> bytes:
        """The audio file at a URL."""
        try:
            async with asyncio.timeout(15):
                response = await self.client.get(url)
        except (httpx.HTTPError, TimeoutError) as error:
            raise WebhookError(RETRIEVAL_FAILURE, f"{url}: {error!r}") from error
        if response.is_error:
            raise WebhookError(RETRIEVAL_FAILURE, f"{url}: status {response.status_code}")
        return response.content

    def _note_failure(self, kind: str, request: WebhookRequest, code: int, reason: str) -> None:
        self.journal.note(kind, call_sid=request.call_sid, code=code, url=request.url, reason=reason)

    async def _document(self, request: WebhookRequest, faults: Faults) -> Document:
        token = str(uuid4())
        response = await self._fetch(request, token)
        for _ in range(webhook_requests(self.rng, faults) - 1):
            await self._fetch(request, token)
        if response.is_error:
            raise WebhookError(BAD_STATUS, f"status {response.status_code}")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if kind in _TWIML_TYPES:
                return parse(response.text)
            if kind.startswith("audio/"):
                return Document((Play(request.url),))
            if kind == "text/plain":
                return _parse_plain_text(response.text)
        except TwimlError as error:
            raise WebhookError(error.code, str(error)) from error
        raise WebhookError(BAD_CONTENT_TYPE, f"content type {kind!r}")

    async def _fetch(self, request: WebhookRequest, token: str) -> httpx.Response:
        overrides = parse_overrides(request.url)
        for attempt in range(overrides.retries + 1):
            last = attempt == overrides.retries
            try:
                response = await self._follow(request, token)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if last or not overrides.retries_on("ct"):
                    raise WebhookError(CONNECTION_FAILURE, f"cannot connect: {error!r}") from error
            except (httpx.TimeoutException, TimeoutError) as error:
                if last or not overrides.retries_on("rt"):
                    raise WebhookError(CONNECTION_FAILURE, f"no response in time: {error!r}") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise WebhookError(RETRIEVAL_FAILURE, repr(error)) from error
            else:
                if last or not overrides.retries_on(f"{response.status_code // 100}xx"):
                    return response
        raise WebhookError(RETRIEVAL_FAILURE, "no attempt was made")

    async def _follow(self, request: WebhookRequest, token: str) -> httpx.Response:
        overrides = parse_overrides(request.url)
        timeout = httpx.Timeout(overrides.read_ms / 1000, connect=overrides.connect_ms / 1000)
        url, method = request.url, request.method
        async with asyncio.timeout(overrides.total_ms / 1000):
            for _ in range(_MAX_REDIRECTS + 1):
                response = await self._send(url, method, request.params, token, timeout)
                if not response.is_redirect:
                    return response
                url = urljoin(url, response.headers["location"])
                method = method if response.status_code in (307, 308) else "GET"
        raise WebhookError(TOO_MANY_REDIRECTS, f"more than {_MAX_REDIRECTS} redirects")

    async def _send(
        self, url: str, method: str, params: Mapping[str, str], token: str, timeout: httpx.Timeout
    ) -> httpx.Response:
        headers = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "I-Twilio-Idempotency-Token": token}
        parts = urlsplit(url)._replace(fragment="")
        if method == "GET":
            query = "&".join(filter(None, (parts.query, urlencode(params))))
            url = urlunsplit(parts._replace(query=query))
            headers |= self.signer().headers(url)
            return await self.client.get(url, headers=headers, timeout=timeout)
        url = urlunsplit(parts)
        headers |= self.signer().headers(url, params)
        return await self.client.post(url, headers=headers, data=dict(params), timeout=timeout)


def _parse_plain_text(text: str) -> Document:
    try:
        return parse(text)
    except TwimlError:
        return Document((Say(text.strip()),))

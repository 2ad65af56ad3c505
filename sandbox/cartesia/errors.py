"""Rejections in the forms of Cartesia's HTTP responses and WebSocket events. No I/O."""

import uuid
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

FIRST_STRUCTURED_VERSION = "2026-03-01"
"""Older versions get errors as text."""


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    title: str


_KINDS = {
    "unauthorized": _Kind(401, "Unauthorized"),
    "quota_exceeded": _Kind(402, "Credits exhausted"),
    "plan_upgrade_required": _Kind(403, "Plan upgrade required"),
    "model_not_found": _Kind(404, "Invalid model"),
    "model_sunsetted": _Kind(400, "Model sunsetted"),
    "voice_not_found": _Kind(404, "Voice not found"),
    "language_not_supported": _Kind(400, "Language not supported"),
    "concurrency_limited": _Kind(429, "Too many concurrent requests"),
    "context_expired": _Kind(400, "Context expired"),
    "internal_error": _Kind(500, "Internal server error"),
}
_INVALID = _Kind(400, "Invalid request")


class Rejected(Exception):
    """A request is rejected; `code` is empty where Cartesia sends none."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """The HTTP status, which WebSocket events contain too."""
        return _KINDS.get(self.code, _INVALID).status

    @property
    def title(self) -> str:
        """The short summary."""
        return _KINDS.get(self.code, _INVALID).title

    def response(self, version: str) -> Response:
        """Build the HTTP response."""
        if version < FIRST_STRUCTURED_VERSION:
            return PlainTextResponse(f"{self.title}: {self}", status_code=self.status)
        return JSONResponse(self._fields(), status_code=self.status)

    def event(self, version: str, context_id: str | None) -> dict[str, Any]:
        """Build the WebSocket event."""
        event: dict[str, Any] = {"type": "error", "done": True, "status_code": self.status}
        if context_id is not None:
            event["context_id"] = context_id
        if version < FIRST_STRUCTURED_VERSION:
            return {**event, "error": f"{self.title}: {self}"}
        return {**event, **self._fields()}

    def _fields(self) -> dict[str, Any]:
        return {
            "error_code": self.code or None,
            "title": self.title,
            "message": str(self),
            "request_id": str(uuid.uuid4()),
        }

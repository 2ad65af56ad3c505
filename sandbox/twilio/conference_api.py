"""Twilio's REST API of conferences: list, fetch, end, and their participants."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.twilio.api_forms import ApiError, Form
from sandbox.twilio.conferences import Room
from sandbox.twilio.network import Network
from sandbox.twilio.records import API_VERSION, rfc2822
from sandbox.twilio.rest_page import not_found, page

Handler = Callable[[Request], Awaitable[Response]]

_CONFERENCES = f"/{API_VERSION}/Accounts/{{account}}/Conferences"
_STATUSES = ("init", "in-progress", "completed")


def conference_table(network: Network) -> list[tuple[str, str, Handler]]:
    """The routes: method, path and handler of each."""
    account_sid, conferences = network.context.settings.account_sid, network.context.conferences

    async def list_conferences(request: Request) -> Response:
        name, status = request.query_params.get("FriendlyName"), request.query_params.get("Status")
        if status not in (None, *_STATUSES):
            raise ApiError(400, 20001, f"Invalid Status: {status}")
        found = [
            _json(room, account_sid)
            for room in reversed(conferences.rooms.values())
            if name in (None, room.name) and status in (None, room.status)
        ]
        return page(request, "conferences", found)

    async def fetch(request: Request) -> Response:
        return JSONResponse(_json(room_of(request), account_sid))

    async def update(request: Request) -> Response:
        room, status = room_of(request), Form(await request.form()).one("Status")
        if status != "completed":
            raise ApiError(400, 20001, f"Invalid Status: {status}")
        conferences.end(room)
        return JSONResponse(_json(room, account_sid))

    async def participants(request: Request) -> Response:
        room = room_of(request)
        found: list[dict[str, object]] = [
            {
                "account_sid": account_sid,
                "call_sid": participant.call_sid,
                "conference_sid": room.sid,
                "end_conference_on_exit": participant.options.end_on_exit,
                "start_conference_on_enter": participant.options.start_on_enter,
                "muted": False,
                "hold": False,
                "coaching": False,
                "label": None,
                "status": "connected",
                "date_created": rfc2822(room.created_at),
                "date_updated": rfc2822(room.updated_at),
            }
            for participant in room.participants.values()
        ]
        return page(request, "participants", found)

    def room_of(request: Request) -> Room:
        room = conferences.rooms.get(request.path_params["conference"])
        if room is None:
            raise not_found(request)
        return room

    return [
        ("GET", f"{_CONFERENCES}.json", list_conferences),
        ("GET", f"{_CONFERENCES}/{{conference}}.json", fetch),
        ("POST", f"{_CONFERENCES}/{{conference}}.json", update),
        ("GET", f"{_CONFERENCES}/{{conference}}/Participants.json", participants),
    ]


def _json(room: Room, account_sid: str) -> dict[str, Any]:
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Conferences/{room.sid}"
    return {
        "sid": room.sid,
        "account_sid": account_sid,
        "friendly_name": room.name,
        "status": room.status,
        "date_created": rfc2822(room.created_at),
        "date_updated": rfc2822(room.updated_at),
        "api_version": API_VERSION,
        "region": "us1",
        "reason_conference_ended": None,
        "call_sid_ending_conference": None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "participants": f"{uri}/Participants.json",
            "recordings": f"{uri}/Recordings.json",
        },
    }

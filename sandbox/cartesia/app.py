"""Routes of the emulator: the WebSocket and the list of voices."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from sandbox.cartesia.context import EmulatorState, Faults
from sandbox.cartesia.errors import Rejected
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.cartesia.socket import VERSIONS, Sockets, check_handshake
from sandbox.cartesia.voices import described, listed
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes

_MAX_PAGE = 100


class CartesiaEmulator:
    """Serves text-to-speech. API keys that begin with `bad` are invalid."""

    def __init__(self, settings: CartesiaSandboxSettings) -> None:
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        state = EmulatorState(self.runtime_settings, self.journal, Faults(self.runtime_settings))
        self._sockets = Sockets(state)

    def app(self) -> Starlette:
        """Build the ASGI application with all routes."""
        return Starlette(
            routes=[
                WebSocketRoute("/tts/websocket", self._sockets.serve),
                Route("/voices", _voices),
                Route("/voices/{voice_id}", _voice),
                *sandbox_routes(self.journal, self.runtime_settings),
            ]
        )


async def _voices(request: Request) -> Response:
    try:
        check_handshake(request.headers, request.query_params)
        limit = _read_limit(request.query_params.get("limit", "10"))
        return JSONResponse(listed(limit, request.query_params.get("starting_after", "")))
    except Rejected as rejected:
        return rejected.response(VERSIONS[-1])


async def _voice(request: Request) -> Response:
    try:
        check_handshake(request.headers, request.query_params)
        return JSONResponse(described(request.path_params["voice_id"]))
    except Rejected as rejected:
        return rejected.response(VERSIONS[-1])


def _read_limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_PAGE:
        raise Rejected("", f"limit must be between 1 and {_MAX_PAGE}.")
    return int(text)

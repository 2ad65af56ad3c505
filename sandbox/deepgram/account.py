"""The account's REST routes: the key, the projects and their balances."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.deepgram.handshake import read_credentials, rejection
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.emulator import RuntimeSettings

_PROJECT_ID = "5a" * 16
_NAME = "Parley sandbox"


def account_routes(settings: RuntimeSettings[DeepgramSandboxSettings]) -> list[BaseRoute]:
    """The routes of the account."""

    async def token(request: Request) -> Response:
        return _rejected(request) or JSONResponse(
            {"api_key_id": "5a" * 16, "scopes": ["usage:write"], "member_id": None}
        )

    async def projects(request: Request) -> Response:
        return _rejected(request) or JSONResponse({"projects": [{"project_id": _PROJECT_ID, "name": _NAME}]})

    async def balances(request: Request) -> Response:
        if rejected := _rejected(request):
            return rejected
        if request.path_params["project_id"] != _PROJECT_ID:
            return _error(404, "PROJECT_NOT_FOUND", "Project not found.")
        if settings.current.stt_member_key:
            return _error(403, "INSUFFICIENT_PERMISSIONS", "User does not have sufficient permissions.")
        amount = settings.current.stt_balance
        return JSONResponse({"balances": [{"balance_id": "b1", "amount": amount, "units": "usd"}]})

    return [
        Route("/v1/auth/token", token),
        Route("/v1/projects", projects),
        Route("/v1/projects/{project_id}/balances", balances),
    ]


def _rejected(request: Request) -> Response | None:
    return None if read_credentials(request.headers, ()).accepted else rejection(401)


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"err_code": code, "err_msg": message, "request_id": "5a"}, status_code=status)

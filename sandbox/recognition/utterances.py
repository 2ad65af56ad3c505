"""The endpoint at which callers register their utterances with an emulator's oracle."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.recognition.oracle import Oracle


def utterances_route(oracle: Oracle) -> Route:
    """`POST /sandbox/utterances`."""

    async def register(request: Request) -> Response:
        try:
            count = oracle.register((await request.json())["utterances"])
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"registered": count})

    return Route("/sandbox/utterances", register, methods=["POST"])

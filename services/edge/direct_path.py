"""Serves the routes below the path of the edge's own address as well, so that no proxy must rewrite paths."""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send


def path_of(direct_url: str) -> str:
    """The path of an address, without its final slash; empty if it has none."""
    return urlsplit(direct_url).path.rstrip("/")


class DirectPath:
    """An application of which every route exists twice: at its own path, and below another."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        """Wrap an application; `path` starts with a slash and does not end with one."""
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, without the path if it is below it."""
        if scope["type"] in ("http", "websocket") and scope["path"].startswith(f"{self._path}/"):
            path = scope["path"].removeprefix(self._path)
            raw = scope.get("raw_path") or scope["path"].encode()
            scope = {**scope, "path": path, "raw_path": raw.removeprefix(self._path.encode())}
        await self._app(scope, receive, send)

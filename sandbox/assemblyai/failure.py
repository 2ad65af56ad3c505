"""The errors that end a session, with AssemblyAI's codes. No I/O."""


class SessionFailure(Exception):
    """The session ends with an error message, and its WebSocket is closed with the same code."""

    def __init__(self, code: int, error: str) -> None:
        super().__init__(error)
        self.code = code


REFUSALS = {
    1008: "Unauthorized Connection: Missing Authorization header",
    3005: "Session Cancelled: An error occurred",
    3009: "Unauthorized Connection: Too many concurrent sessions",
    4001: "Not Authorized",
    4002: "Insufficient Funds",
}

"""The error for a query that Deepgram would reject."""


class InvalidQuery(ValueError):
    """Deepgram would reject the query; the message gives the reason."""

    def __init__(self, reason: str, code: str = "INVALID_QUERY_PARAMETER") -> None:
        super().__init__(reason)
        self.code = code

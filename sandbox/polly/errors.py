"""Rejections in the form of AWS's REST protocol: the code in a header, the message in the body. No I/O."""

import uuid

from starlette.responses import JSONResponse, Response

_STATUS = {
    "UnrecognizedClientException": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "IncompleteSignatureException": 403,
    "ExpiredTokenException": 403,
    "AccessDeniedException": 403,
    "LexiconNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "ServiceFailureException": 500,
    "ServiceUnavailableException": 503,
}


class Rejected(Exception):
    """A request is rejected with one of AWS's error codes."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def response(self) -> Response:
        """Build the HTTP response."""
        return JSONResponse(
            {"message": str(self)},
            _STATUS.get(self.code, 400),
            {"x-amzn-ErrorType": self.code, "x-amzn-RequestId": str(uuid.uuid4())},
        )

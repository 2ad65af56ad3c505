"""Pages of a list in REST responses, and the error of a resource that does not exist. No I/O."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.twilio.api_forms import ApiError


def not_found(request: Request) -> ApiError:
    """The error of a resource that does not exist."""
    return ApiError(404, 20404, f"The requested resource {request.url.path} was not found")


def page(request: Request, key: str, found: list[dict[str, object]]) -> Response:
    """One page of a list, with the links to the others."""
    query = {name: value for name, value in request.query_params.items() if value.isdecimal()}
    size, page = max(1, int(query.get("PageSize", "50"))), int(query.get("Page", "0"))
    path = request.url.path
    start = page * size

    def uri(number: int) -> str:
        return f"{path}?PageSize={size}&Page={number}"

    return JSONResponse(
        {
            key: found[start : start + size],
            "first_page_uri": uri(0),
            "next_page_uri": uri(page + 1) if start + size < len(found) else None,
            "previous_page_uri": uri(page - 1) if page else None,
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start, min(len(found), start + size) - 1),
            "uri": uri(page),
        }
    )

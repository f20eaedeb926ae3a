"""A request that is answered with an error: status and a sentence for the client."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException


class Refusal(HTTPException):
    """Raised anywhere below a request, on either thread; the client gets ``{"error": what}``.

    Parameters
    ----------
    status
        HTTP status, 400 and up.
    what
        One sentence; never a path or a traceback.
    headers
        More headers of the answer.
    """

    def __init__(self, status: int, what: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, what, headers)
        self.status = status
        self.what = what


def not_found() -> Refusal:
    """Return the answer to an id that no job has."""
    return Refusal(404, "There is no job with this id.")

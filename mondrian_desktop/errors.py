"""The two exceptions that mean something to every layer. Anything else that is raised is a bug."""


class UserError(Exception):
    """The environment's fault, told to the user: what happened, and what to do next.

    Parameters
    ----------
    what
        One sentence that names the file or thing and what happened to it.
    advice
        What the user can do about it; may be empty where the sentence already says so.
    """

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what, advice)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".rstrip()


class Cancelled(Exception):  # noqa: N818 - a request, not an error
    """Thrown into a generator of events to end it early.

    A generator that has something to hand over (the partial text) catches it, cleans up and yields its last
    events; any other simply lets it pass. ``close()`` ends a generator at once, with nothing handed over.
    """

"""What changes something: a photo uploaded or named, a question asked. Checked here, then handed to the desk."""

from functools import partial
from typing import Any

from fastapi import Request

from mondrian_desktop.api import answers, front, multipart, shared
from mondrian_desktop.api.desk import Desk
from mondrian_desktop.api.main_thread import MainThread
from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.api.submission import Order
from mondrian_desktop.api.uploads import Uploads, label
from mondrian_desktop.errors import UserError
from mondrian_desktop.settings import UPDATE_INTERVAL, Settings

MOST_UPLOADS = 8
"""Photos that may be on their way at once."""
QUESTION_LIMIT = 4000
"""Characters of a question."""


class Intake:
    """Takes submissions in. On the HTTP thread.

    Parameters
    ----------
    desk
        Gets them, on the pump's thread.
    main
        The way there.
    uploads
        Where photos are put.
    settings
        Have the shared folders.
    """

    def __init__(self, desk: Desk, main: MainThread, uploads: Uploads, settings: Settings) -> None:
        self._desk = desk
        self._call = main.call
        self._uploads = uploads
        self._settings = settings
        self._arriving = 0

    async def upload(self, request: Request) -> dict[str, Any]:
        """Read a photo from the wire and submit it; return the record.

        Raises
        ------
        Refusal
            For everything that is wrong with the form; nothing is left of it then.
        """
        await self._call(partial(self._desk.admit, client(request)))
        if self._arriving >= MOST_UPLOADS:
            raise Refusal(503, f"{MOST_UPLOADS} photos are being sent, as many as may be.", {"Retry-After": "5"})
        self._arriving += 1
        try:
            kind = request.headers.get("content-type", "")
            received = await multipart.receive(request.stream(), kind, self._uploads.create)
        finally:
            self._arriving -= 1
        try:
            return await self._take_in(client(request), received)
        except BaseException:
            self._uploads.remove(received.upload_id)
            raise

    async def submit(self, request: Request, wanted: answers.Submit) -> dict[str, Any]:
        """Submit a photo of this machine, or start one that was uploaded to wait; return the record.

        Raises
        ------
        Refusal
            403 for a file that is not shared, 404 for an advisor who is not known.
        """
        names = wanted.advisors if isinstance(wanted.advisors, str) else ",".join(wanted.advisors)
        if await self._call(partial(self._desk.is_held, wanted.filename)):
            advisors = await self._call(partial(self._desk.choose, names)) if names.strip() else ()
            return await self._call(partial(self._desk.start, wanted.filename, advisors))
        file = shared.resolve(wanted.filename, shared.shared_folders(self._settings))
        advisors = await self._call(partial(self._desk.choose, names))
        order = Order(client(request), advisors, file, file.name, wanted.prompt.strip(), wanted.update_interval)
        return await self._call(partial(self._desk.submit, order))

    async def ask(self, request: Request, wanted: answers.Ask) -> dict[str, Any]:
        """Submit a question without a photo; return the record.

        Raises
        ------
        Refusal
            404 for an advisor who is not known.
        """
        advisors = await self._call(partial(self._desk.choose, wanted.advisor))
        question, interval_s = wanted.question.strip(), wanted.update_interval
        order = Order(client(request), advisors, question=question, update_interval_s=interval_s)
        return await self._call(partial(self._desk.submit, order))

    async def _take_in(self, who: str, received: multipart.Received) -> dict[str, Any]:
        form = received.form
        question = form.fields.get("prompt", "").strip()
        if form.byte_size > front.PHOTO_BYTES:
            raise front.too_large()
        if len(question) > QUESTION_LIMIT:
            raise Refusal(422, f"The question has more than {QUESTION_LIMIT} characters.")
        interval_s = _interval_s(form.fields.get("update_interval", ""))
        starts = _is_yes(form.fields.get("auto_analyze", "true"))
        advisors = await self._call(partial(self._desk.choose, form.fields.get("advisor", "")))
        photo = self._uploads.keep(received.part, form.filename)
        order = Order(who, advisors, photo, label(form.filename), question, interval_s, received.upload_id)
        return await self._call(partial(self._desk.submit, order, start=starts))


def client(request: Request) -> str:
    """Return who asks: the address."""
    return request.client.host if request.client else ""


def _is_yes(text: str) -> bool:
    word = text.strip().lower()
    if word not in (*answers.YES, *answers.NO):
        raise Refusal(422, "auto_analyze is either true or false.")
    return word in answers.YES


def _interval_s(text: str) -> float | None:
    try:
        return UPDATE_INTERVAL.parse(text) if text.strip() else None
    except UserError as err:
        raise Refusal(422, str(err)) from err

"""The endpoints, as the original had them: requests are handed on, answers become JSON, a page or a stream."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

import mondrian_desktop
from mondrian_desktop.api import answers, front, page
from mondrian_desktop.api.auth import query_token
from mondrian_desktop.api.desk import Desk
from mondrian_desktop.api.intake import Intake
from mondrian_desktop.api.main_thread import MainThread
from mondrian_desktop.api.refusal import Refusal, not_found
from mondrian_desktop.api.sse import EventStream, Hub
from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.encode import data_uri
from mondrian_desktop.report import codec
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service
from mondrian_desktop.settings import UPDATE_INTERVAL

PICTURE_SIZE = 800
"""Long side of the picture in a report's page, in pixels."""
REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""A report needs no scripts, whatever a model has written into it."""

_REASONS: dict[int | str, str] = {
    "4XX": "Why the request was not carried out.",
    422: "What in the request is not as it should be.",
    503: "Not now.",
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": answers.Error, "description": reason} for status, reason in _REASONS.items()
}
_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
# Said in full where the answer itself is not JSON: FastAPI would take the errors to be of the answer's type.
_JSON_ERRORS = {status: {"content": _ERROR, "description": reason} for status, reason in _REASONS.items()}
_HTML = _JSON_ERRORS | {
    200: {"content": {"text/html": {"example": answers.PAGE_EXAMPLE}}, "description": "A page of its own."}
}
_STREAM = _JSON_ERRORS | {
    200: {
        "content": {"text/event-stream": {"example": answers.STREAM_EXAMPLE}},
        "description": "Events, until the job is over.",
    },
    204: {"description": "There is nothing after the event named by Last-Event-ID."},
}


def make_app(service: Service, desk: Desk, hub: Hub, main: MainThread, intake: Intake) -> FastAPI:
    """Return the application; every error is answered as JSON."""

    async def follow_settings() -> None:
        # Without a window nobody else looks what was set meanwhile.
        if service.settings.is_outdated:
            await main.call(service.settings.follow)

    app = FastAPI(
        title="Mondrian Desktop",
        version=mondrian_desktop.__version__,
        description="Critiques of photographs, made on this machine while you watch. docs/service.md has more.",
        redirect_slashes=False,
        dependencies=[Depends(follow_settings)],
        docs_url=None,
        redoc_url=None,
    )
    app.add_exception_handler(HTTPException, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_invalid)
    app.add_exception_handler(Exception, _refuse_mistake)
    app.include_router(_Reading(service, desk, hub, main).router())
    app.include_router(_Changing(desk, main, intake).router())
    return app


class _Reading:
    """What changes nothing."""

    def __init__(self, service: Service, desk: Desk, hub: Hub, main: MainThread) -> None:
        self._service = service
        self._desk = desk
        self._hub = hub
        self._call = main.call

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/", self.index, include_in_schema=False)
        router.add_api_route("/health", self.health, responses=_ERRORS)
        router.add_api_route("/advisors", self.advisors, responses=_ERRORS)
        router.add_api_route("/advisors/{advisor_id}", self.advisor, responses=_ERRORS)
        router.add_api_route("/jobs", self.jobs, responses=_ERRORS)
        router.add_api_route("/jobs/{job_id}", self.job, responses=_ERRORS)
        router.add_api_route("/status/{job_id}", self.status, responses=_ERRORS)
        router.add_api_route("/job/{job_id}/thinking", self.thinking, responses=_ERRORS)
        router.add_api_route("/stream/{job_id}", self.stream, responses=_STREAM, response_class=Response)
        router.add_api_route("/analysis/{job_id}", self.analysis, responses=_HTML, response_class=HTMLResponse)
        router.add_api_route("/summary/{job_id}", self.summary, responses=_HTML, response_class=HTMLResponse)
        return router

    async def index(self) -> Response:
        text, policy = page.page()
        return HTMLResponse(text, headers={"Content-Security-Policy": policy})

    async def health(self) -> answers.Health:
        """Tell that the service is there. Answers also while the model is busy."""
        return answers.Health(
            status="UP", service="mondrian-desktop", version=mondrian_desktop.__version__,
            update_interval=self._service.settings.get(UPDATE_INTERVAL), timestamp=_now(),
        )  # fmt: skip

    async def advisors(self) -> answers.AdvisorList:
        """List everyone who can be asked."""
        everyone = [_advisor(each) for each in self._service.advisors.values()]
        return answers.AdvisorList(advisors=everyone, count=len(everyone), timestamp=_now())

    async def advisor(self, advisor_id: str) -> answers.AdvisorDetail:
        """Tell about one advisor."""
        if advisor_id not in self._service.advisors:
            raise Refusal(404, "There is no advisor with this id.")
        return answers.AdvisorDetail(advisor=_advisor(self._service.advisors[advisor_id]), timestamp=_now())

    async def jobs(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        state: answers.AnyStatus | None = None,
    ) -> answers.JobList:
        """List the latest jobs, the last one first; with one status or state where given."""
        records = await self._call(partial(self._desk.records, limit, state or ""))
        jobs = [_job(request, record) for record in records]
        return answers.JobList(jobs=jobs, count=len(jobs), timestamp=_now())

    async def job(self, request: Request, job_id: str) -> answers.JobDetail:
        """Tell how far a job is, and what has been written."""
        record, analyses = await self._call(lambda: (self._desk.record(job_id), self._desk.analyses(job_id)))
        documents = [codec.to_json(analysis) for analysis in analyses]
        return answers.JobDetail(**record, **_links(request, record["id"]), analyses=documents)

    async def status(self, request: Request, job_id: str) -> answers.Job:
        """Tell how far a job is."""
        return _job(request, await self._call(partial(self._desk.record, job_id)))

    async def thinking(self, job_id: str) -> answers.Latest:
        """Return the latest thinking update."""
        record = await self._call(partial(self._desk.record, job_id))
        return answers.Latest(job_id=record["id"], thinking=record["llm_thinking"])

    async def stream(self, request: Request, job_id: str) -> Response:
        """Watch a job as server-sent events.

        They are: connected, status_update, thinking_update, partial, analysis_complete or error, done. Each has an id.
        A request with the header Last-Event-ID gets what came after it; one without gets the state so far, and then
        what comes.
        """
        ended = self._hub.ended
        if self._hub.channel(job_id) is None:
            # What happens from here on is posted after this, to the same loop: nothing is missed, nothing told twice.
            job_id = await self._call(partial(self._desk.begin, job_id))
        channel = self._hub.channel(job_id)
        if channel is None:
            raise not_found()
        last_event_id = request.headers.get("last-event-id", "")
        connection = getattr(request.state, "connection", None)
        return _Raw(EventStream(self._hub, channel, last_event_id, connection, ended))

    async def analysis(self, job_id: str) -> Response:
        """Return the report of a job, also of one that was stopped, as a page."""
        analyses = await self._analyses(job_id)
        image = await self._picture(job_id)
        return _report(await self._call(partial(self._desk.story.page, analyses, image)))

    async def summary(self, job_id: str) -> Response:
        """Return the three lowest dimensions, as a page."""
        analyses = await self._analyses(job_id)
        return _report(await self._call(partial(self._desk.story.summary, analyses)))

    async def _analyses(self, job_id: str) -> list[Analysis]:
        analyses = await self._call(partial(self._desk.analyses, job_id))
        if not analyses:
            raise Refusal(404, "Nothing has been written yet.", {"Retry-After": "2"})
        return analyses

    async def _picture(self, job_id: str) -> str | None:
        """Return the photo as a data address, or None where there is none any more."""
        coming = await self._call(partial(self._desk.picture, job_id, PICTURE_SIZE))
        try:
            return data_uri(await asyncio.wrap_future(coming)) if coming else None
        except UserError:
            return None


class _Changing:
    """What changes something."""

    def __init__(self, desk: Desk, main: MainThread, intake: Intake) -> None:
        self._desk = desk
        self._call = main.call
        self._intake = intake

    def router(self) -> APIRouter:
        router = APIRouter(responses=_ERRORS)
        form = {"requestBody": answers.UPLOAD_FORM}
        router.add_api_route("/upload", self.upload, methods=["POST"], status_code=201, openapi_extra=form)
        router.add_api_route("/submit", self.submit, methods=["POST"])
        router.add_api_route("/ask", self.ask, methods=["POST"], status_code=201)
        router.add_api_route("/jobs/{job_id}", self.cancel, methods=["DELETE"])
        router.add_api_route("/jobs/{job_id}/try", self.try_now, methods=["POST"])
        return router

    async def upload(self, request: Request) -> answers.Job:
        """Send a photo, and have it analyzed."""
        return _job(request, await self._intake.upload(request))

    async def submit(self, request: Request, wanted: answers.Submit) -> answers.Job:
        """Have a photo analyzed that is in a folder shared with the service, or was uploaded to wait."""
        return _job(request, await self._intake.submit(request, wanted))

    async def ask(self, request: Request, wanted: answers.Ask) -> answers.Job:
        """Ask about photography, without a photo."""
        return _job(request, await self._intake.ask(request, wanted))

    async def cancel(self, request: Request, job_id: str) -> answers.Job:
        """Stop a job. What has been written is kept."""
        return _job(request, await self._call(partial(self._desk.cancel, job_id)))

    async def try_now(self, request: Request, job_id: str) -> answers.Job:
        """Ask the server now for which a job waits. No effect where it waits for none."""
        return _job(request, await self._call(partial(self._desk.try_now, job_id)))


class _Raw(Response):
    """An ASGI application as a response."""

    def __init__(self, stream: EventStream) -> None:
        super().__init__()
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._stream(scope, receive, send)


async def _refuse(_request: Request, err: Exception) -> Response:
    assert isinstance(err, HTTPException)  # noqa: S101 - registered for it
    body = front.error_body(str(err.detail))
    return Response(body, err.status_code, err.headers, media_type="application/json")


async def _refuse_invalid(_request: Request, err: Exception) -> Response:
    assert isinstance(err, RequestValidationError)  # noqa: S101 - registered for it
    first = err.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return Response(front.error_body(f"{place or 'The request'}: {first['msg']}."), 422, media_type="application/json")


async def _refuse_mistake(_request: Request, _err: Exception) -> Response:
    # The error is raised again behind this answer, and logged by the front.
    return Response(front.error_body(front.MISTAKE), 500, media_type="application/json")


def _report(text: str) -> Response:
    return HTMLResponse(text, headers={"Content-Security-Policy": REPORT_POLICY})


def _job(request: Request, record: dict[str, Any]) -> answers.Job:
    return answers.Job(**record, **_links(request, record["id"]))


def _links(request: Request, job_id: str) -> dict[str, Any]:
    # The host has been checked; a client that cannot send headers gets its token back in the addresses it is to ask.
    token = query_token(request.scope["query_string"])
    base, query = f"http://{request.headers['host']}", f"?token={quote(token)}" if token else ""
    return {f"{name}_url": f"{base}/{name}/{job_id}{query}" for name in ("status", "stream", "analysis", "summary")}


def _advisor(advisor: Advisor) -> answers.Advisor:
    return answers.Advisor(
        id=advisor.id, name=advisor.name, specialty=advisor.kind, years=advisor.years, bio=advisor.biography,
        focus_areas=list(advisor.focus), artworks=[], learn_more=_links_of(advisor),
    )  # fmt: skip


def _links_of(advisor: Advisor) -> dict[str, dict[str, str]]:
    links: dict[str, dict[str, str]] = {}
    for link in advisor.links:
        is_wikipedia = ".wikipedia.org/" in link
        name = "wikipedia" if is_wikipedia else f"gallery{len(links) or ''}"
        links[name] = {"title": "Wikipedia" if is_wikipedia else link.split("/")[2], "url": link}
    return links


def _now() -> str:
    return datetime.now(UTC).isoformat()

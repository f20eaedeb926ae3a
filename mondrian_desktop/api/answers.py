"""The JSON of requests and answers, with examples: what the OpenAPI document is made of."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mondrian_desktop.settings import UPDATE_INTERVAL

Status = Literal["queued", "processing", "analyzing", "finalizing", "done", "error"]
State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
AnyStatus = Status | State

_JOB_ID = "5f0c6c1e5d4b4c1f9a8a3f5d2b7e6a10"
_LINKS = {
    "status_url": f"http://127.0.0.1:5005/status/{_JOB_ID}",
    "stream_url": f"http://127.0.0.1:5005/stream/{_JOB_ID}",
    "analysis_url": f"http://127.0.0.1:5005/analysis/{_JOB_ID}",
    "summary_url": f"http://127.0.0.1:5005/summary/{_JOB_ID}",
}
_PROGRESS = {
    "status": "analyzing",
    "progress_percentage": 42,
    "current_step": "Writing in the manner of Ansel Adams",
    "llm_thinking": "Generating analysis... (150 tokens, 44.1 tps)",
    "current_advisor": 1,
    "total_advisors": 1,
    "step_phase": "advisor_analysis",
    "waiting_for": "",
}
_ADVISOR: dict[str, Any] = {
    "id": "ansel",
    "name": "Ansel Adams",
    "specialty": "photographer",
    "years": "1902–1984",
    "bio": "American photographer of the West.",
    "focus_areas": ["Tones from black to white"],
    "artworks": [],
    "learn_more": {"wikipedia": {"title": "Wikipedia", "url": "https://en.wikipedia.org/wiki/Ansel_Adams"}},
}
_NOW = "2026-11-22T14:06:27+00:00"
_JOB: dict[str, Any] = {
    "id": _JOB_ID,
    "job_id": _JOB_ID,
    "filename": "harbor.jpg",
    "advisor": "ansel",
    "advisors_used": ["ansel"],
    "mode": "baseline",
    "prompt": "",
    "state": "running",
    "created_at": _NOW,
    "error": None,
    **_PROGRESS,
    **_LINKS,
}


class Error(BaseModel):
    """Why a request was not carried out, as a sentence."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"error": "There is no job with this id."}]})

    error: str


class Health(BaseModel):
    """That the service is there."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"status": "UP", "service": "mondrian-desktop", "version": "0.1.0", "update_interval": 5.0,
         "timestamp": _NOW}
    ]})  # fmt: skip

    status: Literal["UP"]
    service: Literal["mondrian-desktop"]
    version: str
    update_interval: float = Field(description="Seconds between two thinking updates.")
    timestamp: str


class Advisor(BaseModel):
    """Someone in whose manner a model writes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ADVISOR]})

    id: str
    name: str
    specialty: str
    years: str
    bio: str
    focus_areas: list[str]
    artworks: list[dict[str, str]] = Field(description="Always empty: no pictures of others are shipped.")
    learn_more: dict[str, dict[str, str]]


class AdvisorList(BaseModel):
    """Everyone who can be asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"advisors": [_ADVISOR], "count": 1, "timestamp": _NOW}
    ]})  # fmt: skip

    advisors: list[Advisor]
    count: int
    timestamp: str


class AdvisorDetail(BaseModel):
    """One advisor."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"advisor": _ADVISOR, "timestamp": _NOW}]})

    advisor: Advisor
    timestamp: str


class Progress(BaseModel):
    """How far a job is, as status updates tell it in ``job_data``."""

    status: Status
    progress_percentage: int = Field(ge=0, le=100, description="Never falls.")
    current_step: str
    llm_thinking: str = Field(description="The latest thinking update.")
    current_advisor: int = Field(ge=1)
    total_advisors: int = Field(ge=1)
    step_phase: Literal["queued", "preparation", "advisor_analysis", "finalizing", "done", "error"]
    waiting_for: str = Field(
        description="The address of a server that does not answer and for which the job waits; POST /jobs/{job_id}/try "
        "has it asked now. Empty where it waits for none."
    )


class Links(BaseModel):
    """Where to ask further."""

    status_url: str
    stream_url: str
    analysis_url: str
    summary_url: str


class Job(Progress, Links):
    """A photo or a question for one or several advisors."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JOB]})

    id: str
    job_id: str
    filename: str = Field(description="What the client called the photo; empty for a question without one.")
    advisor: str = Field(description="Ids of the advisors, with commas.")
    advisors_used: list[str]
    mode: str = Field(description="Always “baseline”, for clients that expect it.")
    prompt: str
    state: State
    created_at: str
    error: str | None = None


class JobDetail(Job):
    """A job with what has been written."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_JOB, "analyses": []}]})

    analyses: list[dict[str, Any]] = Field(
        description="One a finished or stopped advisor, as docs/analysis.schema.json describes it."
    )


class JobList(BaseModel):
    """The latest jobs, the last one first."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"jobs": [_JOB], "count": 1, "timestamp": _NOW}
    ]})  # fmt: skip

    jobs: list[Job]
    count: int
    timestamp: str


class Latest(BaseModel):
    """The latest thinking update of a job."""

    model_config = ConfigDict(json_schema_extra={"examples": [
        {"job_id": _JOB_ID, "thinking": "Generating analysis... (150 tokens, 44.1 tps)"}
    ]})  # fmt: skip

    job_id: str
    thinking: str = Field(description="Empty before the first token.")


Names = Annotated[str, StringConstraints(max_length=1000)]
Question = Annotated[str, StringConstraints(max_length=4000)]
Interval = Annotated[float, Field(ge=UPDATE_INTERVAL.minimum, le=UPDATE_INTERVAL.maximum)]


class Submit(BaseModel):
    """A photo that is already on this machine, in a folder that is shared with the service; or one uploaded before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"filename": "harbor.jpg", "advisors": ["ansel"]}]})

    filename: Annotated[str, StringConstraints(min_length=1, max_length=4096)] = Field(
        description="Path in a shared folder, whole or from the folder on; or the id of an upload that waits."
    )
    advisors: Names | list[Annotated[str, StringConstraints(max_length=100)]] = Field(
        "", description="Ids; “all” for everyone; empty for the one in the settings."
    )
    prompt: Question = Field("", description="Asked instead of a critique.")
    update_interval: Interval | None = Field(None, description="Seconds between thinking updates.")


class Ask(BaseModel):
    """A question without a photo."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "What is depth of field?"}]})

    question: Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"\S")]
    advisor: Names = Field("", description="Ids, with commas; “all”; empty for the one in the settings.")
    update_interval: Interval | None = Field(None, description="Seconds between thinking updates.")


YES = ("true", "1", "yes", "on")
NO = ("false", "0", "no", "off")

_PHOTO = {"type": "string", "format": "binary", "minLength": 1}
STREAM_EXAMPLE = f"""\
retry: 2000
event: connected
id: 6f1d2c3b-0
data: {{"type": "connected", "job_id": "{_JOB_ID}"}}

event: status_update
id: 6f1d2c3b-1
data: {json.dumps({"type": "status_update", "job_id": _JOB_ID, "timestamp": _NOW, "job_data": _PROGRESS})}

event: thinking_update
id: 6f1d2c3b-2
data: {{"type": "thinking_update", "job_id": "{_JOB_ID}", "thinking": "{_PROGRESS["llm_thinking"]}"}}

"""
"""The beginning of GET /stream/{job_id}."""
PAGE_EXAMPLE = '<!DOCTYPE html><html lang="en"><title>harbor.jpg</title><h1>Ansel Adams</h1></html>'
UPLOAD_FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "image": {**_PHOTO, "description": "The photo, at most 200 MB."},
                    "file": {**_PHOTO, "description": "The same under another name."},
                    "advisor": {"type": "string", "description": "Id, comma list, or “all”.", "examples": ["ansel"]},
                    "auto_analyze": {
                        "type": "string",
                        "enum": [*YES, *NO],
                        "description": "false: only take it in; POST /submit with its id as filename starts it.",
                    },
                    "prompt": {"type": "string", "maxLength": 4000, "description": "Asked instead of a critique."},
                    "update_interval": {
                        "type": "number",
                        "minimum": UPDATE_INTERVAL.minimum,
                        "maximum": UPDATE_INTERVAL.maximum,
                        "description": "Seconds between thinking updates.",
                    },
                },
                "oneOf": [{"required": ["image"]}, {"required": ["file"]}],
            },
            "example": {"image": "the bytes of harbor.jpg", "advisor": "ansel", "auto_analyze": "true"},
        }
    },
}
"""The form of POST /upload, for the OpenAPI document: it is read by hand, straight into a file."""

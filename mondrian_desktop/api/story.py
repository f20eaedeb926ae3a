"""What a stream tells of a submission, as events; and the pages that are made of its analyses."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mondrian_desktop.api.progress import Event, critique_fields
from mondrian_desktop.api.submission import Submission
from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Partial, Thinking
from mondrian_desktop.report import html
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service

PARTIAL_INTERVAL_S = 0.5
"""Shortest time between two partial answers in a stream."""
LOWEST = 3
"""Dimensions in a summary."""


class Story:
    """Tells of submissions.

    Parameters
    ----------
    service
        Has the analyses.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def status(self, submission: Submission) -> Event:
        """Return how far it is."""
        progress = submission.progress
        submission.told = progress.stage, progress.percent
        data = {"timestamp": time.time(), "job_data": progress.fields()}
        # A server may be waited for all night: of that, only the last is worth keeping.
        return Event("status_update", data, replaces="waiting" if progress.waiting_for else "")

    def news(self, submission: Submission, update: Update) -> list[Event]:
        """Return what an update of one of its jobs adds to the story; the progress has heard of it before."""
        told = self._written(submission, update)
        stage, percent = submission.told
        # A percentage alone goes along with what is written: fifty streams need not be woken for it.
        if submission.progress.stage != stage or (told and submission.progress.percent != percent):
            told.insert(0, self.status(submission))
        return told

    def ending(self, submission: Submission) -> list[Event]:
        """Return the events that tell how it ended, whole in themselves."""
        analyses = self.analyses(submission)
        events = [_whole(analysis) for analysis in analyses]
        events.append(self.status(submission))
        if submission.progress.status == "done":
            events.append(Event("analysis_complete", {"analysis_html": self.page(analyses)}))
        else:
            error = {"error": submission.progress.step, "state": submission.progress.state}
            events.append(Event("error", error))
        return [*events, Event("done")]

    def analyses(self, submission: Submission) -> list[Analysis]:
        """Return the analyses that there are, partial ones too, each with the photo's name and not where it is."""
        found = []
        for job_id in submission.jobs:
            analysis = self._service.analysis(job_id)
            if analysis and analysis.photo:
                name = submission.label if submission.is_upload else analysis.photo.path.name
                analysis = replace(analysis, photo=replace(analysis.photo, path=Path(name)))
            if analysis:
                found.append(analysis)
        return found

    def page(self, analyses: Sequence[Analysis], image: str | None = None) -> str:
        """Return one report as a page, or several side by side; ``image`` as :func:`html.render` takes it."""
        if len(analyses) == 1:
            return html.render(analyses[0], image_data_uri=image, labels=self._service.labels(analyses[0]))
        named = {analysis.advisor: self._service.labels(analysis) for analysis in analyses}
        return html.render_many(analyses, image_data_uris=[image], labels=named)

    def summary(self, analyses: Sequence[Analysis]) -> str:
        """Return a page with each analysis's three lowest dimensions and nothing else."""
        return self.page([_shortened(analysis) for analysis in analyses])

    def _written(self, submission: Submission, update: Update) -> list[Event]:
        event = update.event
        if isinstance(event, Thinking):
            return [Event("thinking_update", {"thinking": event.text})]
        if isinstance(event, Token) and update.job.question:
            submission.text.append(submission.splitter.feed(event.text)[1])
            return self._partial(submission, update.job.advisor, text=submission.text)
        if isinstance(event, Partial):
            return self._partial(
                submission, update.job.advisor, progress=event.progress, critique=critique_fields(event.critique)
            )
        return []

    def _partial(self, submission: Submission, advisor: str, **fields: Any) -> list[Event]:
        now_s = self._service.pump.clock()
        if now_s < submission.next_partial_s:
            return []
        submission.next_partial_s = now_s + PARTIAL_INTERVAL_S
        if "text" in fields:
            fields["text"] = "".join(fields["text"])
        return [_told(advisor, fields)]


def _told(advisor: str, fields: dict[str, Any]) -> Event:
    return Event("partial", {"advisor": advisor, **fields}, replaces=f"partial {advisor}")


def _whole(analysis: Analysis) -> Event:
    if analysis.critique is None:
        return _told(analysis.advisor, {"progress": 1.0, "text": analysis.answer})
    return _told(analysis.advisor, {"progress": 1.0, "critique": critique_fields(analysis.critique)})


def _shortened(analysis: Analysis) -> Analysis:
    if analysis.critique is None:
        return analysis
    lowest = sorted(analysis.critique.dimensions, key=lambda each: each.score)[:LOWEST]
    critique = replace(
        analysis.critique, image_description="", dimensions=tuple(lowest), overall_score=None, key_strengths=(),
        priority_improvements=(), technical_notes="",
    )  # fmt: skip
    return replace(analysis, critique=critique, facts=None, conversation=())

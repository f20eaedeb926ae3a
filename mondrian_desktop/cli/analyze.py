"""``mondrian-desktop analyze`` and ``ask``: submit, show progress, print the results."""

import argparse
import json
from pathlib import Path
from typing import TextIO

from mondrian_desktop.cli import request
from mondrian_desktop.cli.live_text import LiveAnswer, LiveCritique
from mondrian_desktop.cli.progress import Progress
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Read
from mondrian_desktop.photo.encode import data_uri
from mondrian_desktop.report import codec
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service

INTERRUPTED = 130


def run(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Carry out the parsed command; return the exit code.

    Raises
    ------
    UserError
        Where an option makes no sense (unknown advisor, model, output folder that cannot be made).
    """
    folder: Path | None = getattr(options, "output", None)
    fmt = getattr(options, "format", "text")
    request.need_folder(fmt, folder)
    if folder is not None:
        request.make_folder(folder)
    run = _Run(service, fmt, folder, out, err)
    run.submit(options)
    with request.on_ctrl_c(lambda: service.pump.post(run.interrupt)):
        service.pump.run()
    return run.finish()


class _Run:
    """The jobs of one command, and what has been printed of them."""

    def __init__(self, service: Service, fmt: str, folder: Path | None, out: TextIO, err: TextIO) -> None:
        self._service = service
        self._format = fmt
        self._folder = folder
        self._out = out
        self._err = err
        self._progress = Progress(err)
        self._live: dict[str, LiveAnswer | LiveCritique] = {}
        self._pictures: dict[str, str] = {}
        self._several = False
        self._interrupted = False
        self._gave_up: UserError | None = None
        service.subscribe(self._update)
        service.on_pause(lambda paused: self._give_up() if paused or service.problem else None)

    def submit(self, options: argparse.Namespace) -> None:
        photos: list[Path | None] = list(getattr(options, "photos", [None]))
        question = getattr(options, "question", "")
        if question is not None and photos == [None] and not question.strip():
            raise UserError("The question is empty.", 'Ask something, for example: ask "What is depth of field?"')
        advisors = self._advisors(options.advisor)
        self._several = len(photos) * len(advisors) > 1
        chosen = request.request_options(self._service, options)
        for photo in photos:
            for advisor in advisors:
                self._service.submit(photo, advisor, question=question, model=options.model, options=chosen)

    def interrupt(self) -> None:
        self._interrupted = True
        self._service.cancel_all()

    def _give_up(self) -> None:
        """Tell why it does not go on, once, and end: nobody is there to mend it."""
        if self._gave_up is None:
            self._gave_up = self._service.problem
            self._tell(str(self._service.problem))
            self._service.cancel_all()

    def finish(self) -> int:
        """Print what is printed at the end; return the exit code."""
        self._progress.close()
        if self._format == "json" and self._folder is None:
            documents = [codec.to_json(analysis) for job in self._service.jobs if (analysis := self._analysis(job))]
            if documents:
                self._write(json.dumps(documents if self._several else documents[0], indent=2, ensure_ascii=False))
        if self._interrupted:
            return INTERRUPTED
        failed = any(job.state is JobState.FAILED for job in self._service.jobs)
        return 1 if failed or self._gave_up else 0

    def _advisors(self, wanted: str | None) -> list[str]:
        if wanted == "all":
            return list(self._service.advisors)
        return [name.strip() for name in wanted.split(",") if name.strip()] if wanted else [""]

    def _analysis(self, job: Job) -> Analysis | None:
        return self._service.analysis(job.id)

    def _update(self, update: Update) -> None:
        self._progress.update(update)
        if isinstance(update.event, Read) and self._format in request.PICTURED:
            self._pictures[update.job.id] = data_uri(update.event.photo.pixels)
        if update.event is None and update.job.is_over:
            self._over(update.job)
        elif update.event is not None and self._format == "text" and self._folder is None:
            self._progress.clear()
            self._live_text(update.job).update(update.event)

    def _live_text(self, job: Job) -> LiveAnswer | LiveCritique:
        if job.id not in self._live:
            advisor = self._service.advisors[job.advisor]
            title = f"{_name(job)} · {advisor.name}"
            self._live[job.id] = (
                LiveAnswer(self._out) if job.question else LiveCritique(self._out, title, advisor.byline)
            )
        return self._live[job.id]

    def _over(self, job: Job) -> None:
        if job.state is JobState.FAILED:
            self._tell(f"{_name(job)}: {job.reason}")
        analysis = self._analysis(job)
        if analysis is None:
            return
        if self._folder is not None:
            self._save(job, analysis, self._folder)
        elif self._format == "text":
            self._live_text(job).finish(analysis, self._service.labels(analysis))
        elif self._format != "json":
            self._write(self._render(job, analysis))

    def _save(self, job: Job, analysis: Analysis, folder: Path) -> None:
        stem = f"{job.path.stem if job.path else 'answer'}.{job.advisor}"
        content = request.file_content(self._service, analysis, self._format, self._pictures.pop(job.id, None))
        file = request.save(folder, stem, request.FORMATS[self._format], content)
        self._tell(f"{_name(job)}: written to {clean_line(str(file))}")

    def _render(self, job: Job, analysis: Analysis) -> str:
        return request.document(self._service, analysis, self._format, self._pictures.pop(job.id, None))

    def _write(self, document: str) -> None:
        self._progress.clear()
        self._out.write(document + "\n")
        self._out.flush()

    def _tell(self, line: str) -> None:
        self._progress.clear()
        self._err.write(line + "\n")
        self._err.flush()


def _name(job: Job) -> str:
    return clean_line(job.path.name, limit=120) if job.path else "Question"

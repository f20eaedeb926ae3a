"""``mondrian-desktop batch``: all photos of folders, a line for each that is done, and a summary."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from mondrian_desktop.cli import request
from mondrian_desktop.cli.waiting import WaitingLine
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs import outcome
from mondrian_desktop.jobs.model import Batch, Job, JobState
from mondrian_desktop.jobs.outcome import Kind
from mondrian_desktop.jobs.pace import time_left
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.summary import Line, Summary
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service

INTERRUPTED = 130
_SHOWN = 3


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``batch``; those of a request come beside."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--recursive", action="store_true", help="look into subfolders, too")
    parser.add_argument("--resume", action="store_true", help="go on with the last batch of these folders")
    parser.add_argument("--again", action="store_true", help="analyze what is already analyzed, too")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="write critiques (JSON), table (CSV) and contact sheet (HTML) there"
    )
    parser.add_argument("--json", action="store_true", help="the summary as JSON")


def run(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Analyze the photos of folders; return the exit code: 1 where one failed or the disk is full, 130 after Ctrl-C.

    Parameters
    ----------
    options
        ``folders``, ``recursive``, ``resume``, ``again``, ``output`` (folder or None), ``json``, ``advisor`` and the
        options of a request.

    Raises
    ------
    UserError
        Where an option makes no sense.
    """
    for folder in options.folders:
        if not folder.exists():
            raise UserError(f"There is no folder {clean_line(str(folder))}.", "Check its name.")
    if options.output is not None:
        request.make_folder(options.output)
    ticker = Ticker(service, err, options.output)
    batch = _resume(service, options, err) if options.resume else None
    if batch is None:
        batch = service.submit_all(
            options.folders,
            request.advisor_ids(service, options.advisor),
            recursive=options.recursive,
            model=options.model,
            options=request.request_options(service, options),
            again=options.again,
        )
    with request.on_ctrl_c(lambda: service.pump.post(ticker.stop)):
        service.pump.run(until=lambda: ticker.stopped or (service.pump.is_idle and not service.problem))
    if service.paused and service.problem:
        err.write(f"{service.problem}\nWhat is done is kept. Go on with the same command and --resume.\n")
        return 1
    if ticker.stopped:
        err.write("Stopped. Go on with the same command and --resume.\n")
        return INTERRUPTED
    summary = service.history.summary(batch)
    gathered = service.batches.gathered(batch.id)
    err.writelines(f"{clean_line(problem)}\n" for problem in (gathered.problems if gathered else ()))
    if options.output is not None:
        _export(service, summary, options.output, err)
    if options.json:
        json.dump(outcome.plain(summary), out, indent=2, ensure_ascii=False)
        out.write("\n")
    else:
        out.writelines(f"{line}\n" for line in summary_lines(service, summary))
    return 1 if summary.failed else 0


class Ticker:
    """Writes a line for every photo that is done, and its analysis into a folder; stops at a problem.

    A server that went away is no reason to stop: it is told, and waited for, with the time at which it is asked again.
    """

    def __init__(self, service: Service, err: TextIO, folder: Path | None) -> None:
        self.stopped = False
        self._service = service
        self._err = err
        self._folder = folder
        service.subscribe(self._update)
        self._told: UserError | None = None
        self._waiting = WaitingLine(err)
        service.on_pause(self._paused)
        service.on_wait(lambda _: self._waiting.show(service.awaited))

    def stop(self) -> None:
        """Let the command end; what is not done stays for the next time."""
        self._waiting.clear()
        self.stopped = True

    def write(self, line: str) -> None:
        """Write a line of its own."""
        self._waiting.clear()
        self._err.write(line + "\n")
        self._err.flush()

    def _paused(self, paused: bool) -> None:
        problem = self._service.problem
        if paused:
            self.stop()
        elif problem is not None and problem is not self._told:
            self.write(f"{problem} Ctrl-C stops waiting.")
        self._told = problem
        if not paused:
            self._waiting.show(self._service.awaited)

    def _update(self, update: Update) -> None:
        job = update.job
        if update.event is not None or not job.is_over:
            return
        analysis = self._service.analysis(job.id)
        if analysis is not None and self._folder is not None:
            document = request.document(self._service, analysis, "json") + "\n"
            request.save(self._folder, f"{_name(job)}.{job.advisor}", "json", document, once=True)
        progress = self._service.progress()
        parts = [
            f"[{progress.over}/{progress.total}] {_name(job)}",
            job.advisor,
            _outcome(job, analysis),
            time_left(progress),
        ]
        self.write(" · ".join(part for part in parts if part))
        self._waiting.show(self._service.awaited)


def summary_lines(service: Service, summary: Summary) -> Iterator[str]:
    """Yield a summary as text: all scores, the best first, what failed, and how the scores are spread."""
    ranked = summary.ranked
    width = max((len(_label(line)) for line in ranked), default=0)
    for line in ranked:
        yield f"{line.score:4.1f}  {_label(line):{min(width, 60)}}  {_advisor(service, line)}"
    unscored = [line for line in summary.lines if line.score is None and line.state is JobState.DONE]
    yield from (f"   –  {_label(line)}" for line in unscored)
    if ranked:
        yield ""
        yield f"{len(ranked)} scored, {summary.mean:.1f} on average"
        names = list(dict.fromkeys(map(_label, ranked)))
        if len(names) > _SHOWN:
            yield "Best: " + ", ".join(names[:_SHOWN])
            yield "Weakest: " + ", ".join(names[: -_SHOWN - 1 : -1])
        for dimension, scores in summary.distribution.items():
            counts = " ".join(f"{scores.get(score, 0) or '·':>4}" for score in range(1, 11))
            yield f"{clean_line(dimension, 24):24}{counts}"
    if summary.failed:
        yield ""
        yield f"{len(summary.failed)} failed:"
        yield from (f"  {_label(line)}: {clean_line(line.reason)}" for line in summary.failed)
    if not summary.lines:
        yield "There are no photos in these folders."


def _resume(service: Service, options: argparse.Namespace, err: TextIO) -> Batch | None:
    """Take up the last batch of these folders that was not finished; None where there is none."""
    roots = tuple(folder.absolute() for folder in options.folders)
    batch = next((batch for batch in service.batches.unfinished() if batch.roots == roots), None)
    if batch is None:
        err.write("Nothing in these folders was interrupted; what is already analyzed is not analyzed again.\n")
        return None
    service.take_up([job for job in service.unfinished() if job.batch == batch.id])
    service.batches.take_up({batch.id})
    return batch


def _export(service: Service, summary: Summary, folder: Path, err: TextIO) -> None:
    for kind, stem in ((Kind.JSON, "batch"), (Kind.CSV, "batch"), (Kind.CONTACT_SHEET, "contact-sheet")):
        content = outcome.text(outcome.of_batch(kind, summary, service.history, service.words))
        err.write(f"Written: {clean_line(str(request.save(folder, stem, kind.value, content, once=True)))}\n")


def _outcome(job: Job, analysis: Analysis | None) -> str:
    if job.state is JobState.FAILED:
        return clean_line(job.reason)
    if job.state is not JobState.DONE:
        return job.state.value
    score = analysis.critique.overall_score if analysis and analysis.critique else None
    return "no score" if score is None else f"{score:.1f}"


def _advisor(service: Service, line: Line) -> str:
    known = service.advisors.get(line.advisor)
    return known.name if known else line.advisor


def _label(line: Line) -> str:
    return clean_line(line.path.name, 60) if line.path else "?"


def _name(job: Job) -> str:
    return clean_line(job.path.name, 120).replace("/", "_") if job.path else "answer"

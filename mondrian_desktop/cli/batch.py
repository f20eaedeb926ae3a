"""``mondrian-desktop batch``: all photos of folders, a line for each that is done, and a summary."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from mondrian_desktop.cli import request
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import Batch, Job, JobState
from mondrian_desktop.jobs.pace import Progress
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.summary import Line, Summary
from mondrian_desktop.report import codec, contact, csv
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
        service.pump.run(until=lambda: ticker.stopped or service.pump.is_idle)
    if service.problem:
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
        json.dump(_plain(summary), out, indent=2, ensure_ascii=False)
        out.write("\n")
    else:
        out.writelines(f"{line}\n" for line in summary_lines(service, summary))
    return 1 if summary.failed else 0


class Ticker:
    """Writes a line for every photo that is done, and its analysis into a folder; stops at a problem."""

    def __init__(self, service: Service, err: TextIO, folder: Path | None) -> None:
        self.stopped = False
        self._service = service
        self._err = err
        self._folder = folder
        service.subscribe(self._update)
        service.on_pause(lambda paused: self.stop() if paused else None)

    def stop(self) -> None:
        """Let the command end; what is not done stays for the next time."""
        self.stopped = True

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
            left(progress),
        ]
        self._err.write(" · ".join(part for part in parts if part) + "\n")
        self._err.flush()


def left(progress: Progress) -> str:
    """Return the time left in words: "about 6 min left"; empty where it is not known or nothing is left."""
    if not progress.seconds_left:
        return ""
    minutes = progress.seconds_left / 60
    if minutes < 1:
        return "less than a minute left"
    return f"about {minutes:.0f} min left" if minutes < 100 else f"about {minutes / 60:.0f} h left"


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
    ids = [line.analysis_id for line in summary.lines if line.analysis_id is not None]
    documents = [codec.to_json(each) for each in _analyses(service, ids)]
    # Without the histograms a table of 10,000 photos fits in memory.
    table = csv.render(replace(each, facts=None) for each in _analyses(service, ids))
    sheet = contact.render(summary.batch.name, _frames(service, summary), summary.distribution, _note(service, summary))
    for stem, suffix, content in (
        ("batch", "json", json.dumps({**_plain(summary), "analyses": documents}, indent=2, ensure_ascii=False) + "\n"),
        ("batch", "csv", table),
        ("contact-sheet", "html", sheet),
    ):
        err.write(f"Written: {clean_line(str(request.save(folder, stem, suffix, content, once=True)))}\n")


def _frames(service: Service, summary: Summary) -> list[contact.Frame]:
    """Return a frame for each photo, the best first, those without a score at the end."""
    by_path: dict[Path | None, list[Line]] = {}
    for line in summary.lines:
        by_path.setdefault(line.path, []).append(line)
    frames = [
        contact.Frame(
            _label(lines[0]),
            tuple(contact.Mark(_advisor(service, line), line.score, _without_score(line)) for line in lines),
            next((service.history.thumbnail(line.analysis_id) for line in lines if line.analysis_id), None),
        )
        for lines in by_path.values()
    ]
    return sorted(frames, key=lambda frame: -(frame.score or 0.0))


def _without_score(line: Line) -> str:
    if line.score is not None:
        return ""
    return line.reason or ("no score" if line.state is JobState.DONE else line.state.value)


def _note(service: Service, summary: Summary) -> str:
    analysis = next(_analyses(service, [line.analysis_id for line in summary.lines if line.analysis_id]), None)
    return service.labels(analysis).model_note if analysis else ""


def _analyses(service: Service, ids: list[int]) -> Iterator[Analysis]:
    for analysis_id in ids:
        analysis = service.history.analysis(analysis_id)
        if analysis is not None:
            yield analysis


def _plain(summary: Summary) -> dict[str, Any]:
    spread = summary.distribution.items()
    return {
        "batch": summary.batch.name,
        "created": summary.batch.created.isoformat(),
        "photos": [
            {
                "path": _text(line.path), "advisor": line.advisor, "state": line.state.value, "reason": line.reason,
                "overall_score": line.score, "analysis_id": line.analysis_id,
            }
            for line in summary.lines
        ],
        "distribution": {name: {str(score): n for score, n in each.items()} for name, each in spread},
    }  # fmt: skip


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


def _text(path: Path | None) -> str | None:
    """Return the path with bytes that are no text replaced."""
    return None if path is None else str(path).encode("utf-8", "replace").decode("utf-8")

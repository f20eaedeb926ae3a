"""From what is asked for (ids, and the settings where nothing is said) to jobs; from a job to all that it names."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mondrian_desktop.critique.advisor import Advisor, Advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import Batch, Job, Options
from mondrian_desktop.jobs.results import Results
from mondrian_desktop.jobs.run import Assignment
from mondrian_desktop.settings import (
    ADVISOR,
    ANALYSIS_SIZE,
    LANGUAGE,
    MAX_TOKENS,
    MODEL,
    SCHEMA,
    STREAM,
    TEMPERATURE,
    THINKING,
    THINKING_TOKENS,
    UPDATE_INTERVAL,
    Settings,
)
from mondrian_desktop.weights.catalog import find


class Orders:
    """Makes jobs and batches, and refuses at once what names something unknown."""

    def __init__(self, advisors: Advisors, settings: Settings, results: Results) -> None:
        self._advisors = advisors
        self._settings = settings
        self._results = results

    def options(self) -> Options:
        """Return the options as the settings have them now."""
        get = self._settings.get
        return Options(
            analysis_size=get(ANALYSIS_SIZE),
            max_tokens=get(MAX_TOKENS),
            temperature=get(TEMPERATURE),
            stream=get(STREAM),
            language=get(LANGUAGE),
            schema=get(SCHEMA),
            thinking=get(THINKING),
            thinking_tokens=get(THINKING_TOKENS),
        )

    def job(
        self, path: Path | None, advisor: str, question: str, model: str, options: Options | None, *, again: bool
    ) -> Job:
        """Return a new job.

        Raises
        ------
        UserError
            Where advisor or model are unknown, or there is neither photo nor question.
        """
        if path is None and not question.strip():
            raise UserError("There is nothing to analyze.", "Give a photo or a question.")
        return self._job(path, advisor, question, model, options, again=again)

    def photos(self, paths: Iterable[Path], advisor: str, *, again: bool) -> list[Job]:
        """Return a new job for each photo: advisor and model are looked up once.

        Raises
        ------
        UserError
            Where advisor or model are unknown.
        """
        first = self._job(None, advisor, "", "", None, again=again)
        return [Job(path.absolute(), first.advisor, first.model, options=first.options, again=again) for path in paths]

    def batch(
        self, name: str, roots: tuple[Path, ...], advisors: Sequence[str], model: str, options: Options | None,
        *, recursive: bool, again: bool,
    ) -> Batch:  # fmt: skip
        """Return a new batch.

        Raises
        ------
        UserError
            Where an advisor or the model is unknown.
        """
        jobs = [self._job(None, advisor, "", model, options, again=again) for advisor in advisors or ("",)]
        first = jobs[0]
        return Batch(name, roots, recursive, tuple(job.advisor for job in jobs), first.model, first.options, again)

    def follow_up(self, analysis_id: int, question: str) -> Job:
        """Return the job of a question about an analysis.

        Raises
        ------
        UserError
            Where there is no such analysis, or no question.
        """
        about = self._results.get(analysis_id)
        if about is None:
            raise UserError("This analysis is not in the history any more.")
        if not question.strip():
            raise UserError("There is no question.", "Write what you would like to know.")
        path = about.photo.path if about.photo else None
        return Job(path, about.advisor, about.model, question.strip(), options=self.options(), about=analysis_id)

    def assignment(self, job: Job) -> Assignment:
        """Return the job with all that it names.

        Raises
        ------
        UserError
            Where something is not there any more.
        """
        # What the command line sets reaches a running job too; a window is told, a service without one has to look.
        self._settings.follow()
        entry = find(job.model)
        return Assignment(
            job,
            self._advisor(job.advisor),
            load_rubric(entry.rubric),
            entry,
            earlier=None if job.again else self._results.earlier,
            interval_s=lambda: self._settings.get(UPDATE_INTERVAL),
            about=None if job.about is None else self._results.get(job.about),
        )

    def _job(
        self, path: Path | None, advisor: str, question: str, model: str, options: Options | None, *, again: bool
    ) -> Job:
        advisor = advisor or self._settings.get(ADVISOR)
        self._advisor(advisor)
        model = model or self._settings.get(MODEL)
        find(model)
        options = options or self.options()
        return Job(path and path.absolute(), advisor, model, question.strip(), options=options, again=again)

    def _advisor(self, advisor_id: str) -> Advisor:
        if advisor_id not in self._advisors:
            known = ", ".join(self._advisors)
            raise UserError(f"There is no advisor “{advisor_id}”.", f"Choose one of: {known}.")
        return self._advisors[advisor_id]

"""The analyses of jobs: from the store, with the last ones kept in memory, and those that could not be saved yet."""

from collections import OrderedDict

from mondrian_desktop.jobs.run import thinking_text
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.report.model import Analysis

KEPT = 64
"""Analyses kept in memory; the others are read from the store when they are asked for."""


class Results:
    """Finds analyses by their jobs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unsaved: dict[str, Analysis] = {}
        self._kept: OrderedDict[int, Analysis] = OrderedDict()

    def of_job(self, job_id: str) -> Analysis | None:
        """Return a job's analysis, or None where it has none."""
        if job_id in self._unsaved:
            return self._unsaved[job_id]
        analysis_id = self._store.analysis_id(job_id)
        return None if analysis_id is None else self.get(analysis_id)

    def last_thinking(self, job_id: str) -> str:
        """Return the last thinking line of a job that is over, made of what was counted; empty where none is known."""
        generated = self._store.generated(job_id)
        return thinking_text(*generated) if generated else ""

    def get(self, analysis_id: int) -> Analysis | None:
        """Return an analysis by its id, or None where there is none."""
        analysis = self._kept.pop(analysis_id, None) or self._store.analysis(analysis_id)
        if analysis is not None:
            self._kept[analysis_id] = analysis
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return analysis

    def earlier(self, content_hash: str, fingerprint: str) -> tuple[int, Analysis] | None:
        """Return id and analysis of this photo with these settings, or None where it was not analyzed so."""
        analysis_id = self._store.earlier(content_hash, fingerprint)
        analysis = None if analysis_id is None else self.get(analysis_id)
        return None if analysis_id is None or analysis is None else (analysis_id, analysis)

    def changed(self, analysis_id: int) -> None:
        """Read it anew when it is next asked for."""
        self._kept.pop(analysis_id, None)

    def keep_unsaved(self, job_id: str, analysis: Analysis) -> None:
        """Hold on to an analysis that the store could not take."""
        self._unsaved[job_id] = analysis

    def forget(self) -> None:
        """Hold on to nothing: all analyses were deleted."""
        self._kept.clear()

    def all_saved(self) -> None:
        """Take in that the store has everything."""
        self._unsaved.clear()

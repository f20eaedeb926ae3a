"""The very picture that the model saw for a job."""

from concurrent.futures import Future

from mondrian_desktop.jobs.model import Job
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.report.model import Analysis


def seen_for(job: Job, analysis: Analysis | None, reader: PhotoReader) -> Future[Pixels] | None:
    """Start making it again, or return None where the model saw no picture or it is not known how it saw it.

    The future ends with a UserError where the photo has changed since, or cannot be read any more.
    """
    if analysis is None or analysis.photo is None or (given := analysis.generation.given_size) is None:
        return None
    photo, size = analysis.photo, job.options.analysis_size
    return reader.seen(photo.path, size, photo.content_hash, given, analysis.generation.analysis_size)

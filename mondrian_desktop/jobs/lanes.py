"""Where jobs run: this machine, or one of the user's servers, each with its own room."""

from collections.abc import Callable
from dataclasses import dataclass

from mondrian_desktop.engine.protocol import Engine
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.weights import servers


@dataclass(frozen=True, slots=True)
class Lane:
    """Where jobs run: this machine, or a server. Those of one lane share its room.

    Attributes
    ----------
    name
        Tells lanes apart.
    room
        How many jobs run there at once.
    """

    name: str
    room: int


def lanes(engine: Engine) -> Callable[[Job], Lane]:
    """Return what tells a job's lane; ``engine`` says how many run at once on this machine."""

    def lane(job: Job) -> Lane:
        server = servers.find(job.model)
        return Lane(server.id, server.concurrency) if server else Lane("this machine", engine.concurrency)

    return lane

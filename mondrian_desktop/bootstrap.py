"""The composition root: settings -> engine, reader, store, service. The only module that names the concrete ones."""

from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.engine import probe
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.remote import RemoteEngine
from mondrian_desktop.engine.router import Router
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Post, Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings
from mondrian_desktop.weights.servers import Server
from mondrian_desktop.weights.standing import Machine


def build(settings: Settings | None = None, post: Post | None = None) -> Service:
    """Return the app's service.

    Parameters
    ----------
    settings
        None: those of the user's settings file and environment.
    post
        Runs a callable on the thread that drives the pump; None for the pump's own loop (no Qt).
    """
    advisors = load_advisors(paths.resource("advisors"), paths.data_dir() / "advisors")
    engine = Router(MlxEngine(), lambda server: RemoteEngine(server, _key))
    machine = Machine(supports=probe.supports)
    return Service(engine, PhotoReader(), advisors, settings or Settings(), Pump(post), _open_store(), machine)


def _key(server: Server) -> str:
    # The keychain's library: needed where a server is used only.
    from mondrian_desktop.weights import server_keys

    return server_keys.read(server)


def _open_store() -> Store:
    try:
        return Store.open(paths.data_dir() / "history.db")
    except UserError as err:
        # A critique can be written and read all the same.
        store = Store.open(None)
        store.problems = (f"{err} Until then nothing is remembered.",)
        return store

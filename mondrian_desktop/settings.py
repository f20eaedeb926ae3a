"""One typed declaration per option. Preferences, ``--help`` and the environment are views of these.

A value comes from the environment (``MONDRIAN_`` and the name in capitals), else from the settings file, else
it is the default. A file that is broken, or from a newer version, is kept aside and reported, never wiped.
"""

import difflib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.setting import Group as Group
from mondrian_desktop.setting import Setting as Setting
from mondrian_desktop.setting import T

FORMAT = 1
"""Of the settings file, under the key "format"; higher where an older version would misunderstand the values."""


APPEARANCE = Setting(
    "appearance", "system", "Appearance", "Light or dark; system: as the system has it.",
    choices=("system", "light", "dark"),
)  # fmt: skip
UPDATE_INTERVAL = Setting(
    "update_interval", 5.0, "Update interval", "How often progress is told while a critique is written.",
    unit="s", minimum=0.1, maximum=60.0,
)  # fmt: skip
STREAM = Setting(
    "stream", True, "Stream the answer",
    "Off: the model's library generates in one piece, and the window cannot be used meanwhile.",
    group=Group.ANALYSIS,
)  # fmt: skip
ANALYSIS_SIZE = Setting(
    "analysis_size", 1024, "Analysis size", "Long side of the picture that is handed to the model.",
    unit="pixels", minimum=512, maximum=2048, group=Group.ANALYSIS,
)  # fmt: skip
MAX_TOKENS = Setting(
    "max_tokens", 1500, "Longest answer", "Largest number of tokens a critique may have.",
    unit="tokens", minimum=16, maximum=8192, group=Group.ANALYSIS,
)  # fmt: skip
TEMPERATURE = Setting(
    "temperature", 0.0, "Temperature", "0: the same photo gets the same words each time. Higher: more varied words.",
    minimum=0.0, maximum=2.0, group=Group.ANALYSIS,
)  # fmt: skip
LANGUAGE = Setting(
    "language", "English", "Language", "In which critiques and answers are written. The built-in model knows English.",
)  # fmt: skip
SCHEMA = Setting(
    "schema", True, "Hold answers to the form",
    "A model that can be held to the form of a critique always writes a whole one. Off: it writes as it likes.",
    group=Group.ANALYSIS,
)  # fmt: skip
THINKING = Setting(
    "thinking", "auto", "Thinking",
    "Some models can think before they answer. It takes longer, and what they thought is shown apart.",
    choices=("auto", "on", "off"), words=("As each model does", "Wherever a model can", "Never"), group=Group.ANALYSIS,
)  # fmt: skip
THINKING_TOKENS = Setting(
    "thinking_tokens", 1024, "Longest thinking",
    "After so many tokens a model is made to answer. The answer has its own limit.",
    unit="tokens", minimum=16, maximum=16384, group=Group.ANALYSIS,
)  # fmt: skip
ADVISOR = Setting("advisor", "mentor", "Advisor", "Who writes the critique.", group=Group.ANALYSIS)
MODEL = Setting(
    "model", "mini", "Model", "A model on this Mac, or a server of yours; its id or its folder.", group=Group.MODELS
)
UNLOAD_AFTER = Setting(
    "unload_after", 10.0, "Unload when idle",
    "After this time without work the model gives its memory back; it is loaded again when needed. 0: never.",
    unit="minutes", minimum=0.0, maximum=1440.0, group=Group.MODELS,
)  # fmt: skip
OFFER_MODEL = Setting(
    "offer_model", True, "Offer a larger model",
    "While the built-in model is in use, offer the one that fits this Mac.", group=Group.MODELS,
)  # fmt: skip
SERVICE = Setting(
    "service", False, "Local service", "Lets pages and phones submit photos and watch. As long as the app runs.",
    group=Group.SERVICE,
)  # fmt: skip
SERVICE_HOST = Setting(
    "service_host", "127.0.0.1", "Service address",
    "127.0.0.1: this machine only. 0.0.0.0: also your network, for those who have the token.",
    group=Group.SERVICE,
)  # fmt: skip
SERVICE_PORT = Setting(
    "service_port", 5005, "Service port", "Where the service listens. 0 takes a free one.", minimum=0, maximum=65535,
    group=Group.SERVICE,
)  # fmt: skip
SHARED_FOLDERS = Setting(
    "shared_folders", "", "Shared folders",
    "Photos in these folders can be submitted to the service by name. Several: with a colon between them.",
    group=Group.SERVICE,
)  # fmt: skip
RESUME_BATCHES = Setting(
    "resume_batches", True, "Go on with batches at the start",
    "A batch that was not finished when the app ended goes on by itself. Off: it is offered.", group=Group.BATCHES,
)  # fmt: skip
BATCH_SUBFOLDERS = Setting(
    "batch_subfolders", True, "Photos in subfolders, too",
    "What the sheet before a batch proposes; there it can be changed for this batch.", group=Group.BATCHES,
)  # fmt: skip
WATCH_SUBFOLDERS = Setting(
    "watch_subfolders", False, "Watch subfolders, too",
    "Also of the folder that is watched now. What is in them already counts as there before.", group=Group.BATCHES,
)  # fmt: skip
WATCH_EXISTING = Setting(
    "watch_existing", False, "Also photos that were there before",
    "Also of the folder that is watched now. Off: only what arrives while it is watched is analyzed.",
    group=Group.BATCHES,
)  # fmt: skip
KEEP_AWAKE = Setting(
    "keep_awake", True, "Keep the Mac awake",
    "While a batch runs the Mac does not go to sleep by itself. Closing its lid still lets it sleep.",
    group=Group.BATCHES,
)  # fmt: skip
NOTIFY = Setting(
    "notify", True, "Tell when a batch is over", "By a notification where the app is in the background.",
    group=Group.BATCHES,
)  # fmt: skip
EXPORT_FORMAT = Setting(
    "export_format", "pdf", "Format",
    "What Export proposes first. PDF is for one critique at a time; several become a web page instead.",
    choices=("pdf", "html", "md", "json", "csv"),
    words=("PDF", "Web page", "Markdown", "JSON", "Table for spreadsheets"), group=Group.EXPORT,
)  # fmt: skip
EXPORT_PHOTO = Setting(
    "export_photo", True, "With the photo", "PDFs and web pages that are exported from the window carry the photo.",
    group=Group.EXPORT,
)  # fmt: skip
SIDECARS = Setting(
    "sidecars", False, "Write sidecars",
    "Every critique is also written into an XMP file beside its photo, for Lightroom, darktable, digiKam and others.",
    group=Group.EXPORT,
)  # fmt: skip
SIDECAR_NAMING = Setting(
    "sidecar_naming", "photo.xmp", "Sidecar name", "photo.xmp: as Lightroom has it. photo.ext.xmp: darktable, digiKam.",
    choices=("photo.xmp", "photo.ext.xmp"), group=Group.EXPORT,
)  # fmt: skip
SIDECAR_MERGE = Setting(
    "sidecar_merge", "append", "Where there are words already",
    "Description and keywords that are there: append to them, skip, or overwrite. The version before is always kept.",
    choices=("append", "skip", "overwrite"), group=Group.EXPORT,
)  # fmt: skip
SIDECAR_RATING = Setting(
    "sidecar_rating", False, "Rating from the score", "Also writes one to five stars, made of the overall score.",
    group=Group.EXPORT,
)  # fmt: skip

ALL: tuple[Setting[Any], ...] = (
    APPEARANCE, LANGUAGE, UPDATE_INTERVAL,
    ADVISOR, ANALYSIS_SIZE, MAX_TOKENS, TEMPERATURE, SCHEMA, THINKING, THINKING_TOKENS, STREAM,
    MODEL, OFFER_MODEL, UNLOAD_AFTER,
    RESUME_BATCHES, BATCH_SUBFOLDERS, KEEP_AWAKE, NOTIFY, WATCH_SUBFOLDERS, WATCH_EXISTING,
    SERVICE, SERVICE_HOST, SERVICE_PORT, SHARED_FOLDERS,
    EXPORT_FORMAT, EXPORT_PHOTO, SIDECARS, SIDECAR_NAMING, SIDECAR_MERGE, SIDECAR_RATING,
)  # fmt: skip
Source = Literal["environment", "file", "default"]


def find(name: str) -> Setting[Any]:
    """Return the setting of this name; hyphens count as underscores.

    Raises
    ------
    UserError
        Where there is none.
    """
    by_name = {setting.name: setting for setting in ALL}
    wanted = name.strip().lower().replace("-", "_")
    if wanted in by_name:
        return by_name[wanted]
    close = difflib.get_close_matches(wanted, by_name, 1)
    advice = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(by_name)}."
    raise UserError(f"There is no setting {name!r}.", advice)


class _Signature(NamedTuple):
    """What differs between two states of the file: it is replaced as a whole, or written in its place."""

    inode: int
    size: int
    modified_ns: int


def _signature(file: Path) -> _Signature | None:
    """Return the signature of a file, or None where there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return _Signature(status.st_ino, status.st_size, status.st_mtime_ns)


class Settings:
    """The values in force, with the file behind them.

    Parameters
    ----------
    file
        The settings file (JSON object); it need not exist.
    environment
        Where ``MONDRIAN_…`` variables are looked up.

    Attributes
    ----------
    problems
        Sentences about values and files that could not be used; the defaults are in force for these.
    """

    def __init__(self, file: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.file = file or paths.config_dir() / "settings.json"
        self.problems: list[str] = []
        self._environment = os.environ if environment is None else environment
        self._listeners: list[tuple[Callable[[Setting[Any]], None], Callable[[str], None]]] = []
        self._keep_as = ""
        self._stored: dict[str, Any] = {}
        self._seen: _Signature | None = None
        self._was_moved = False
        self._stored = self._read() or {}

    def get(self, setting: Setting[T]) -> T:
        """Return the value of ``setting`` from the environment, the file, or its default, in this order."""
        return self._find(setting)[0]

    def source(self, setting: Setting[T]) -> Source:
        """Return where the value in force comes from."""
        return self._find(setting)[1]

    def set(self, setting: Setting[T], value: T) -> None:
        """Store ``value``, at once and as a whole file (a crash leaves the old one), and tell the listeners.

        What others (the command line, say) have stored in the meantime is taken over. Where the environment has a
        value, that one stays in force.

        Raises
        ------
        UserError
            Where the value is out of range or the file cannot be written; the old value stays in force.
        """
        parsed = setting.parse(value)
        before = self._in_force()
        read = self._read_and_tell()
        stored = (self._stored if read is None else read) | {"format": FORMAT, setting.name: parsed}
        part = self.file.with_name(self.file.name + ".part")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
            if self._keep_as:
                self.file.replace(self._aside(self._keep_as))
            # Of the very file that this process wrote: renaming changes nothing of it.
            signature = _signature(part)
            part.replace(self.file)
        except OSError as err:
            raise UserError(f"The settings could not be saved to {self.file}: {err.strerror}.") from err
        self._stored, self._keep_as, self._seen, self._was_moved = stored, "", signature, False
        self._tell_changes(before)

    def look_again(self) -> None:
        """Take over what others (the command line, say) have stored meanwhile, and tell the listeners."""
        before = self._in_force()
        read = self._read_and_tell()
        if read is not None:
            self._stored = read
            self._tell_changes(before)

    @property
    def is_outdated(self) -> bool:
        """Whether others have changed the file since it was read; asks the disk, and may be asked on any thread."""
        signature = _signature(self.file)
        # An editor that writes the file in its place empties it first: there is more to come.
        return signature != self._seen and (signature is None or signature.size > 0)

    def follow(self) -> None:
        """Take over what others have stored meanwhile, as :meth:`look_again`, where there is anything.

        For whoever needs the settings as they are now, and has nobody who tells of changes.
        """
        if self.is_outdated:
            self.look_again()

    def on_change(
        self, listener: Callable[[Setting[Any]], None], on_problem: Callable[[str], None] = lambda problem: None
    ) -> Callable[[], None]:
        """Have ``listener`` called with every setting whose value has changed; returns the way out.

        ``on_problem`` is told what is found wrong with the file when something is set.
        """
        both = (listener, on_problem)
        self._listeners.append(both)

        def leave() -> None:
            if both in self._listeners:
                self._listeners.remove(both)

        return leave

    def _in_force(self) -> dict[str, Any]:
        return {each.name: self.get(each) for each in ALL}

    def _read_and_tell(self) -> dict[str, Any] | None:
        """Read the file anew; what is wrong with it is told."""
        known = len(self.problems)
        read = self._read()
        for problem in self.problems[known:]:
            for _, on_problem in tuple(self._listeners):
                on_problem(problem)
        return read

    def _tell_changes(self, before: Mapping[str, Any]) -> None:
        for each in ALL:
            if self.get(each) != before[each.name]:
                for listener, _ in tuple(self._listeners):
                    listener(each)

    def _find(self, setting: Setting[T]) -> tuple[T, Source]:
        sources: tuple[tuple[Source, str, object], ...] = (
            ("environment", f"the environment ({setting.variable})", self._environment.get(setting.variable)),
            ("file", str(self.file), self._stored.get(setting.name)),
        )
        for source, where, value in sources:
            if value is not None:
                try:
                    return setting.parse(value), source
                except UserError as err:
                    self._tell(f"{err.what} It comes from {where} and is not used.")
        return setting.default, "default"

    def _read(self) -> dict[str, Any] | None:
        """Return what the file has, or None where it cannot be used; it is kept then."""
        self._keep_as = ""
        # Before reading: what is changed meanwhile is seen at the next look.
        self._seen = _signature(self.file)
        try:
            stored = json.loads(self.file.read_text(encoding="utf-8"))
            if not isinstance(stored, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            # Deleted by the user, that means all defaults; moved by us, it does not.
            return None if self._was_moved else {}
        except OSError as err:
            self._keep_as = "unreadable" if self.file.is_file() else ""
            self._tell(f"The settings in {self.file} could not be read: {err.strerror}. {self._instead()}")
            return None
        except (ValueError, RecursionError):
            aside = self._aside("broken")
            self._tell(f"The settings file was damaged. It is kept as {aside}. {self._instead()}")
            try:
                self.file.replace(aside)
                self._seen, self._was_moved = None, True
            except OSError as err:
                self._tell(f"It could not be moved: {err.strerror}.")
            return None
        if stored.get("format", FORMAT) != FORMAT:
            # Not moved before there is something else to put there: the newer version finds it as it was.
            self._keep_as = "newer"
            self._tell(
                f"The settings in {self.file} are from a newer version. {self._instead()} "
                f"Once you change something here, they are kept as {self._aside('newer').name}."
            )
            return None
        self._was_moved = False
        return stored

    def _instead(self) -> str:
        """Return what is used in the place of the file; while the app runs, that is what was in force."""
        return "What was in force stays." if self._stored else "Defaults are used."

    def _aside(self, kind: str) -> Path:
        """Return a free name beside the file."""
        aside, number = self.file.with_name(f"{self.file.name}.{kind}"), 1
        while aside.exists():
            number += 1
            aside = self.file.with_name(f"{self.file.name}.{kind}-{number}")
        return aside

    def _tell(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

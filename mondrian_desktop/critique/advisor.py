"""Advisors: in whose manner a critique is written. Data, one TOML file each, shipped ones and the user's own."""

import re
import tomllib
import unicodedata
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.whole_file import write_whole

DEFAULT = "mentor"
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_TEXTS = {"name": 80, "years": 40, "kind": 60, "biography": 1500, "seeing": 1500, "voice": 1500, "outside": 1000}
_REQUIRED = ("id", "name", "seeing", "voice")
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Advisor:
    """Someone in whose manner a model writes.

    Attributes
    ----------
    id
        Lower-case name for settings and commands, unique.
    name, years, kind
        E.g. "Ansel Adams", "1902–1984", "photographer".
    biography
        A few sentences for people; the model does not get it.
    focus
        What this advisor looks at first, most important first.
    seeing, voice, outside
        How they look, how they speak, and what they do with subjects outside their field: instructions to the model.
    adapter
        Folder of a LoRA adapter to load with the model, or None.
    links
        http(s) addresses to read on.
    order
        Place in lists; equal ones by name.
    """

    id: str
    name: str
    seeing: str
    voice: str
    years: str = ""
    kind: str = ""
    biography: str = ""
    focus: tuple[str, ...] = ()
    outside: str = ""
    adapter: Path | None = None
    links: tuple[str, ...] = ()
    order: int = 100

    @property
    def is_person(self) -> bool:
        """Whether the advisor is somebody who lived: then a critique is "in the manner of"."""
        return bool(self.years)

    @property
    def byline(self) -> str:
        """One line that says who wrote the critique."""
        if self.is_person:
            return f"Written by a model in the manner of {self.name}; not {self.name}’s own words."
        return f"Written by a model as {self.name}."


class Advisors(Mapping[str, Advisor]):
    """Advisors by id: the neutral one first, then by their order.

    Attributes
    ----------
    problems
        One sentence per file that could not be used, with its name and, where known, the line.
    files
        Where each one was read, by id; none for advisors that were not read from a file.
    """

    def __init__(
        self,
        advisors: Mapping[str, Advisor],
        problems: tuple[str, ...] = (),
        files: Mapping[str, Path] | None = None,
    ) -> None:
        by_place = sorted(advisors.values(), key=lambda each: (each.id != DEFAULT, each.order, each.name, each.id))
        self._by_id = {each.id: each for each in by_place}
        self.problems = problems
        self.files: Mapping[str, Path] = dict(files or {})

    def __getitem__(self, advisor_id: str) -> Advisor:
        return self._by_id[advisor_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def take(self, other: "Advisors") -> None:
        """Become the same as ``other``, for all who hold this mapping."""
        self._by_id, self.problems, self.files = dict(other._by_id), other.problems, dict(other.files)

    def or_gone(self, advisor_id: str) -> Advisor:
        """Return an advisor; for one that was removed since, a stand-in with nothing but its id."""
        return self.get(advisor_id) or Advisor(id=advisor_id, name=advisor_id, seeing="", voice="")

    def is_own(self, advisor_id: str) -> bool:
        """Whether it was read from the user's own folder."""
        file = self.files.get(advisor_id)
        return file is not None and file.parent == user_folder()

    def select(self, names: str) -> tuple[Advisor, ...]:
        """Return the advisors of a comma list of ids, each once, or every one for "all".

        Raises
        ------
        UserError
            Where one is not known, or nothing is named.
        """
        ids = [name.strip().casefold() for name in names.split(",") if name.strip()]
        if "all" in ids:
            return tuple(self.values())
        unknown = [name for name in ids if name not in self]
        if unknown or not ids:
            what = f"There is no advisor “{unknown[0]}”." if unknown else "No advisor is named."
            raise UserError(what, f"Choose from {', '.join(self)}, or all.")
        return tuple(self[name] for name in dict.fromkeys(ids))


def user_folder() -> Path:
    """Return the folder of the user's own advisors; it need not exist."""
    return paths.data_dir() / "advisors"


def load_advisors(*folders: Path) -> Advisors:
    """Read every ``*.toml`` in the folders; a later folder's advisor replaces an earlier one of the same id.

    Without folders: the shipped ones, then the user's own. A folder that does not exist is empty. A broken file
    does not keep the others from loading: see :attr:`Advisors.problems`.
    """
    found: dict[str, Advisor] = {}
    origin: dict[str, Path] = {}
    problems: list[str] = []
    for folder in folders or (paths.resource("advisors"), user_folder()):
        try:
            files = sorted(
                file for file in folder.iterdir() if file.suffix == ".toml" and not file.name.startswith(".")
            )
        except FileNotFoundError:
            continue
        except OSError as err:
            problems.append(f"The advisors in {folder} could not be read: {err.strerror}.")
            continue
        for file in files:
            try:
                advisor = read_advisor(file)
            except UserError as err:
                problems.append(str(err))
            else:
                found[advisor.id], origin[advisor.id] = advisor, file
    return Advisors(found, tuple(problems), origin)


def read_advisor(file: Path) -> Advisor:
    """Return the advisor in ``file``.

    Raises
    ------
    UserError
        Where it cannot be read or is not an advisor; the sentence names file and line.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
    except OSError as err:
        raise UserError(f"The advisor {file} could not be read: {err.strerror}.") from err
    if len(data) > _MAX_BYTES:
        raise UserError(f"The advisor {file} is longer than {_MAX_BYTES // 1024} KB.", "Shorten its texts.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as err:
        line = data[: err.start].count(b"\n") + 1
        raise UserError(f"{file}, line {line}: the text is not UTF-8.", "Save the file as UTF-8.") from err
    return parse_advisor(text, file)


def parse_advisor(text: str, file: Path) -> Advisor:
    """Return the advisor that ``text`` describes; ``file`` is where it is, or will be, for messages and adapters.

    Raises
    ------
    UserError
        Where it is not an advisor; the sentence names file and line.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        line = re.search(r"at line (\d+)", str(err))
        place = f"line {line[1]}" if line else f"line {text.count(chr(10)) + 1}"
        reason = re.sub(r" \(at .*\)$", "", str(err))
        raise UserError(f"{file}, {place}: {reason}.", "The other advisors are there; correct this file.") from err
    return _Reader(table, text, file).advisor()


def to_toml(advisor: Advisor) -> str:
    """Return the text of a file that :func:`parse_advisor` reads back as the same advisor."""
    lines = [f"{key} = {_quote(getattr(advisor, key))}" for key in ("id", *_TEXTS) if getattr(advisor, key)]
    lines += [
        f"{key} = [\n{''.join(f'    {_quote(item)},{chr(10)}' for item in items)}]"
        for key, items in (("focus", advisor.focus), ("links", advisor.links))
        if items
    ]
    if advisor.adapter is not None:
        lines.append(f"adapter = {_quote(str(advisor.adapter))}")
    return "\n".join([*lines, f"order = {advisor.order}"]) + "\n"


def save_advisor(advisor: Advisor, folder: Path | None = None) -> Path:
    """Write the advisor into the user's folder (or ``folder``) as a whole file, and return its path.

    Raises
    ------
    UserError
        Where it is not a usable advisor, or cannot be written.
    """
    file = (folder or user_folder()) / f"{advisor.id}.toml"
    text = to_toml(advisor)
    parse_advisor(text, file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
    except OSError as err:
        raise UserError(f"The advisor could not be saved to {file}: {err.strerror}.") from err
    return file


def remove_advisor(file: Path) -> None:
    """Take the file of an own advisor out of the way, under a name that is not read.

    Raises
    ------
    UserError
        Where that is not possible.
    """
    try:
        file.replace(file.with_name(file.name + ".removed"))
    except OSError as err:
        raise UserError(f"The advisor {file} could not be removed: {err.strerror}.") from err


def restore_advisor(file: Path) -> None:
    """Bring back what :func:`remove_advisor` took out of the way.

    Raises
    ------
    UserError
        Where that is not possible.
    """
    try:
        file.with_name(file.name + ".removed").replace(file)
    except OSError as err:
        raise UserError(f"The advisor {file} could not be brought back: {err.strerror}.") from err


def new_id(name: str, taken: Container[str]) -> str:
    """Return an id made from a name, that is not taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36] or "advisor"
    stem = "advisor" if stem == "all" else stem
    return next(each for number in count(1) if (each := stem if number == 1 else f"{stem}-{number}") not in taken)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = re.sub(r"[\x00-\x1f\x7f]", lambda char: f"\\u{ord(char[0]):04x}", escaped.replace("\n", "\\n"))
    return f'"{escaped}"'


class _Reader:
    """Checks one file's table; every complaint names the line on which the key stands."""

    def __init__(self, table: Mapping[str, Any], text: str, file: Path) -> None:
        self._table, self._lines, self._file = table, text.splitlines(), file

    def advisor(self) -> Advisor:
        for key in _REQUIRED:
            if not self._table.get(key):
                raise self._problem(key, f"“{key}” is missing or empty")
        if not _ID.fullmatch(str(self._table["id"])) or self._table["id"] == "all":
            raise self._problem("id", "“id” must be lower-case letters, digits, - and _, at most 40, and not “all”")
        texts = {key: self._text(key, limit) for key, limit in _TEXTS.items()}
        order = self._table.get("order", 100)
        if not isinstance(order, int):
            raise self._problem("order", "“order” must be a whole number")
        return Advisor(
            id=str(self._table["id"]), focus=self._list("focus", 10, 120), links=self._links(), order=order,
            adapter=self._adapter(), **texts,
        )  # fmt: skip

    def _text(self, key: str, limit: int) -> str:
        value = self._table.get(key, "")
        if not isinstance(value, str):
            raise self._problem(key, f"“{key}” must be a text")
        value = value.strip()
        if len(value) > limit:
            raise self._problem(key, f"“{key}” has {len(value)} characters, more than {limit}")
        return value

    def _list(self, key: str, most: int, limit: int) -> tuple[str, ...]:
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._problem(key, f"“{key}” must be a list of texts")
        if len(value) > most or any(len(item) > limit for item in value):
            raise self._problem(key, f"“{key}” may have {most} texts of at most {limit} characters")
        return tuple(item.strip() for item in value if item.strip())

    def _links(self) -> tuple[str, ...]:
        links = self._list("links", 10, 300)
        if not all(re.fullmatch(r"https?://[^\s<>\"']+", link) for link in links):
            raise self._problem("links", "“links” may hold only addresses that begin with http:// or https://")
        return links

    def _adapter(self) -> Path | None:
        folder = self._text("adapter", 1000)
        return (self._file.parent / Path(folder).expanduser()) if folder else None

    def _problem(self, key: str, what: str) -> UserError:
        pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
        line = next((number for number, line in enumerate(self._lines, 1) if pattern.match(line)), 1)
        return UserError(f"{self._file}, line {line}: {what}.", "The other advisors are there; correct this file.")

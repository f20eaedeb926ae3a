"""``mondrian-desktop settings``: list, tell and change what the preferences show, generated from the declarations."""

import argparse
import json
from typing import Any, TextIO

from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import load_advisors, user_folder
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.settings import ADVISOR, ALL, MODEL, Group, Setting, Settings, find
from mondrian_desktop.weights import catalog
from mondrian_desktop.weights.check import check
from mondrian_desktop.weights.space import memory_bytes, usable_bytes


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="every setting with its value, where that comes from, and what it means")
    listing.add_argument("--json", action="store_true", help="as JSON")
    getting = verbs.add_parser("get", help="the value of one setting")
    getting.add_argument("name", metavar="NAME")
    getting.add_argument("--json", action="store_true", help="as JSON, with range and meaning")
    setting = verbs.add_parser("set", help="change one setting")
    setting.add_argument("name", metavar="NAME")
    setting.add_argument("value", metavar="VALUE")
    setting.add_argument("--json", action="store_true", help="tell the setting as JSON")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Carry out a verb and return the exit code; what is wrong with the settings file is told on ``err``.

    Raises
    ------
    UserError
        Where there is no such setting, or the value is not possible.
    """
    settings = Settings()
    if options.verb == "list":
        _list(settings, out, as_json=options.json)
    else:
        setting = find(options.name)
        if options.verb == "set":
            _set(settings, setting, options.value, err)
        if options.json:
            _write_json(_record(settings, setting), out)
        elif options.verb == "get":
            out.write(f"{_shown(settings.get(setting))}\n")
    for problem in settings.problems:
        err.write(f"mondrian-desktop: {problem}\n")
    return 0


def _list(settings: Settings, out: TextIO, *, as_json: bool) -> None:
    if as_json:
        _write_json([_record(settings, setting) for setting in ALL], out)
        return
    for group in Group:
        out.write(f"{group}\n")
        for setting in (each for each in ALL if each.group is group):
            value = f"{_shown(settings.get(setting))} {setting.unit}".strip() or "(empty)"
            source = settings.source(setting)
            where = "" if source == "default" else f"  ({setting.variable if source == 'environment' else 'changed'})"
            out.write(f"  {setting.name:<16}  {value}{where}\n  {'':<16}  {setting.label}. {setting.help}\n")


def _set(settings: Settings, setting: Setting[Any], value: str, err: TextIO) -> None:
    parsed = setting.parse(value)
    if setting is MODEL:
        _check_model(parsed)
    elif setting is ADVISOR:
        load_advisors(paths.resource("advisors"), user_folder()).select(parsed)
    settings.set(setting, parsed)
    if settings.source(setting) == "environment":
        err.write(f"Saved; {setting.variable} is in force as long as it is set.\n")


def _check_model(model: str) -> None:
    """UserError where the model is not here, or could not be loaded."""
    entry = catalog.find(model)
    if not entry.server:
        check(entry.path, usable_bytes=usable_bytes(memory_bytes()))


def _record(settings: Settings, setting: Setting[Any]) -> dict[str, Any]:
    return {
        "name": setting.name,
        "value": settings.get(setting),
        "default": setting.default,
        "source": settings.source(setting),
        "group": setting.group.value,
        "label": setting.label,
        "help": setting.help,
        "unit": setting.unit,
        "minimum": setting.minimum,
        "maximum": setting.maximum,
        "choices": list(setting.choices),
        "variable": setting.variable,
    }


def _write_json(record: object, out: TextIO) -> None:
    out.write(json.dumps(record, indent=2) + "\n")


def _shown(value: bool | float | str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return clean_line(value, 1000) if isinstance(value, str) else f"{value:g}"

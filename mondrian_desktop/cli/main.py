"""Arguments in, exit code out: 0 done, 1 a photo failed (the others went on), 2 bad usage, 130 ended by Ctrl-C."""

import argparse
import difflib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import mondrian_desktop
from mondrian_desktop import log, paths
from mondrian_desktop.cli import analyze, batch, doctor, history, models, request, servers, settings, watch
from mondrian_desktop.cli.inspect import inspect
from mondrian_desktop.display import has_display
from mondrian_desktop.errors import UserError
from mondrian_desktop.service import Service
from mondrian_desktop.settings import (
    ADVISOR,
    LANGUAGE,
    MAX_TOKENS,
    MODEL,
    SERVICE_HOST,
    SERVICE_PORT,
    THINKING,
    UPDATE_INTERVAL,
    Setting,
)

COMMANDS = (
    "analyze", "ask", "batch", "watch", "history", "models", "inspect", "servers", "serve", "verify-streaming",
    "settings",
    "doctor", "self-test", "demo", "window",
)  # fmt: skip
USAGE_ERROR = 2


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments; ``command`` names what to run, "window" where no command is given.

    Exits with code 2 and a usage line where they make no sense.
    """
    words = ["self-test" if word == "--self-test" else word for word in arguments]
    if not words or (words[0] not in COMMANDS and words[0] not in ("-h", "--help", "--version")):
        _refuse_typo(words)
        words.insert(0, "window")
    options = _parser().parse_args(words)
    if options.command == "demo":
        _become_demo(options)
    return options


def _refuse_typo(words: Sequence[str]) -> None:
    """Exit where the first word is neither a photo nor a command, but looks like one: "analyse"."""
    if words and words[0].replace("-", "").isalpha() and not words[0].startswith("-") and not Path(words[0]).exists():
        close = difflib.get_close_matches(words[0], COMMANDS, 1)
        _parser().error(f"there is no command or photo {words[0]!r}" + (f"; did you mean {close[0]}?" if close else ""))


def run_command(options: argparse.Namespace, build: Callable[[], Service]) -> int:
    """Carry out a parsed command other than the window; errors are told on stderr."""
    log.start(verbose=options.verbose)
    if options.command == "inspect":
        asked = {"as_json": options.json, "with_location": options.location}
        return inspect(options.photos, out=sys.stdout, err=sys.stderr, **asked)
    if options.command == "settings":
        return _settings(options)
    if options.command == "verify-streaming":
        return _verify_streaming(options, build)
    service = build()
    told = _tell_problems(service)
    try:
        if options.command == "doctor":
            return doctor.run(service, sys.stdout)
        if options.command == "serve":
            # FastAPI and uvicorn take a while to import, and the other commands do without.
            from mondrian_desktop.cli import serve

            return serve.run(service, options, sys.stdout, sys.stderr)
        if run := {
            "batch": batch.run,
            "watch": watch.run,
            "history": history.run,
            "models": models.run,
            "servers": servers.run,
        }.get(options.command):
            return run(service, options, sys.stdout, sys.stderr)
        return analyze.run(service, options, sys.stdout, sys.stderr)
    except UserError as err:
        sys.stderr.write(f"mondrian-desktop: {err}\n")
        return USAGE_ERROR
    finally:
        for problem in service.settings.problems:
            if problem not in told:
                sys.stderr.write(f"mondrian-desktop: {problem}\n")
        service.close()


def _tell_problems(service: Service) -> Sequence[str]:
    """Have what is found wrong with the settings meanwhile told at once: a service runs for days; return what was."""
    told: list[str] = []

    def tell(problem: str) -> None:
        told.append(problem)
        sys.stderr.write(f"mondrian-desktop: {problem}\n")

    service.settings.on_change(lambda setting: None, tell)
    return told


def _verify_streaming(options: argparse.Namespace, build: Callable[[], Service]) -> int:
    """Run the check; a service is built only where none runs."""
    from mondrian_desktop.cli import verify_streaming

    try:
        return verify_streaming.run(build, options, sys.stdout, sys.stderr)
    except UserError as err:
        sys.stderr.write(f"mondrian-desktop: {err}\n")
        return USAGE_ERROR


def _settings(options: argparse.Namespace) -> int:
    """Tell or change settings; neither history nor models are opened for that."""
    try:
        return settings.run(options, sys.stdout, sys.stderr)
    except UserError as err:
        sys.stderr.write(f"mondrian-desktop: {err}\n")
        return USAGE_ERROR


def _become_demo(options: argparse.Namespace) -> None:
    sample = [paths.resource("samples", "lake.jpg")]
    if has_display():
        options.command, options.photos, options.analyze = "window", sample, True
        return
    sys.stderr.write("There is no display, so the analysis runs here instead of in the window.\n")
    line = _parser().parse_args(["analyze", *(str(path) for path in sample)])
    vars(options).update(vars(line))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "mondrian-desktop", description="Honest, private critique of your photographs, written on your own machine."
    )
    parser.add_argument("--version", action="version", version=f"Mondrian Desktop {mondrian_desktop.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    window = commands.add_parser("window", help="open the window (what happens without a command)")
    window.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    window.add_argument("--analyze", action="store_true", help="start analyzing at once")

    photo = commands.add_parser("analyze", help="write critiques of photos")
    photo.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    photo.add_argument(
        "--format", choices=request.FORMATS, default="text", help="of the result (text is written while it arrives)"
    )
    photo.add_argument("--output", type=Path, metavar="DIR", help="write one file a critique there instead of stdout")
    _add_request_options(photo)

    question = commands.add_parser("ask", help="ask about photography, without a photo")
    question.add_argument("question", metavar="QUESTION")
    _add_request_options(question)

    many = commands.add_parser("batch", help="write critiques of all photos in folders")
    batch.add_options(many)
    _add_request_options(many)

    watching = commands.add_parser("watch", help="write critiques of photos as they arrive in a folder")
    watch.add_options(watching)
    _add_request_options(watching)

    history.add_options(commands.add_parser("history", help="list, search, export or delete what was analyzed"))

    servers.add_options(commands.add_parser("servers", help="list, add, check or remove servers that run the model"))

    models.add_options(commands.add_parser("models", help="list, download, remove and choose models"))

    facts = commands.add_parser("inspect", help="tell what can be measured on photos, without a model")
    facts.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    facts.add_argument("--json", action="store_true", help="as JSON")
    facts.add_argument("--location", action="store_true", help="also where it was taken, which is told nowhere else")

    serving = commands.add_parser("serve", help="answer phones and web pages over HTTP, without a window")
    serving.add_argument("--host", metavar="ADDRESS", help=f"{SERVICE_HOST.help} Default {SERVICE_HOST.default}.")
    serving.add_argument("--port", type=_of(SERVICE_PORT), metavar="N", help=f"default {SERVICE_PORT.default}")

    verifying = commands.add_parser("verify-streaming", help="check that a service's thinking updates arrive on time")
    verifying.add_argument("photo", nargs="?", type=Path, metavar="PHOTO", help="default: a sample")
    verifying.add_argument("--url", metavar="URL", help="of the service; default: the one on this machine, else an own")
    verifying.add_argument("--interval", type=_of(UPDATE_INTERVAL), metavar="S", help=_help(UPDATE_INTERVAL))

    settings.add_options(commands.add_parser("settings", help="tell and change the preferences"))

    commands.add_parser("doctor", help="tell versions, device, memory, folders and models")
    trial = commands.add_parser("self-test", help="try every part of the app, with a window; also --self-test")
    trial.add_argument("--json", action="store_true", help="as JSON")
    commands.add_parser("demo", help="analyze a sample photo with the built-in model")
    for command in commands.choices.values():
        command.add_argument("--verbose", action="store_true", help="write the log to the terminal, too")
    return parser


def _add_request_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--advisor", metavar="ID", help=f'{ADVISOR.help} Several: "ansel,weston", or "all".')
    parser.add_argument("--model", metavar="DIR|ID", default="", help=MODEL.help)
    parser.add_argument("--interval", type=_of(UPDATE_INTERVAL), metavar="S", help=_help(UPDATE_INTERVAL))
    parser.add_argument("--max-tokens", type=_of(MAX_TOKENS), metavar="N", help=_help(MAX_TOKENS))
    parser.add_argument("--language", metavar="NAME", help=LANGUAGE.help)
    parser.add_argument("--thinking", choices=THINKING.choices, help=THINKING.help)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the sampler, for temperatures above 0")
    parser.add_argument("--no-stream", action="store_true", help="let the library generate in one piece")


def _help(setting: Setting[float] | Setting[int]) -> str:
    return f"{setting.help} {setting.minimum:g} to {setting.maximum:g} {setting.unit}, default {setting.default:g}."


def _of(setting: Setting[float] | Setting[int]) -> Callable[[str], float | int]:
    def convert(text: str) -> float | int:
        try:
            return setting.parse(text)
        except UserError as err:
            raise argparse.ArgumentTypeError(err.what) from err

    return convert

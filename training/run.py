"""All of it, one stage after the other: ``python -m training.run``.

Every stage leaves its result in the run's folder and is skipped when that is there, so the same command goes on where
it was interrupted. The whole takes at most two and a half hours on two cores.
"""

import argparse
import json
import multiprocessing
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from training import card, dataset, export, photos, reference, tokenizer, train
from training.batches import Batches
from training.model import Config, MondrianMini
from training.photos import ROOT

RECORD = ROOT / "training" / "record"
MINI = ROOT / "resources" / "models" / "mini"


@dataclass(frozen=True)
class Plan:
    """What a run does. The values given here are those of the shipped weights."""

    name: str = "mini"
    seed: int = 20260
    pictures: int = 40_000
    checks: int = 400
    see_seconds: float = 42 * 60
    write_seconds: float = 20 * 60
    both_seconds: float = 26 * 60
    photo: str = ""

    @property
    def folder(self) -> Path:
        """Where everything of this run is kept."""
        return photos.cache_dir() / self.name


TINY = Plan("tiny", pictures=600, checks=80, see_seconds=20, write_seconds=20, both_seconds=30, photo="lake")
"""A few minutes, to see that every stage works. What it trains says nothing of use."""


class Clock:
    """Seconds that each stage took, also those before an interruption."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.seconds: dict[str, float] = json.loads(file.read_text("utf-8")) if file.exists() else {}

    def run(self, name: str, work: Callable[[], Any]) -> None:
        """Do ``work`` and add its time."""
        started = perf_counter()
        print(f"== {name}", flush=True)
        try:
            work()
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - started, 1)
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(json.dumps(self.seconds), encoding="utf-8")

    def correct(self, name: str, seconds: float) -> None:
        """Replace the time of a stage by one that is known better."""
        self.seconds[name] = seconds
        self.file.write_text(json.dumps(self.seconds), encoding="utf-8")

    def total(self) -> float:
        """Return the sum of all stages."""
        return sum(self.seconds.values())


def run(plan: Plan, threads: int, application_python: Path) -> None:
    """Do all stages that are not done."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    _application_is_there(application_python)
    folder = plan.folder
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(folder / "seconds.json")
    clock.run("photographs", _photographs)
    clock.run("data", lambda: _data(plan, threads))
    clock.run("tokenizer", lambda: _tokenizer(plan))
    (folder / "environment.json").write_text(json.dumps(environment(plan, threads), indent=1) + "\n", encoding="utf-8")
    for stage in _stages(plan):
        clock.run(stage.name, partial(_stage, plan, stage))
        # In seconds of two cores, and with what a killed run had done up to its last checkpoint.
        clock.correct(stage.name, train.seconds_of(stage.name, folder / "weights"))
    clock.run("export", lambda: _export(plan))
    clock.run("evaluation", lambda: _evaluate(plan, application_python))
    card.write(folder / "mini", folder)
    print(f"done in {clock.total() / 60:.0f} minutes: {folder / 'mini'}")


def _application_is_there(python: Path) -> None:
    """Find out now, not in two hours, that the examination cannot run."""
    command = [str(python), "-c", "import training.evaluate"]
    if not python.exists() or subprocess.run(command, check=False, cwd=ROOT).returncode:  # noqa: S603
        sys.exit(f"{python} cannot run the examination: set up the application with `make test` first.")


def _photographs() -> None:
    problems = photos.collect()
    if problems:
        sys.exit("Photographs are missing:\n" + "\n".join(problems))


def _data(plan: Plan, processes: int) -> None:
    dataset.make(plan.folder / "train", "train", plan.pictures, plan.seed, processes)
    dataset.make(plan.folder / "check", "heldout", plan.checks, plan.seed + 1, processes)


def _tokenizer(plan: Plan) -> None:
    if (plan.folder / "tokenizer" / "chat_template.json").exists():
        return
    rng = np.random.default_rng([plan.seed, 3])
    facts = dataset.every_fact(dataset.load(plan.folder / "train"), rng, 6000)
    tokenizer.train(list(tokenizer.corpus(facts, rng)), plan.folder / "tokenizer")


def _stages(plan: Plan) -> tuple[train.Stage, ...]:
    return (
        train.Stage("see", plan.see_seconds, rate=4e-3, parts=1, part=16),
        train.Stage("write", plan.write_seconds, rate=3e-3, parts=1, part=16),
        train.Stage("both", plan.both_seconds, rate=1.5e-3, parts=2, part=8),
    )


def _stage(plan: Plan, stage: train.Stage) -> None:
    torch.manual_seed(plan.seed)
    model = MondrianMini(Config())
    names = [each.name for each in _stages(plan)]
    number = names.index(stage.name)
    if number:
        # What the stage before has learned, unless this one has a checkpoint of its own.
        before = plan.folder / "weights" / f"{names[number - 1]}.pt"
        model.load_state_dict(torch.load(before, weights_only=True))
    known = Tokenizer.from_file(str(plan.folder / "tokenizer" / "tokenizer.json"))
    rng = np.random.default_rng([plan.seed, 4, number])
    batches = Batches(dataset.load(plan.folder / "train"), known, rng, recolor=0.5)
    check = Batches(dataset.load(plan.folder / "check"), known, np.random.default_rng([plan.seed, 6]))
    train.run(stage, model, batches, check, plan.folder / "weights")


def _export(plan: Plan) -> None:
    trained, reference_ids = plan.folder / "weights" / "both.pt", plan.folder / "reference.json"
    if reference_ids.exists() and reference_ids.stat().st_mtime > trained.stat().st_mtime:
        return
    model = MondrianMini(Config())
    model.load_state_dict(torch.load(trained, weights_only=True))
    total = export.export(model, plan.folder / "tokenizer", plan.folder / "mini")
    reference.write(plan.folder / "mini", reference_ids)
    print(f"{total / 1e6:.1f} MB")


def _evaluate(plan: Plan, application_python: Path) -> None:
    out = plan.folder / "evaluation.json"
    if out.exists() and out.stat().st_mtime > (plan.folder / "mini" / "model.safetensors").stat().st_mtime:
        return
    command = [str(application_python), "-m", "training.evaluate", "--json", "--weights", str(plan.folder / "mini")]
    command += ["--out", str(out), *(["--photo", plan.photo] if plan.photo else [])]
    # In the application's own environment: what is measured is what is shipped.
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603


def environment(plan: Plan, threads: int) -> dict[str, Any]:
    """Return what a run depends on."""
    packages = ("torch", "numpy", "scipy", "pillow", "scikit-image", "scikit-learn", "tokenizers", "safetensors")
    return {
        "plan": {**asdict(plan)},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "packages": {name: version(name) for name in packages},
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text("utf-8").splitlines() if known.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def install(plan: Plan) -> None:
    """Copy the weights, the reference ids and the record of the run into the repository."""
    shutil.copytree(plan.folder / "mini", MINI, dirs_exist_ok=True)
    reference.FILE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(plan.folder / "reference.json", reference.FILE)
    RECORD.mkdir(exist_ok=True)
    for name in ("environment.json", "evaluation.json", "seconds.json"):
        shutil.copy(plan.folder / name, RECORD / name)
    shutil.copy(plan.folder / "weights" / train.LOG, RECORD / train.LOG)
    print(f"installed in {MINI}, {reference.FILE} and {RECORD}")


def main() -> None:
    """Run the plan, or a tiny one."""
    parser = argparse.ArgumentParser(prog="python -m training.run", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="a few minutes only, to see that every stage works")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1), help="cores to use")
    parser.add_argument(
        "--install", action="store_true", help="then copy the weights and the record into the repository"
    )
    parser.add_argument("--again", action="store_true", help="forget an earlier run first")
    default = ROOT / ".venv" / "bin" / "python"
    parser.add_argument("--application-python", type=Path, default=default, help="for the evaluation")
    arguments = parser.parse_args()
    plan = TINY if arguments.tiny else Plan()
    if arguments.again:
        shutil.rmtree(plan.folder, ignore_errors=True)
    run(plan, arguments.threads, arguments.application_python)
    if arguments.install:
        install(plan)


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()

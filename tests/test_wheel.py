"""The built wheel, alone in an environment with the locked packages, analyzes a photo."""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


class Uv:
    """The package manager that set up this checkout, with the developer's cache."""

    def __init__(self, home: Path) -> None:
        bundled = sorted((ROOT / ".uv").glob("*/uv"))
        self._program = str(bundled[-1]) if bundled else shutil.which("uv")
        self._environment = dict(os.environ, HOME=str(home))
        self._environment.pop("VIRTUAL_ENV", None)

    def __call__(self, *arguments: str | Path) -> str:
        """Run uv in the checkout; return what it wrote to stdout."""
        command = [self._program, "--quiet", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def uv(real_home: Path) -> Uv:
    return Uv(real_home)


@pytest.fixture(scope="module")
def wheel(uv: Uv, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--wheel", "--out-dir", folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(uv: Uv, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an environment that holds the wheel and the locked packages it runs with."""
    folder = tmp_path_factory.mktemp("installed")
    environment, requirements = folder / "environment", folder / "requirements.txt"
    uv("venv", "--python", ROOT / ".venv" / "bin" / "python", environment)
    uv("export", "--frozen", "--no-dev", "--no-emit-project", "--output-file", requirements)
    uv("pip", "install", "--python", environment, "--no-deps", "--requirements", requirements)
    uv("pip", "install", "--python", environment, "--no-deps", wheel)
    return environment


def test_the_wheel_holds_the_package_and_its_resources_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"mondrian_desktop"}
    assert "mondrian_desktop/resources/models/mini/model.safetensors" in names
    inside = {name.removeprefix("mondrian_desktop/resources/") for name in names if "/resources/" in name}
    assert inside == {
        file.relative_to(ROOT / "resources").as_posix() for file in (ROOT / "resources").rglob("*") if file.is_file()
    }


def test_the_wheel_analyzes_a_photo(installed: Path, tmp_path: Path) -> None:
    photo = tmp_path / "lake.jpg"
    shutil.copy(ROOT / "resources" / "samples" / "lake.jpg", photo)
    environment = dict(os.environ, PATH="/usr/bin:/bin")
    environment.pop("PYTHONPATH", None)
    command = [installed / "bin" / "mondrian-desktop", "analyze", photo, "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    analysis = json.loads(done.stdout)
    assert Path(analysis["photo"]["path"]).name == "lake.jpg"
    scores = [dimension["score"] for dimension in analysis["critique"]["dimensions"]]
    assert len(scores) >= 5
    assert all(1 <= score <= 10 for score in scores)
    assert analysis["generation"]["finish_reason"] == "stop"
    assert "Generating analysis... (" in done.stderr

"""The release scripts, with programs in the place of Apple's that note what they are asked and answer as those do."""

import json
import plistlib
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import mondrian_desktop
from tools import check_mlx_wheel, make_dmg, notarize, signing
from tools.check_mlx_wheel import WheelError
from tools.signing import ENTITLEMENTS, ReleaseError

SIGNED = "Authority=Developer ID Application: Somebody (TEAM)\nCodeDirectory v=20500 flags=0x10000(runtime) hashes=9"
Fake = Callable[..., None]


class Programs:
    """Programs first on the search path, by shell script; ``calls`` tells how they were called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "calls"

    def add(self, name: str, *answers: tuple[str, str], code: int = 0) -> None:
        """Let ``name`` print the first answer whose pattern is in its arguments, and exit with ``code``."""
        cases = "\n".join(f"  *{shlex.quote(part)}*) echo {shlex.quote(text)};;" for part, text in answers)
        script = f'#!/bin/sh\necho "{name} $*" >> {self._log}\ncase "$*" in\n{cases}\n  *) ;;\nesac\nexit {code}\n'
        (self._folder / name).write_text(script)
        (self._folder / name).chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    fake = Programs(folder)
    entitlements = "Executable=/x\n" + ENTITLEMENTS.read_text()
    fake.add("codesign", ("--entitlements", entitlements), ("--verbose", SIGNED))
    fake.add(
        "xcrun", ("submit", 'Waiting...\n{"status": "Accepted", "id": "1"}'), ("notarytool log", "libfoo unsigned")
    )
    fake.add("ditto")
    fake.add("spctl")
    fake.add("hdiutil")
    monkeypatch.setenv(notarize.PROFILE, "mondrian")
    monkeypatch.setenv(signing.IDENTITY, "Developer ID Application: Somebody (TEAM)")
    return fake


@pytest.fixture
def app(tmp_path: Path) -> Path:
    app = tmp_path / "Mondrian.app"
    for name in check_mlx_wheel.PACKAGES:
        add_wheel(app / "Contents" / "Resources", name, "macosx_14_0_arm64")
    plist = {"CFBundleShortVersionString": mondrian_desktop.__version__}
    (app / "Contents" / "Info.plist").write_bytes(plistlib.dumps(plist))
    return app


@pytest.fixture
def icons(tmp_path: Path) -> Path:
    folder = tmp_path / "icons"
    folder.mkdir()
    for name in ("background.png", "background@2x.png", "Mondrian.icns"):
        (folder / name).touch()
    return folder


def add_wheel(folder: Path, name: str, system: str) -> None:
    info = folder / f"{name}-0.32.4.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-{system}\n")


def test_the_wheel_for_macos_14_is_taken(tmp_path: Path) -> None:
    for name in check_mlx_wheel.PACKAGES:
        add_wheel(tmp_path, name, "macosx_14_0_arm64")
    check_mlx_wheel.check(tmp_path)


@pytest.mark.parametrize(
    "system", ["macosx_26_0_arm64", "macosx_15_0_arm64", "macosx_14_0_x86_64", "manylinux_2_28_x86_64"]
)
def test_any_other_wheel_is_refused_with_what_to_do(tmp_path: Path, system: str) -> None:
    add_wheel(tmp_path, "mlx", "macosx_14_0_arm64")
    add_wheel(tmp_path, "mlx_metal", system)
    with pytest.raises(WheelError, match=rf"mlx_metal.*{system}.*MACOSX_DEPLOYMENT_TARGET=14\.0"):
        check_mlx_wheel.check(tmp_path)


def test_an_app_without_mlx_and_a_wheel_without_a_system_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WheelError, match="0 packages mlx"):
        check_mlx_wheel.check(tmp_path)
    for name in check_mlx_wheel.PACKAGES:
        add_wheel(tmp_path, name, "macosx_14_0_arm64")
    (tmp_path / "mlx-0.32.4.dist-info" / "WHEEL").write_text("Wheel-Version: 1.0\n")
    with pytest.raises(WheelError, match="no system"):
        check_mlx_wheel.check(tmp_path)


def test_a_well_signed_app_passes(programs: Programs, app: Path) -> None:
    signing.verify(app)
    assert programs.calls[0] == f"codesign --verify --deep --strict --all-architectures {app}"


@pytest.mark.parametrize(
    ("told", "complaint"),
    [(SIGNED.replace("Developer ID", "Apple Development"), "not signed for distribution"),
     (SIGNED.replace("(runtime)", "(none)"), "hardened runtime")],
)  # fmt: skip
def test_an_app_signed_otherwise_is_refused(programs: Programs, app: Path, told: str, complaint: str) -> None:
    programs.add("codesign", ("--verbose", told))
    with pytest.raises(ReleaseError, match=complaint):
        signing.verify(app)


@pytest.mark.parametrize("entitlements", [{}, {"com.apple.security.get-task-allow": True}])
def test_other_entitlements_are_refused(programs: Programs, app: Path, entitlements: dict[str, bool]) -> None:
    text = plistlib.dumps(entitlements).decode() if entitlements else ""
    programs.add("codesign", ("--entitlements", text), ("--verbose", SIGNED))
    with pytest.raises(ReleaseError, match=next(iter(entitlements), "none")):
        signing.verify(app)


def test_a_disk_image_is_signed_with_a_time_stamp(programs: Programs, tmp_path: Path) -> None:
    image = tmp_path / "Mondrian-1.0.dmg"
    image.touch()
    signing.sign(image)
    assert programs.calls[0] == f"codesign --sign Developer ID Application: Somebody (TEAM) --timestamp {image}"


def test_signing_needs_an_identity_for_distribution(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "Mondrian-1.0.dmg"
    image.touch()
    for identity in ("", "-", "Apple Development: Somebody"):
        monkeypatch.setenv(signing.IDENTITY, identity)
        with pytest.raises(ReleaseError, match=signing.IDENTITY):
            signing.sign(image)
    assert programs.calls == []


def test_an_app_is_zipped_submitted_stapled_and_assessed_in_this_order(programs: Programs, app: Path) -> None:
    notarize.notarize(app)
    steps = [" ".join(call.split()[:3]) for call in programs.calls if not call.startswith("codesign")]
    assert steps == ["ditto -c -k", "xcrun notarytool submit", "xcrun stapler staple", "xcrun stapler validate",
                     "spctl --assess --type"]  # fmt: skip
    assert "--keychain-profile mondrian --wait" in programs.calls[4]


def test_a_disk_image_is_submitted_as_it_is(programs: Programs, tmp_path: Path) -> None:
    image = tmp_path / "Mondrian-1.0.dmg"
    image.touch()
    notarize.notarize(image)
    assert not any(call.startswith("ditto") for call in programs.calls)
    assert "context:primary-signature" in programs.calls[-1]


def test_a_refusal_is_told_with_apple_s_log_and_nothing_is_stapled(programs: Programs, app: Path) -> None:
    answer = json.dumps({"status": "Invalid", "id": "7"})
    programs.add("xcrun", ("submit", answer), ("notarytool log 7", "libfoo.dylib is unsigned"))
    with pytest.raises(ReleaseError, match=r"(?s)Invalid.*libfoo\.dylib is unsigned"):
        notarize.notarize(app)
    assert not any("staple" in call for call in programs.calls)


def test_an_app_with_the_wrong_mlx_is_not_sent(programs: Programs, app: Path) -> None:
    add_wheel(app / "Contents" / "Resources", "mlx_metal", "macosx_26_0_arm64")
    with pytest.raises(WheelError):
        notarize.notarize(app)
    with pytest.raises(WheelError):
        make_dmg.make(app, app)
    assert not any("submit" in call for call in programs.calls)


@pytest.mark.parametrize("path", ["Mondrian.app", "Mondrian.zip", "Mondrian.dmg"])
def test_what_is_not_there_is_told(programs: Programs, tmp_path: Path, path: str) -> None:
    with pytest.raises(ReleaseError, match="Build it first"):
        notarize.notarize(tmp_path / path)


def test_without_credentials_nothing_is_sent(programs: Programs, app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(notarize.PROFILE)
    with pytest.raises(ReleaseError, match=notarize.PROFILE):
        notarize.notarize(app)
    assert programs.calls == []


def test_elsewhere_than_on_a_mac_this_is_told(app: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReleaseError, match="codesign is missing: this is for a Mac"):
        signing.verify(app)


def test_a_program_that_fails_is_told_with_what_it_said(programs: Programs, app: Path) -> None:
    programs.add("codesign", ("--verify", "a sealed resource is missing"), code=1)
    with pytest.raises(ReleaseError, match=r"(?s)codesign --verify.*failed.*sealed resource"):
        signing.verify(app)


def test_the_image_is_made_of_a_stapled_app_of_this_version(
    programs: Programs, app: Path, icons: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.add("python")
    monkeypatch.setattr(make_dmg.sys, "executable", "python")
    image = make_dmg.make(app, icons)
    assert image == app.with_name(f"Mondrian-{mondrian_desktop.__version__}.dmg")
    stapled, made, checked = programs.calls
    assert stapled == f"xcrun stapler validate {app}"
    assert made.startswith("python -m dmgbuild -s")
    assert f"-Dapp={app}" in made
    assert checked == f"hdiutil verify {image}"


def test_an_app_of_another_version_and_missing_icons_are_refused(programs: Programs, app: Path, icons: Path) -> None:
    (icons / "background@2x.png").unlink()
    with pytest.raises(ReleaseError, match="background@2x"):
        make_dmg.make(app, icons)
    (app / "Contents" / "Info.plist").write_bytes(plistlib.dumps({"CFBundleShortVersionString": "0.0.1"}))
    with pytest.raises(ReleaseError, match=r"version 0\.0\.1"):
        make_dmg.make(app, icons)
    assert programs.calls == []


def test_the_image_s_settings_name_what_is_there(app: Path, icons: Path) -> None:
    found: dict[str, object] = {"defines": {"app": str(app), "icons": str(icons)}}
    exec(make_dmg.SETTINGS.read_text(encoding="utf-8"), found)
    assert found["files"] == [str(app)]
    assert found["icon_locations"].keys() == {"Mondrian.app", "Applications"}
    assert Path(found["background"]).is_file()
    assert Path(found["icon"]).is_file()

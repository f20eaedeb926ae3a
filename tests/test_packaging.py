"""What makes the packaged app: Info.plist, what goes in, what stays out, what may not come along."""

import plistlib
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

import mondrian_desktop
from mondrian_desktop.licenses import Component, components, needed
from tools import bundle, native_libraries
from tools.info_plist import info_plist
from tools.licenses import unwelcome

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = Path("/site-packages")


def binary(path: str) -> bundle.Entry:
    return path, str(ORIGIN / path), "BINARY"


def link(path: str, target: str) -> bundle.Entry:
    return path, target, "SYMLINK"


class TestInfoPlist:
    def test_it_can_be_written_and_its_switches_are_booleans(self) -> None:
        plist = plistlib.loads(plistlib.dumps(info_plist()))
        assert plist == info_plist()
        assert plist["NSHighResolutionCapable"] is True
        assert plist["NSRequiresAquaSystemAppearance"] is False
        # "true" as text is what a property list takes for false.
        texts = re.findall(r"<string>(true|false|yes|no)</string>", plistlib.dumps(plist).decode(), re.IGNORECASE)
        assert texts == []

    def test_name_identifier_and_version_are_the_package_s(self) -> None:
        plist = info_plist()
        assert plist["CFBundleName"] == plist["CFBundleDisplayName"] == mondrian_desktop.APP_NAME
        assert plist["CFBundleIdentifier"] == mondrian_desktop.APP_ID
        assert plist["CFBundleShortVersionString"] == plist["CFBundleVersion"] == mondrian_desktop.__version__
        assert re.fullmatch(r"[A-Za-z0-9.-]+", plist["CFBundleIdentifier"])

    def test_photos_raw_files_and_folders_are_opened_as_one_of_several_viewers(self) -> None:
        kinds = info_plist()["CFBundleDocumentTypes"]
        types = [each for kind in kinds for each in kind["LSItemContentTypes"]]
        assert types == ["public.image", "public.camera-raw-image", "public.folder"]
        assert {kind["CFBundleTypeRole"] for kind in kinds} == {"Viewer"}
        assert {kind["LSHandlerRank"] for kind in kinds} == {"Alternate"}

    def test_finder_has_a_service_and_the_app_an_address(self) -> None:
        plist = info_plist()
        (service,) = plist["NSServices"]
        assert service["NSMenuItem"] == {"default": "Analyze with Mondrian"}
        assert service["NSPortName"] == plist["CFBundleName"]
        assert set(service["NSSendFileTypes"]) == {"public.image", "public.camera-raw-image", "public.folder"}
        assert [each["CFBundleURLSchemes"] for each in plist["CFBundleURLTypes"]] == [["mondrian"]]

    def test_it_is_a_photography_app_for_macos_14_4(self) -> None:
        plist = info_plist()
        assert plist["LSApplicationCategoryType"] == "public.app-category.photography"
        assert plist["LSMinimumSystemVersion"] == "14.4"


def test_the_one_entitlement_is_memory_for_callbacks() -> None:
    entitlements = plistlib.loads((ROOT / "packaging" / "entitlements.plist").read_bytes())
    assert entitlements == {"com.apple.security.cs.allow-unsigned-executable-memory": True}


class TestMetalKernels:
    @pytest.fixture
    def mlx(self, tmp_path: Path) -> Path:
        (tmp_path / "mlx" / "lib").mkdir(parents=True)
        return tmp_path / "mlx"

    def test_they_lie_in_the_package_and_a_link_to_them_beside_the_link_to_libmlx(self, mlx: Path) -> None:
        kernels = mlx / "lib" / "mlx.metallib"
        kernels.touch()
        data, links = bundle.metallib(mlx)
        assert data == [("mlx/lib/mlx.metallib", str(kernels), "DATA")]
        assert links == [("mlx.metallib", "mlx/lib/mlx.metallib", "SYMLINK")]
        assert bundle.linked(data + links) == data + links

    def test_where_there_are_none_there_is_nothing(self, mlx: Path) -> None:
        assert bundle.metallib(mlx) == ([], [])


class TestWhatStaysOut:
    @pytest.mark.parametrize(
        "name",
        ["torch", "tensorflow", "jax", "datasets", "pandas", "pyarrow", "scipy", "cv2", "mlx_audio", "sounddevice",
         "miniaudio", "cryptography", "multiprocess", "dill", "xxhash", "gradio", "matplotlib",
         "IPython", "tkinter", "pygments", "rich", "typer", "pytest", "mlx_vlm.server", "mlx_vlm.evals",
         "mlx_vlm.chat_ui", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtPdf", "readline"],
    )  # fmt: skip
    def test_packages_that_nothing_needs(self, name: str) -> None:
        assert name in bundle.EXCLUDED

    def test_nothing_that_the_app_needs(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        needed = {re.split(r"[\[<>=;~! ]", each)[0].replace("-", "_").lower() for each in project["dependencies"]}
        kept = {"tokenizers", "safetensors", "regex", "jinja2", "huggingface_hub", "requests", "certifi", "yaml",
                "sentencepiece", "llguidance", "PIL", "starlette", "transformers"}  # fmt: skip
        assert not (needed | kept) & set(bundle.EXCLUDED)

    @pytest.mark.parametrize(
        "path",
        ["PySide6/Qt/translations/qt_de.qm",
         "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboardplugin.so",
         "PySide6/Qt/plugins/platforms/libqvnc.so",
         "PySide6/Qt/plugins/imageformats/libqpdf.so",
         "PySide6/Qt/plugins/imageformats/libqmacheif.dylib",
         "PySide6/Qt/plugins/wayland-graphics-integration-client/libshm-emulation-server.so",
         "PySide6/Qt/lib/libQt6Qml.so.6", "PySide6/Qt/lib/libQt6VirtualKeyboard.so.6",
         "PySide6/Qt/lib/QtQuick.framework/Versions/A/QtQuick", "libQt6Pdf.so.6",
         "PySide6/Qt/lib/libQt6WaylandCompositor.so.6",
         "PySide6/Qt/plugins/printsupport/libcupsprintersupport.so",
         "transformers/models/llama/modeling_llama.py", "transformers.models.llama.modeling_llama",
         "transformers/models/gemma4/modular_gemma4.py", "rich-15.0.0.dist-info/METADATA"],
    )  # fmt: skip
    def test_files_that_nothing_needs(self, path: str) -> None:
        assert not bundle.is_wanted(path)

    @pytest.mark.parametrize(
        "path",
        ["PySide6/Qt/plugins/platforms/libqcocoa.dylib", "PySide6/Qt/plugins/platforms/libqoffscreen.so",
         "PySide6/Qt/plugins/platforms/libqxcb.so", "PySide6/Qt/plugins/imageformats/libqjpeg.so",
         "PySide6/Qt/plugins/imageformats/libqsvg.dylib", "PySide6/Qt/plugins/styles/libqmacstyle.dylib",
         "PySide6/Qt/lib/libQt6WaylandClient.so.6", "PySide6/Qt/lib/QtDBus.framework/Versions/A/QtDBus",
         "transformers/models/llama/configuration_llama.py", "transformers.models.qwen3_vl.processing_qwen3_vl",
         "transformers/models/auto/modeling_auto.py", "transformers.modeling_rope_utils", "resources/models/mini"],
    )  # fmt: skip
    def test_files_that_something_needs(self, path: str) -> None:
        assert bundle.is_wanted(path)


def test_what_qt_would_compile_at_every_start_is_compiled_once(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "support.zip", "w") as archive:
        archive.writestr("signature_bootstrap.py", "")
        archive.writestr("shibokensupport/__init__.py", "")
        archive.writestr("shibokensupport/signature/loader.py", "LOADED = __name__")
        entries = bundle.compiled_support(archive, tmp_path / "work")
    assert [(path, kind) for path, _, kind in entries] == [
        ("shiboken6/files.dir/shibokensupport/__init__.pyc", "DATA"),
        ("shiboken6/files.dir/shibokensupport/signature/loader.pyc", "DATA"),
    ]
    for path, source, _ in entries:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Path(source).rename(tmp_path / path)
    script = "from shibokensupport.signature.loader import LOADED; print(LOADED)"
    environment = {"PYTHONPATH": str(tmp_path / "shiboken6" / "files.dir")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "shibokensupport.signature.loader", done.stderr


def test_qt_still_has_its_support_modules_where_they_are_looked_for() -> None:
    from PySide6 import QtCore  # noqa: F401 - loads them

    archive = sys.modules["shibokensupport"].__loader__.zfile  # type: ignore[union-attr]
    assert "shibokensupport/signature/loader.py" in archive.namelist()
    assert "files.dir" in archive.read("signature_bootstrap.py").decode()


def test_modules_that_are_imported_by_name_are_all_there() -> None:
    asked: list[str] = []

    def collect(package: str) -> list[str]:
        asked.append(package)
        return [f"{package}.a", f"{package}.b"]

    found = bundle.hidden_imports("darwin", collect)
    assert asked == ["mlx", "mlx_vlm.models"]
    assert {"mlx.a", "mlx_vlm.models.b", "keyring.backends.macOS"} <= set(found)
    assert "keyring.backends.macOS" not in bundle.hidden_imports("linux", collect)


def test_of_the_system_s_libraries_only_those_are_kept_that_something_kept_needs() -> None:
    imports = {
        "PySide6/Qt/plugins/platforms/libqxcb.so": ["libQt6Gui.so.6", "libxcb.so.1", "libc.so.6"],
        "PySide6/Qt/lib/libQt6Gui.so.6": ["libz.so.1"],
        "libgtk-3.so.0": ["libcairo.so.2"],
    }
    entries = [
        *map(binary, [*imports, "libxcb.so.1", "libz.so.1", "libcairo.so.2", "libpython3.11.so.1.0"]),
        link("libQt6Gui.so.6", "PySide6/Qt/lib/libQt6Gui.so.6"),
    ]
    kept = bundle.reachable(entries, lambda file: imports.get(str(Path(file).relative_to(ORIGIN)), []))
    assert {entry[0] for entry in entries} - {entry[0] for entry in kept} == {"libgtk-3.so.0", "libcairo.so.2"}


def test_links_to_what_was_left_out_are_left_out() -> None:
    kept = [
        binary("pillow.libs/libz.so.1"),
        link("libz.so.1", "pillow.libs/libz.so.1"),
        binary("PySide6/Qt/lib/QtGui.framework/Versions/A/QtGui"),
        link("PySide6/Qt/lib/QtGui.framework/Versions/Current", "A"),
        link("PySide6/Qt/lib/QtGui.framework/QtGui", "Versions/Current/QtGui"),
    ]
    loose = [
        link("libQt6Qml.so.6", "PySide6/Qt/lib/libQt6Qml.so.6"),
        link("QtQml.framework/QtQml", "Versions/Current/QtQml"),
        link("round", "about"),
        link("about", "round"),
    ]
    assert bundle.linked([*kept, *loose]) == kept


def test_every_resource_comes_along() -> None:
    found = {path for path, _, _ in bundle.resources(ROOT)}
    assert {"resources/models/mini/model.safetensors", "resources/icons/mondrian.svg"} <= found
    assert len(found) == sum(file.is_file() for file in (ROOT / "resources").rglob("*"))


def test_metadata_comes_with_what_was_collected_and_with_nothing_else(tmp_path: Path) -> None:
    packages = []
    for name in ("used", "unused"):
        folder = tmp_path / f"{name}-1.0.dist-info"
        (folder / "licenses").mkdir(parents=True)
        files = {"METADATA": f"Name: {name}\nVersion: 1.0\n", "INSTALLER": "uv", "licenses/LICENSE": "Do as you like."}
        for file, text in files.items():
            (folder / file).write_text(text)
        record = [f"{name}.py,,", *(f"{folder.name}/{file},," for file in files)]
        (folder / "RECORD").write_text("\n".join(record))
        packages.append(PathDistribution(folder))
    found = bundle.collected([("used", str(tmp_path / "used.py"), "PYMODULE")], packages)
    assert [path for path, _, _ in bundle.metadata(found)] == [
        "used-1.0.dist-info/METADATA",
        "used-1.0.dist-info/licenses/LICENSE",
    ]


class TestLicenses:
    @pytest.mark.parametrize(
        "terms",
        ["GPL-3.0-or-later", "GNU General Public License v2 (GPLv2)", "AGPL-3.0-only", "", "GPL-2.0 OR GPL-3.0"],
    )
    def test_what_would_bind_the_whole_is_refused(self, terms: str) -> None:
        (line,) = unwelcome([Component("codec", "1.0", terms, "", ("text",))])
        assert "codec 1.0" in line

    @pytest.mark.parametrize("terms", ["MIT", "LGPL-3.0-only OR GPL-2.0-only", "MPL-2.0 AND MIT", "LGPL-2.1"])
    def test_what_does_not_is_welcome(self, terms: str) -> None:
        assert unwelcome([Component("codec", "1.0", terms, "", ("text",))]) == []

    def test_a_license_without_its_text_is_refused(self) -> None:
        (line,) = unwelcome([Component("codec", "1.0", "MIT", "", ())])
        assert "text of its license is missing" in line

    def test_everything_installed_to_run_is_welcome(self) -> None:
        assert unwelcome(components(needed())) == []

    @pytest.mark.parametrize(
        ("path", "name"),
        [("pi_heif.libs/libheif-7a3e919c.so.1.23.0", "libheif"),
         ("numpy.libs/libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran"),
         ("PIL/.dylibs/libz.1.3.1.zlib-ng.dylib", "libz"),
         ("libX11-xcb.so.1", "libX11-xcb"),
         ("PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore", "QtCore"),
         ("PySide6/Qt/lib/QtCore.framework/Versions/A/Resources/Info.plist", None),
         ("numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so", None),
         ("mlx/core.cpython-311-darwin.so", None),
         ("resources/icons/mondrian.svg", None)],
    )  # fmt: skip
    def test_shared_libraries_are_told_from_the_rest(self, path: str, name: str | None) -> None:
        assert native_libraries.library(path) == name

    def test_a_library_that_nobody_looked_into_is_told(self) -> None:
        paths = ["libreadline.so.8", "libz.so.1", "pi_heif.libs/libx265-90fb0ce1.so.2", "PySide6/QtGui.abi3.so"]
        assert native_libraries.unknown(paths) == ["libreadline.so.8", "pi_heif.libs/libx265-90fb0ce1.so.2"]

    def test_no_known_library_is_under_the_general_license_but_for_the_compiler_s(self) -> None:
        general = {name: terms for name, terms in native_libraries.known().items() if terms.startswith(("GPL", "AGPL"))}
        assert set(general) == {"libgcc_s", "libgfortran", "libgomp", "libstdc++"}
        assert set(general.values()) == {"GPL-3.0-or-later WITH GCC-exception-3.1"}

    def test_the_raw_decoder_has_no_gpl_parts(self) -> None:
        import rawpy

        assert rawpy.flags["DEMOSAIC_PACK_GPL2"] is False
        assert rawpy.flags["DEMOSAIC_PACK_GPL3"] is False

    def test_the_heif_decoder_has_no_gpl_encoder(self) -> None:
        import pi_heif

        codecs = pi_heif.libheif_info()
        assert set(codecs["encoders"]) <= {"mask"}
        assert set(codecs["decoders"]) <= {"libde265"}


def test_the_entry_script_becomes_a_worker_before_it_imports_anything_else() -> None:
    script = """if True:
        import multiprocessing, runpy, sys, types
        def become_a_worker():
            print(*[name for name in sys.modules if name.startswith("mondrian")])
            sys.exit()
        sys.modules["pyi_rth_multiprocessing"] = types.ModuleType("pyi_rth_multiprocessing")
        multiprocessing.freeze_support = become_a_worker
        sys.argv[1:] = [WORDS]
        runpy.run_path("packaging/mondrian.py")
    """
    for words in (
        '"--multiprocessing-fork", "fd=5"',
        '"-B", "-c", "from multiprocessing.resource_tracker import main"',
    ):
        command = [sys.executable, "-c", script.replace("WORDS", words)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


def test_what_lets_processes_become_workers_is_a_module_and_no_script_of_every_start() -> None:
    scripts = [("pyi_rth_inspect", "/i.py", "PYSOURCE"), ("pyi_rth_multiprocessing", "/m.py", "PYSOURCE"),
               ("mondrian", "/packaging/mondrian.py", "PYSOURCE")]  # fmt: skip
    kept, modules = bundle.without_processes(scripts)
    assert [name for name, _, _ in kept] == ["pyi_rth_inspect", "mondrian"]
    assert modules == [("pyi_rth_multiprocessing", "/m.py", "PYMODULE")]
    with pytest.raises(ValueError, match="any more"):
        bundle.without_processes(kept)

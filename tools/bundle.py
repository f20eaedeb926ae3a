"""What goes into the packaged app and what stays out; ``build_app.spec`` puts it together.

Found by trying: a frozen app without the excluded packages loads models and writes critiques, and without any one of
the hidden imports it does not.
"""

import posixpath
import py_compile
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import Distribution
from pathlib import Path, PurePath, PurePosixPath
from zipfile import ZipFile

# PyInstaller's own form: (path in the bundle, path on disk or of the link's target, kind).
Entry = tuple[str, str, str]

EXCLUDED = (
    # Of mlx-vlm and transformers: training, audio, video, notebooks, their own servers and terminals.
    "IPython", "cv2", "dask", "datasets", "dill", "gradio", "jax", "librosa", "matplotlib", "miniaudio", "mlx_audio",
    "mlx_vlm.chat_ui", "mlx_vlm.evals", "mlx_vlm.server", "multiprocess", "pandas", "pyarrow",
    "scipy", "sounddevice", "soundfile", "tensorflow", "torch", "torchaudio", "torchvision", "xxhash",
    # Of keyring on Linux, where 14 MB of cryptography serve one token: there the packaged app takes it from HF_TOKEN.
    "cryptography", "jeepney", "secretstorage",
    # Of huggingface_hub: its own downloads (mondrian_desktop/weights/hub.py makes them here) and command line.
    "hf_xet", "huggingface_hub.cli", "shellingham",
    # Of everybody: terminals, tests, builds. readline is GPL.
    "_pytest", "hypothesis", "mypy", "mypyc", "py", "pydoc_data", "pygments", "pytest", "readline", "rich",
    "setuptools", "skimage", "tkinter", "typer",
    # Of Qt: what the window does not use.
    "PySide6.QtConcurrent", "PySide6.QtDesigner", "PySide6.QtHelp", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets",
    "PySide6.QtPdf", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickControls2", "PySide6.QtQuickWidgets",
    "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtUiTools", "PySide6.QtXml",
)  # fmt: skip
"""Packages and modules that are not looked for."""

PACKAGES_BY_NAME = ("mlx", "mlx_vlm.models")
"""Whose modules are imported by a name that is only known at run time, from C++ or from a model's configuration."""

MODULES_BY_NAME = {"darwin": ("keyring.backends.macOS",)}
"""The system's keychain (mondrian_desktop/weights/tokens.py)."""

_MODELS_FOR_TORCH = r"transformers[./]models[./](?!auto[./])\w+[./](modeling|modular)_\w+"
"""Transformers' own models: a third of it, and none can be imported without torch. mlx-vlm brings its own."""

# Of Qt, virtual keyboard, Lottie and the Wayland compositor are GPL; the rest is not used.
_LEFT_OUT = re.compile(
    rf"""
    {_MODELS_FOR_TORCH}(\.py)?$
    | [^/]+\.dist-info/  # of more packages than are taken along: see metadata()
    | PySide6/Qt/(translations|qml|metatypes)/
    | PySide6/Qt/plugins/(designer|egldeviceintegrations|generic|networkinformation|qmllint|qmltooling|sqldrivers
        |vectorimageformats|wayland-graphics-integration-(client|server))/
    | PySide6/Qt/plugins/imageformats/libq(icns|pdf|tga|tiff|wbmp|macheif|macjp2)\.
    | PySide6/Qt/plugins/platforms/libq(eglfs|linuxfb|minimal|minimalegl|vkkhrdisplay|vnc)\.
    | PySide6/Qt/plugins/(platforminputcontexts/libqtvirtualkeyboardplugin|platformthemes/libqgtk3)\.
    | (PySide6/Qt/lib/)?(lib)?Qt6?(Designer|OpenGL|Pdf|Qml|Quick|Sql|Test|VirtualKeyboard|Wayland[A-Za-z]*Compositor)
        [A-Za-z0-9]*\.(so|framework)
    | PySide6/Qt/plugins/printsupport/libcups  # on Linux the packaged app prints into files: CUPS brings cryptography
    """,
    re.VERBOSE,
)

PROCESSES = "pyi_rth_multiprocessing"
"""PyInstaller's script by which a child process becomes a worker: packaging/mondrian.py imports it."""

_MOST_LINKS = 20

BLAS = ("libopenblas*.so*", "libgfortran*.so*", "libquadmath*.so*")
"""On Linux, of opencv-python's wheel: these and nothing else (mondrian_desktop/engine/loading.py tells why)."""


def hidden_imports(platform: str, collect_submodules: Callable[[str], list[str]]) -> list[str]:
    """Return the modules that PyInstaller cannot see.

    Parameters
    ----------
    platform
        As ``sys.platform`` has it.
    collect_submodules
        PyInstaller's function of this name.
    """
    found = [module for package in PACKAGES_BY_NAME for module in collect_submodules(package)]
    return [*found, *MODULES_BY_NAME.get(platform, ())]


def is_wanted(destination: str) -> bool:
    """Return whether a file or module that PyInstaller would take along is needed."""
    return not _LEFT_OUT.match(destination)


def metallib(mlx: Path) -> tuple[list[Entry], list[Entry]]:
    """Return what makes MLX find its Metal kernels: (data, links). Both empty where the package has none (Linux).

    MLX looks beside the libmlx that the loader names, and PyInstaller loads that through a link at the top of the
    bundle: the kernels need a link there, too.

    Parameters
    ----------
    mlx
        Folder of the package ``mlx``.
    """
    file = mlx / "lib" / "mlx.metallib"
    if not file.is_file():
        return [], []
    return [("mlx/lib/mlx.metallib", str(file), "DATA")], [("mlx.metallib", "mlx/lib/mlx.metallib", "SYMLINK")]


def compiled_support(archive: ZipFile, work: Path) -> list[Entry]:
    """Return the support modules of Qt for Python, compiled: it compiles them at every start, for a tenth of that.

    It has their source in memory, and takes what lies in a folder ``files.dir`` beside shiboken6 instead where there is
    one: what the environment variable SBK_EMBED=0 does, in ``signature_bootstrap.py`` of its archive.

    Parameters
    ----------
    archive
        With the source.
    work
        Gets source and compiled modules.
    """
    entries = []
    for name in archive.namelist():
        if name.startswith("shibokensupport/") and name.endswith(".py"):
            source = Path(archive.extract(name, work))
            unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(str(source), f"{source}c", dfile=name, doraise=True, invalidation_mode=unchecked)
            entries.append((f"shiboken6/files.dir/{name}c", f"{source}c", "DATA"))
    return entries


def without_processes(scripts: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return ``scripts`` without the one for processes, which every start would wait for, and that one as a module.

    Raises
    ------
    ValueError
        Where it is not among them: then packaging/mondrian.py has to be looked at.
    """
    found = [entry for entry in scripts if entry[0] == PROCESSES]
    if len(found) != 1:
        raise ValueError(f"PyInstaller has no {PROCESSES} any more")
    modules = [(name, path, "PYMODULE") for name, path, _ in found]
    return [entry for entry in scripts if entry not in found], modules


def blas(site_packages: Path) -> list[Entry]:
    """Return the fast BLAS of Linux, where it is there, in a folder of its wheel's name."""
    folders = sorted(site_packages.glob("opencv_python*.libs"))
    files = [file for folder in folders for pattern in BLAS for file in sorted(folder.glob(pattern))]
    return [(f"{file.parent.name}/{file.name}", str(file), "BINARY") for file in files]


def collected(entries: Iterable[Entry], distributions: Iterable[Distribution]) -> list[Distribution]:
    """Return the packages of which something is among ``entries``."""
    sources = {source for _, source, _ in entries}
    found = [each for each in distributions if any(str(each.locate_file(file)) in sources for file in each.files or ())]
    return sorted(found, key=lambda each: each.name.lower())


def metadata(distributions: Iterable[Distribution]) -> list[Entry]:
    """Return the packages' metadata: transformers and others ask for versions at run time, About for licenses."""
    return [
        (file.as_posix(), str(each.locate_file(file)), "DATA")
        for each in distributions
        for file in each.files or ()
        if _tells(file) and Path(str(each.locate_file(file))).is_file()
    ]


def _tells(file: PurePath) -> bool:
    """Return whether a file of a package is metadata for readers, not for installers."""
    if not file.parts[0].endswith(".dist-info"):
        return False
    return file.name in ("METADATA", "WHEEL", "entry_points.txt") or "licenses" in file.parts or "sboms" in file.parts


def resources(root: Path) -> list[Entry]:
    """Return the entries for the app's own resources."""
    files = sorted(file for file in (root / "resources").rglob("*") if file.is_file() and file.name[0] != ".")
    return [(file.relative_to(root).as_posix(), str(file), "DATA") for file in files]


def reachable(entries: Sequence[Entry], imports: Callable[[str], Iterable[str]]) -> list[Entry]:
    """Return ``entries`` without the shared libraries of Linux that only left-out ones needed.

    Parameters
    ----------
    entries
        What was found, as PyInstaller found it, after :func:`trimmed`.
    imports
        Names of the libraries that the file at a path is linked to.
    """
    libraries = {Path(entry[0]).name: entry for entry in entries if _is_library(entry)}
    needed: set[str] = set()
    todo = [entry for entry in entries if not _is_library(entry) and entry[2] != "SYMLINK"]
    while todo:
        _, source, _ = todo.pop()
        names = {Path(name).name for name in imports(source)} & libraries.keys() - needed
        needed |= names
        todo += [libraries[name] for name in names]
    return [entry for entry in entries if not _is_library(entry) or Path(entry[0]).name in needed]


def linked(entries: Sequence[Entry]) -> list[Entry]:
    """Return ``entries`` without the links to what is not among them."""
    links = {path: target for path, target, kind in entries if kind == "SYMLINK"}
    files = [path for path, _, kind in entries if kind != "SYMLINK"]
    there = {str(each) for path in files for each in (PurePosixPath(path), *PurePosixPath(path).parents)}
    return [entry for entry in entries if entry[0] not in links or _followed(entry[0], links) in there]


def _followed(path: str, links: Mapping[str, str]) -> str:
    """Return where ``path`` leads when every link on its way is followed."""
    for _ in range(_MOST_LINKS):
        places = [str(each) for each in (PurePosixPath(path), *PurePosixPath(path).parents)]
        place = next((each for each in places if each in links), None)
        if place is None:
            break
        rest = path[len(place) :].lstrip("/")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(place), links[place], rest))
    return path


def _is_library(entry: Entry) -> bool:
    """Return whether it is there only because something else is linked to it: from the system, or of Qt."""
    folder, name = Path(entry[0]).parent.as_posix(), Path(entry[0]).name
    is_shared = name.startswith("lib") and ".so" in name and not name.startswith("libpython")
    return is_shared and entry[2] == "BINARY" and folder in (".", "PySide6/Qt/lib")


def trimmed(entries: Sequence[Entry]) -> list[Entry]:
    """Return ``entries`` without what is not needed."""
    return [entry for entry in entries if is_wanted(entry[0])]

"""Nothing leaves this machine: the whole way from window to export, with every other address forbidden.

The hook sits in every Python that is started, so that helper processes are watched, too. What Qt or another library
might do beside Python is ruled out by what is in the process: none of the libraries that could.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

RESOURCES = Path(__file__).parent.parent / "resources"
PHOTOS = (RESOURCES / "samples" / "lake.jpg", RESOURCES / "self_test" / "corners.dng")

FORBIDDING = """
import ipaddress, os, sys


def is_here(host):
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def forbid(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        away = address[0] if isinstance(address, tuple) and not is_here(address[0]) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        away = None if is_here(host) else host
    else:
        return
    if away is not None:
        with open(os.environ["ATTEMPTS"], "a", encoding="utf-8") as attempts:
            attempts.write(f"{event} {away}\\n")
        raise OSError(f"forbidden: {away}")


sys.addaudithook(forbid)
"""

WHOLE_PATH = """
import json, os, sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from mondrian_desktop.__main__ import main
from mondrian_desktop.bootstrap import build
from mondrian_desktop.gui import app

*photos, folder = map(Path, sys.argv[1:])
shown, listed = [], []


def made(desk):
    def looked(done):
        listed.extend(each.id for each in done.result())
        QApplication.quit()

    def heard(update):
        if update.event is None and update.job.is_over:
            shown.append(str(update.job.state))
            if len(shown) == len(photos):
                desk.window.show_preferences("Privacy")
                desk.window.models.open_sheet()
                desk.service.shelf.refresh().add_done_callback(looked)

    desk.service.subscribe(heard)


code = app.run(build, photos, analyze=True, on_made=made)
exported = main(["history", "export", "--all", "--format", "html", "--output", str(folder)])
maps = Path("/proc/self/maps")
libraries = maps.read_text().split() if maps.exists() else []
able = sorted({Path(each).name for each in libraries if "Qt6Network" in each or "libcurl" in each})
print(json.dumps({"states": shown, "listed": listed, "codes": [code, exported], "able": able}))
"""

REACHING = "import socket; socket.create_connection(('192.0.2.1', 9), 1)"
LOOKING_UP = "import socket; socket.gethostbyname('example.com')"
IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LOOKING_UP!r}], check=True)"


def test_from_window_to_export_nothing_else_is_reached(tmp_path: Path) -> None:
    attempts = tmp_path / "attempts"
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(FORBIDDING, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGINGFACE_"))}
    environment |= {"PYTHONPATH": str(tmp_path / "hook"), "ATTEMPTS": str(attempts)}

    def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)],
            check=False, capture_output=True, text=True, env=environment, timeout=300,
        )  # fmt: skip

    done = run(WHOLE_PATH, *PHOTOS, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert not attempts.exists(), attempts.read_text(encoding="utf-8")
    assert told["able"] == []
    assert told["states"] == ["done", "done"]
    assert {"mini", "qwen3-vl-4b"} <= set(told["listed"])
    assert told["codes"] == [0, 0]
    assert len(list((tmp_path / "out").glob("*.html"))) == 2
    # What is forbidden is really caught, also in a process that the app would start.
    for number, program in enumerate((REACHING, LOOKING_UP, IN_A_CHILD), start=1):
        assert run(program).returncode != 0
        assert len(attempts.read_text(encoding="utf-8").splitlines()) == number

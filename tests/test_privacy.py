"""Nothing leaves this machine: the whole way from window to export, with every other address forbidden."""

import json
import os
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "resources" / "samples" / "lake.jpg"

WHOLE_PATH = """
import ipaddress, json, socket, sys
from pathlib import Path

attempts = []


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
        attempts.append(f"{event} {away}")
        raise OSError(f"forbidden: {away}")


sys.addaudithook(forbid)

from mondrian_desktop.__main__ import main
from mondrian_desktop.bootstrap import build
from mondrian_desktop.gui import app

shown = []


def made(desk):
    def heard(update):
        if update.job.is_over:
            shown.append(str(update.job.state))
            desk.service.pump.post(app.QApplication.quit)

    desk.service.subscribe(heard)


sample, folder = Path(sys.argv[1]), sys.argv[2]
code = app.run(build, [sample], analyze=True, on_made=made)
exported = main(["history", "export", "--all", "--format", "html", "--output", folder])
before = list(attempts)
# What is forbidden is really caught.
for reach in (lambda: socket.create_connection(("192.0.2.1", 9), 1), lambda: socket.gethostbyname("example.com")):
    try:
        reach()
    except OSError:
        pass
caught = len(attempts) - len(before)
print(json.dumps({"attempts": before, "caught": caught, "states": shown, "codes": [code, exported]}))
"""


def test_from_window_to_export_nothing_else_is_reached(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGINGFACE_"))}
    done = subprocess.run(
        [sys.executable, "-c", WHOLE_PATH, str(SAMPLE), str(tmp_path / "out")],
        check=False, capture_output=True, text=True, env=environment, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["attempts"] == []
    assert told["caught"] == 2
    assert told["states"][-1] == "done"
    assert told["codes"] == [0, 0]
    assert len(list((tmp_path / "out").glob("*.html"))) == 1

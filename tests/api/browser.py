"""A headless Chromium for tests, spoken to over a pipe: nothing listens anywhere, and no driver is needed.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE_S = 30.0
# The browser wants its pipes as file descriptors 3 and 4, which may be taken here.
_LAUNCH = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 20) for fd in sys.argv[1:3])
os.dup2(read, 3); os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """The program; :meth:`page` gives a page that knows nothing of the one before. Close it."""

    def __init__(self, folder: Path) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        options = [
            "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}", "--no-first-run", "--disable-gpu",
            "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--no-sandbox",
            "--disable-dev-shm-usage", "--hide-scrollbars", "about:blank",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(theirs_in), str(theirs_out), PROGRAM, *options],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._received = b""

    def page(self) -> "Page":
        return Page(self)

    def close(self) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(timeout=PATIENCE_S)

    def write(self, message: dict[str, Any]) -> None:
        os.write(self._out, json.dumps(message).encode() + b"\0")

    def read(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_S
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self._in, 1 << 20)
            assert data, "the browser has ended"
            self._received += data
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)


class Page:
    """One page in a window of its own, with no memory of others.

    Attributes
    ----------
    console
        What the browser complained about.
    requested
        Every address that was asked for.
    """

    _last_number = 0

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._session = ""
        self._events: list[str] = []
        self.console: list[str] = []
        self.requested: list[str] = []
        self._context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=self._context)["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "DOM", "Network", "Log"):
            self.send(f"{domain}.enable")

    def close(self) -> None:
        self._session = ""
        self.send("Target.disposeBrowserContext", browserContextId=self._context)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Carry out a command and return its result."""
        Page._last_number += 1
        number = Page._last_number
        message = {"id": number, "method": method, "params": parameters}
        self._browser.write(message | ({"sessionId": self._session} if self._session else {}))
        while True:
            answer = self._browser.read()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def size(self, width: int, height: int, *, phone: bool = False, dark: bool = False) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        self._load("Page.navigate", url=url)

    def reload(self) -> None:
        self._load("Page.reload")

    def _load(self, method: str, **parameters: Any) -> None:
        self._events.clear()
        self.send(method, **parameters)
        while "Page.loadEventFired" not in self._events:
            self._note(self._browser.read())

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is waited for."""
        result = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Wait until a JavaScript condition holds, looking at every change of the page; return its value."""
        return self.evaluate(
            "new Promise((resolve, reject) => {"
            f"  const check = () => {{ const now = {condition}; if (now) {{ seen.disconnect(); resolve(now); }} }};"
            "  const seen = new MutationObserver(check);"
            "  seen.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});"
            f"  setTimeout(() => reject(new Error({json.dumps(condition)})), {PATIENCE_S * 1000 - 5000});"
            "  check();"
            "})"
        )

    def text(self, selector: str) -> str:
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def click(self, selector: str) -> None:
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def choose_file(self, selector: str, file: Path) -> None:
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", files=[str(file)], nodeId=node)

    def drop_file(self, selector: str, file: Path) -> None:
        box = self.evaluate(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.send("Input.dispatchDragEvent", type=kind, x=box[0], y=box[1], data=data)

    def screenshot(self, file: Path) -> None:
        picture = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        file.write_bytes(base64.b64decode(picture))

    def _note(self, event: dict[str, Any]) -> None:
        kind, parameters = event.get("method"), event.get("params", {})
        self._events.append(kind or "")
        if kind == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])
        elif kind == "Log.entryAdded":
            self.console.append(parameters["entry"]["text"])
        elif kind == "Runtime.exceptionThrown":
            self.console.append(parameters["exceptionDetails"]["text"])

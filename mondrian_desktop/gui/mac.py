"""What a Mac does its own way. Elsewhere each of these does the nearest thing, or nothing."""

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from mondrian_desktop import paths
from mondrian_desktop.gui.theme import BLUE

# The empty window waits for this module, and not for what is named here.
if TYPE_CHECKING:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication, QMainWindow

IS_MAC = sys.platform == "darwin"


def prepare_menus() -> None:
    """Have no icons in menus where nobody has any."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication

    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus, IS_MAC)


def prepare_window(window: "QMainWindow") -> None:
    """Let title bar and toolbar be one surface."""
    window.setUnifiedTitleAndToolBarOnMac(IS_MAC)


def reveal(path: Path) -> None:
    """Show a file in Finder; elsewhere open its folder."""
    from PySide6.QtCore import QProcess, QUrl
    from PySide6.QtGui import QDesktopServices

    if IS_MAC:
        QProcess.startDetached("/usr/bin/open", ["-R", str(path)])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


class Activity:
    """Tells the system that work goes on that the user started: it does not sleep, and does not slow us down.

    Closing the lid, or Sleep from the menu, still sleep.

    Parameters
    ----------
    send
        Sends a message to an Objective-C object, as :func:`_objc` makes it; None: the system's own on a Mac, and
        nothing elsewhere.
    """

    def __init__(self, send: "Send | None" = None) -> None:
        self._send = send or (_objc() if IS_MAC else None)
        self._token: int | None = None

    @property
    def is_on(self) -> bool:
        """Whether the system was told, and not told otherwise."""
        return self._token is not None

    def begin(self, reason: str) -> None:
        """Begin; nothing where it has begun already."""
        if self._send is None or self._token is not None:
            return
        # https://developer.apple.com/documentation/foundation/nsprocessinfo/1415995-beginactivitywithoptions
        info = self._send("NSProcessInfo", "processInfo")
        text = self._send("NSString", "stringWithUTF8String:", reason.encode())
        token = self._send(info, "beginActivityWithOptions:reason:", _USER_INITIATED, text)
        self._token = self._send(token, "retain")

    def end(self) -> None:
        """End; nothing where it has not begun."""
        if self._send is None or self._token is None:
            return
        self._send(self._send("NSProcessInfo", "processInfo"), "endActivity:", self._token)
        self._send(self._token, "release")
        self._token = None


class ShareSheet:
    """The system's menu of what files can be shared with; there is none elsewhere.

    Parameters
    ----------
    send
        As for :class:`Activity`.
    """

    def __init__(self, send: "Send | None" = None) -> None:
        self._send = send or (_objc() if IS_MAC else None)
        self._picker = 0

    def show(self, files: Sequence[Path], view: int, around: "QRectF") -> None:
        """Show it for files beside a rectangle of a view: the native id of a window, which Qt has flipped."""
        send = self._send
        if send is None:
            return
        items = send("NSMutableArray", "array")
        for file in files:
            path = send("NSString", "stringWithUTF8String:", os.fsencode(file))
            send(items, "addObject:", send("NSURL", "fileURLWithPath:", path))
        if self._picker:
            send(self._picker, "release")
        # https://developer.apple.com/documentation/appkit/nssharingservicepicker
        self._picker = send(send("NSSharingServicePicker", "alloc"), "initWithItems:", items)
        rect = Rect(around.x(), around.y(), around.width(), around.height())
        send(self._picker, "showRelativeToRect:ofView:preferredEdge:", rect, view, _MIN_Y_EDGE)


class ServicesProvider:
    """Answers "Analyze with Mondrian" in Finder's menu of services; there is none elsewhere.

    Info.plist declares the service (tools/info_plist.py); the system sends its message to an object of ours.
    https://developer.apple.com/library/archive/documentation/Cocoa/Conceptual/SysServicesArticles

    Parameters
    ----------
    take
        Gets the files and folders that were chosen, in the middle of the system's message: it must not raise.
    send
        As for :class:`Activity`.
    define
        Makes an object that answers a message, as :func:`_answering` does.
    """

    def __init__(
        self, take: Callable[[Sequence[Path]], None], send: "Send | None" = None, define: "Define | None" = None
    ) -> None:
        self._take = take
        self._send = send or (_objc() if IS_MAC else None)
        if self._send is not None:
            # The system does not keep it.
            self._provider = (define or _answering)("MondrianServices", SERVICE_MESSAGE, self._answer)
            self._provide(self._provider[0])

    def close(self) -> None:
        """Answer no more."""
        if self._send is not None:
            self._provide(0)
            self._take = lambda paths: None

    def _provide(self, target: int) -> None:
        send = cast("Send", self._send)
        send(send("NSApplication", "sharedApplication"), "setServicesProvider:", target)

    def _answer(self, pasteboard: int) -> None:
        """Read which files are on the pasteboard, and hand them on."""
        send = cast("Send", self._send)
        kinds = send("NSArray", "arrayWithObject:", send("NSURL", "class"))
        urls = send(pasteboard, "readObjectsForClasses:options:", kinds, 0)
        found = []
        for index in range(min(send(urls, "count"), _MOST_FILES) if urls else 0):
            # Finder names files by their numbers.
            url = send(send(urls, "objectAtIndex:", index), "filePathURL")
            if text := send(url, "fileSystemRepresentation") if url else 0:
                found.append(Path(os.fsdecode(ctypes.string_at(text))))
        if found:
            self._take(found)


def show_progress(app: "QApplication", share: float | None, left: int = 0, *, is_mac: bool = IS_MAC) -> None:
    """Show how far a batch is on the Dock icon: a bar, and how many are left; None: the icon as it is.

    A Mac's Dock shows the application's icon: elsewhere it stays as it is.
    """
    if not is_mac:
        return
    step = -1 if share is None else round(_DOCK_STEPS * share)
    if app.property("dock_step") == step and app.property("dock_left") == left:
        return
    app.setProperty("dock_step", step)
    app.setProperty("dock_left", left)
    app.setBadgeNumber(left if share is not None else 0)
    app.setWindowIcon(dock_icon(None if share is None else step / _DOCK_STEPS))


def dock_icon(share: float | None) -> "QIcon":
    """Return the app's icon, with a bar across its foot where there is a share to show."""
    from PySide6.QtCore import QRectF, QSize
    from PySide6.QtGui import QColor, QIcon, QPainter

    file = str(paths.resource("icons", "mondrian.svg"))
    if share is None:
        return QIcon(file)
    pixmap = QIcon(file).pixmap(QSize(_DOCK_SIDE, _DOCK_SIDE))
    side = pixmap.width()
    painter = QPainter(pixmap)
    box = QRectF(0.16 * side, 0.74 * side, 0.68 * side, 0.08 * side)
    painter.fillRect(box.adjusted(-3, -3, 3, 3), QColor("black"))
    painter.fillRect(box, QColor("#d9d9dd"))
    painter.fillRect(QRectF(box.left(), box.top(), box.width() * share, box.height()), QColor(BLUE))
    painter.end()
    return QIcon(pixmap)


class Rect(ctypes.Structure):
    """NSRect, handed over by value."""

    _fields_ = tuple((name, ctypes.c_double) for name in ("x", "y", "width", "height"))


Send: TypeAlias = Callable[..., int]
Define: TypeAlias = Callable[[str, str, Callable[[int], None]], tuple[int, object]]
SERVICE_MESSAGE = "analyzeWithMondrian:userData:error:"
_MOST_FILES = 100_000
_numbers = count()
_MIN_Y_EDGE = 1
_USER_INITIATED = 0x00FFFFFF | 1 << 20
"""NSActivityUserInitiated, which holds NSActivityIdleSystemSleepDisabled."""
_KINDS: dict[type, type] = {bytes: ctypes.c_char_p, int: ctypes.c_uint64}
_DOCK_STEPS = 50
_DOCK_SIDE = 256


def _answering(name: str, selector: str, answer: Callable[[int], None]) -> tuple[int, object]:
    """Return an object that calls ``answer`` with the first argument of a message, and what has to live as long.

    The message is one of a services provider: ``- (void)…:(NSPasteboard *) …:(NSString *) …:(NSString **)``.
    """
    lib = ctypes.CDLL("/usr/lib/libobjc.A.dylib")
    for function in (lib.objc_getClass, lib.sel_registerName, lib.objc_allocateClassPair, lib.class_createInstance):
        function.restype = ctypes.c_void_p
    lib.objc_getClass.argtypes = lib.sel_registerName.argtypes = [ctypes.c_char_p]
    lib.objc_allocateClassPair.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    lib.objc_registerClassPair.argtypes = [ctypes.c_void_p]
    lib.class_createInstance.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    method = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5)(lambda me, message, first, *rest: answer(first or 0))
    lib.class_addMethod.argtypes = [ctypes.c_void_p, ctypes.c_void_p, type(method), ctypes.c_char_p]
    # A class for each: one of the same name would answer by an earlier callback.
    made = lib.objc_allocateClassPair(lib.objc_getClass(b"NSObject"), f"{name}{next(_numbers)}".encode(), 0)
    lib.class_addMethod(made, lib.sel_registerName(selector.encode()), method, b"v@:@@^@")
    lib.objc_registerClassPair(made)
    return lib.class_createInstance(made, 0), method


def _objc() -> Send | None:
    """Return how to send messages to Objective-C objects; None where the runtime is not there."""
    try:
        lib = ctypes.CDLL("/usr/lib/libobjc.A.dylib")
        ctypes.CDLL("/System/Library/Frameworks/Foundation.framework/Foundation")
    except OSError:
        return None
    lib.objc_getClass.restype = lib.sel_registerName.restype = ctypes.c_void_p
    lib.objc_getClass.argtypes = lib.sel_registerName.argtypes = [ctypes.c_char_p]

    def send(target: int | str, selector: str, *arguments: int | bytes | ctypes.Structure) -> int:
        # On arm64 a call has to be made with the very types of the method.
        kinds = [_KINDS.get(type(each), type(each)) for each in arguments]
        call = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, *kinds)(("objc_msgSend", lib))
        receiver = lib.objc_getClass(target.encode()) if isinstance(target, str) else target
        return call(receiver, lib.sel_registerName(selector.encode()), *arguments) or 0

    return send

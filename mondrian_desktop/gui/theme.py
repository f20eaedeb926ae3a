"""Colors and measures of the window, light and dark. The photo is the brightest thing on the screen.

macOS draws its own controls in its own colors; elsewhere Qt's Fusion style gets a palette and a small style sheet
in the same spirit. What we paint ourselves takes its colors from here on every system.
"""

import sys
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from mondrian_desktop import paths

# Classes of Qt are made where they are named, and the empty window waits for that: Qt itself takes as long as QtCore.
if TYPE_CHECKING:
    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QLabel

GRID = 8
"""All distances are multiples of this, in device-independent pixels; halves inside small things."""
SIDEBAR_WIDTH = 180
CRITIQUE_MIN, CRITIQUE_DEFAULT, CRITIQUE_MAX = 380, 420, 520
MIN_WIDTH, MIN_HEIGHT = 960, 640

# Piet Mondrian's primaries: only in the icon, the drop highlight and the segments of the progress bar.
_MIDDLE = 128
"""Of the lightness of colors, 0 to 255."""
RED, YELLOW, BLUE = "#d42a1e", "#f2b90c", "#1f55a5"


@dataclass(frozen=True, slots=True)
class Colors:
    """Everything we paint with, as ``#rrggbb``.

    ``surround`` lies around the photo: neutral grey of about 75% reflectance in light and 18% in dark, without a
    tint, in sRGB. ``on_surround`` is text on it. ``ink`` and ``soft`` are text on ``window`` and ``paper``.
    """

    dark: bool
    window: str
    paper: str
    ink: str
    soft: str
    line: str
    track: str
    control: str
    control_edge: str
    hover: str
    selection: str
    surround: str
    on_surround: str
    accent: str
    on_accent: str
    strong: str
    solid: str
    weak: str


LIGHT = Colors(
    dark=False, window="#f4f4f5", paper="#ffffff", ink="#1c1c1e", soft="#5c5c61", line="#d9d9dd", track="#e6e6ea",
    control="#ffffff", control_edge="#c6c6cb", hover="#ececef", selection="#dcdce1", surround="#e1e1e1",
    on_surround="#2b2b2b", accent="#3a3a3f", on_accent="#ffffff", strong="#1b7a43", solid="#8a5a00", weak="#b3261e",
)  # fmt: skip
DARK = Colors(
    dark=True, window="#262628", paper="#1d1d1f", ink="#ececee", soft="#a5a5ab", line="#3b3b40", track="#3a3a3e",
    control="#37373b", control_edge="#4c4c52", hover="#333337", selection="#47474d", surround="#767676",
    on_surround="#ffffff", accent="#e4e4e8", on_accent="#1c1c1e", strong="#58c07f", solid="#e0a93f", weak="#ff8a7a",
)  # fmt: skip


class Theme(QObject):
    """The colors in force; they follow the system's appearance.

    Parameters
    ----------
    app
        Gets palette and style sheet, except on macOS.
    dark
        None follows the system; True or False hold it.
    waits
        Whether the style sheet waits for :meth:`dress`: in a window that has one, each widget that gets into another
        is styled anew, with all that is in it, and making a window takes twice as long.
    """

    changed = Signal()

    def __init__(self, app: QApplication, *, dark: bool | None = None, waits: bool = False) -> None:
        super().__init__(app)
        self._app = app
        self._held = dark
        self._waits = waits
        if sys.platform != "darwin":
            app.setStyle(QStyleFactory.create("Fusion"))
        self.colors = LIGHT
        self._apply()
        if not waits:
            self._follow()

    @property
    def held(self) -> bool | None:
        """Whether dark (True) or light (False) is held; None where the system is followed."""
        return self._held

    def dress(self) -> None:
        """Set the style sheet, where it has waited, and follow the system from now on."""
        if self._waits:
            self._waits = False
            self._follow()
        self._apply()

    def hold(self, dark: bool | None) -> None:
        """Hold light or dark, or (None) follow the system again."""
        self._held = dark
        self._apply()

    @property
    def reduces_motion(self) -> bool:
        """Whether the user asked the system for less motion; False where Qt cannot tell (before 6.12)."""
        hints = getattr(self._app.styleHints(), "accessibility", lambda: None)()
        preference = getattr(hints, "motionPreference", lambda: None)()
        return getattr(preference, "name", "") == "ReducedMotion"

    def _follow(self) -> None:
        self._app.styleHints().colorSchemeChanged.connect(self._apply)

    def _is_dark(self) -> bool:
        """Return whether the system is."""
        if self._waits:
            # Nothing has been set yet: these are the system's colors.
            return self._app.palette().color(QPalette.ColorRole.Window).lightness() < _MIDDLE
        from PySide6.QtCore import Qt

        return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _apply(self) -> None:
        self.colors = DARK if (self._is_dark() if self._held is None else self._held) else LIGHT
        if sys.platform != "darwin":
            self._app.setPalette(palette(self.colors))
            if not self._waits:
                self._app.setStyleSheet(style_sheet(self.colors))
        self.changed.emit()


def palette(colors: Colors) -> QPalette:
    """Return the palette for styles that do not bring their own."""
    roles = QPalette.ColorRole
    made = QPalette()
    for role, color in {
        roles.Window: colors.window, roles.WindowText: colors.ink, roles.Base: colors.paper, roles.Text: colors.ink,
        roles.AlternateBase: colors.window, roles.Button: colors.control, roles.ButtonText: colors.ink,
        roles.ToolTipBase: colors.paper, roles.ToolTipText: colors.ink, roles.Highlight: colors.accent,
        roles.HighlightedText: colors.on_accent, roles.Accent: colors.accent, roles.Link: colors.ink,
        roles.LinkVisited: colors.ink, roles.PlaceholderText: colors.soft, roles.BrightText: colors.weak,
        roles.Mid: colors.line, roles.Dark: colors.control_edge, roles.Midlight: colors.track,
        roles.Light: colors.paper, roles.Shadow: colors.control_edge,
    }.items():  # fmt: skip
        made.setColor(role, QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, mix(colors.ink, colors.window, 0.55))
    return made


def style_sheet(colors: Colors) -> str:
    """Return the style sheet for systems without native controls of this kind."""
    c = colors
    return f"""
    QToolBar, QMenuBar, QStatusBar {{ background: {c.window}; border: none }}
    QToolBar {{ border-bottom: 1px solid {c.line}; padding: 8px; spacing: 8px }}
    QMenuBar::item:selected {{ background: {c.selection}; border-radius: 4px }}
    QMenu {{ background: {c.paper}; border: 1px solid {c.control_edge}; padding: 4px }}
    QMenu::item {{ padding: 4px 24px 4px 24px; border-radius: 4px }}
    QMenu::item:selected {{ background: {c.accent}; color: {c.on_accent} }}
    QMenu::item:disabled {{ color: {mix(c.ink, c.window, 0.55).name()} }}
    QMenu::separator {{ height: 1px; background: {c.line}; margin: 4px 8px }}
    QPushButton, QComboBox, QToolButton[framed="true"] {{ background: {c.control}; border: 1px solid {c.control_edge};
        border-radius: 6px; padding: 4px 12px; min-height: 20px; color: {c.ink} }}
    QPushButton:hover, QComboBox:hover {{ background: {c.hover} }}
    QPushButton:pressed {{ background: {c.selection} }}
    QPushButton:disabled, QComboBox:disabled {{ color: {mix(c.ink, c.window, 0.55).name()}; border-color: {c.line} }}
    QPushButton:focus, QComboBox:focus {{ border: 2px solid {c.soft}; padding: 3px 11px }}
    QPushButton[primary="true"]:enabled {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent} }}
    QPushButton[primary="true"]:enabled:hover {{ background: {mix(c.accent, c.paper, 0.15).name()} }}
    QPushButton[primary="true"]:focus {{ border-color: {c.soft} }}
    QPushButton[quiet="true"] {{ background: transparent; border-color: transparent }}
    QPushButton[quiet="true"]:hover {{ background: {c.hover} }}
    QPushButton[quiet="true"]:focus {{ border-color: {c.soft} }}
    QLineEdit {{ background: {c.control}; border: 1px solid {c.control_edge}; border-radius: 6px; padding: 4px 8px;
        min-height: 20px; color: {c.ink}; selection-background-color: {c.selection}; selection-color: {c.ink} }}
    QPlainTextEdit[field="true"] {{ background: {c.control}; border: 1px solid {c.control_edge}; border-radius: 6px;
        padding: 2px 4px; color: {c.ink}; selection-background-color: {c.selection}; selection-color: {c.ink} }}
    QPlainTextEdit[field="true"]:focus {{ border: 2px solid {c.soft}; padding: 1px 3px }}
    QLineEdit:focus {{ border: 2px solid {c.soft}; padding: 3px 7px }}
    QLineEdit:read-only {{ background: {c.window} }}
    QLineEdit:disabled {{ color: {mix(c.ink, c.window, 0.55).name()}; border-color: {c.line} }}
    QCheckBox::indicator, QListWidget::indicator {{ width: 14px; height: 14px; border: 1px solid {c.control_edge};
        border-radius: 4px; background: {c.control} }}
    QCheckBox::indicator:checked, QListWidget::indicator:checked {{ background: {c.accent}; border-color: {c.accent};
        image: url("{_icon("check-dark" if c.dark else "check-light")}") }}
    QCheckBox::indicator:disabled, QListWidget::indicator:disabled {{ background: {c.line}; border-color: {c.line} }}
    QCheckBox::indicator:focus, QListWidget::indicator:focus {{ border: 2px solid {c.soft}; width: 12px; height: 12px }}
    QListWidget {{ background: {c.paper}; border: 1px solid {c.control_edge}; border-radius: 6px; padding: 4px }}
    QListWidget[checks="true"]::item {{ padding: 4px; border-radius: 4px; color: {c.ink} }}
    QListWidget[checks="true"]::item:selected {{ background: {c.selection}; color: {c.ink} }}
    QListWidget[sidebar="true"] {{ background: transparent; border: none; padding: 0; outline: none }}
    QListWidget[sidebar="true"]::item {{ padding: 4px 8px; border-radius: 6px; color: {c.ink} }}
    QListWidget[sidebar="true"]::item:selected {{ background: {c.selection}; color: {c.ink} }}
    QListWidget[sidebar="true"]::item:hover:!selected {{ background: {c.hover} }}
    QPushButton[chooses="true"] {{ padding-right: 32px }}
    QPushButton::menu-indicator {{ image: url("{_icon("chevron-dark" if c.dark else "chevron-light")}");
        width: 12px; height: 12px; subcontrol-origin: border; subcontrol-position: right center; right: 8px }}
    QComboBox::drop-down {{ border: none; width: 24px }}
    QComboBox::down-arrow {{ image: url("{_icon("chevron-dark" if c.dark else "chevron-light")}"); width: 12px }}
    QComboBox QAbstractItemView {{ background: {c.paper}; border: 1px solid {c.control_edge}; padding: 4px;
        selection-background-color: {c.accent}; selection-color: {c.on_accent} }}
    QToolButton {{ border: 1px solid transparent; border-radius: 6px; padding: 4px }}
    QToolButton:hover {{ background: {c.hover} }}
    QToolButton:focus {{ border-color: {c.soft} }}
    QTabBar {{ qproperty-drawBase: 0 }}
    QTabBar::tab {{ background: transparent; color: {c.soft}; padding: 4px 12px; margin: 0 4px 0 0;
        border: 1px solid transparent; border-radius: 6px }}
    QTabBar::tab:selected {{ background: {c.selection}; color: {c.ink} }}
    QTabBar::tab:hover:!selected {{ background: {c.hover} }}
    QTabBar::tab:focus {{ border-color: {c.soft} }}
    QDialogButtonBox, QMessageBox {{ dialogbuttonbox-buttons-have-icons: 0 }}
    QSplitter::handle {{ background: {c.line} }}
    QHeaderView::section {{ background: {c.window}; color: {c.soft}; border: none;
        border-bottom: 1px solid {c.line}; padding: 4px 8px }}
    QHeaderView::section:first {{ padding-left: 16px }}
    QToolTip {{ background: {c.paper}; color: {c.ink}; border: 1px solid {c.control_edge}; padding: 4px }}
    QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0 }}
    QScrollBar::handle:vertical {{ background: {c.control_edge}; border-radius: 4px; min-height: 32px; margin: 2px }}
    QScrollBar::handle:vertical:hover {{ background: {c.soft} }}
    QScrollBar[idle="true"]::handle:vertical {{ background: transparent }}
    QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0 }}
    QScrollBar::handle:horizontal {{ background: {c.control_edge}; border-radius: 4px; min-width: 32px; margin: 2px }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0 }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent }}
    """


def _icon(name: str) -> str:
    """Return the path of an icon as a style sheet wants it."""
    return paths.resource("icons", f"{name}.svg").as_posix()


def mix(one: str, other: str, share: float) -> QColor:
    """Return ``share`` (0 to 1) of ``other`` over ``one``."""
    return QColor.fromRgbF(*(a + (b - a) * share for a, b in zip(_channels(one), _channels(other), strict=True)))


def tabular(font: "QFont") -> "QFont":
    """Return ``font`` with figures of one width, so that counting numbers do not shift."""
    from PySide6.QtGui import QFont

    made = QFont(font)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def scaled(font: "QFont", factor: float, weight: "QFont.Weight | None" = None) -> "QFont":
    """Return ``font`` in ``factor`` times its size, with figures of one width."""
    from PySide6.QtGui import QFontInfo

    made = tabular(font)
    made.setPixelSize(max(9, round(QFontInfo(font).pixelSize() * factor)))
    if weight is not None:
        made.setWeight(weight)
    return made


def set_text_color(label: "QLabel", color: str) -> None:
    """Give a label its text color. By style sheet: a palette is lost when the label gets into another layout."""
    _set_style(label, f"color: {color}")


def set_background(widget: QWidget, color: str) -> None:
    """Fill ``widget``, and not what lies in it, with ``color``."""
    from PySide6.QtCore import Qt

    if not widget.objectName():
        widget.setObjectName(f"ground{next(_numbers)}")
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    _set_style(widget, f"#{widget.objectName()} {{ background: {color}; border: none }}")


_numbers = count()


def _set_style(widget: QWidget, sheet: str) -> None:
    if widget.styleSheet() != sheet:
        widget.setStyleSheet(sheet)


def luminance(color: str) -> float:
    """Return the relative luminance of a color, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in _channels(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _channels(color: str) -> tuple[float, float, float]:
    made = QColor(color)
    return made.redF(), made.greenF(), made.blueF()

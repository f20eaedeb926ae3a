"""The order in which Tab goes through the window: that of reading."""

from itertools import pairwise

from PySide6.QtWidgets import QWidget

from mondrian_desktop.gui.asking import Asking
from mondrian_desktop.gui.model_choice import ModelChoice
from mondrian_desktop.gui.notice import Notice
from mondrian_desktop.gui.photo_list import PhotoList
from mondrian_desktop.gui.photo_view import PhotoView
from mondrian_desktop.gui.server_bar import ServerBar
from mondrian_desktop.gui.toolbar import Toolbar
from mondrian_desktop.gui.welcome import Welcome
from mondrian_desktop.gui.work_area import WorkArea


def set_tab_order(
    toolbar: Toolbar,
    models: ModelChoice,
    notice: Notice,
    server: ServerBar,
    welcome: Welcome,
    area: WorkArea,
    photos: PhotoList,
    view: PhotoView,
    asking: Asking,
) -> None:
    """Link everything in the window that takes keys: bars, photos, picture, critique, strip."""
    pane, bottom = asking.pane, asking.bottom
    in_reading_order: tuple[QWidget, ...] = (
        models.button, toolbar.advisor, toolbar.analyze, notice.act, notice.dismiss, server.back, models.downloads.act,
        models.downloads.details, models.downloads.later, models.offer.act, models.offer.details, models.offer.later,
        models.offer.never, welcome.open,
        *welcome.samples.values(), area.add, photos, view, pane.tabs, pane.header.others, pane.banner.button,
        pane.thinking.button, pane.thinking.text, pane.card.analyze, pane.text, pane.message.button, pane.facts,
        pane.facts.seen, pane.raw, pane.ask.text, pane.ask.models, pane.ask.subject, pane.ask.line, pane.ask.button,
        pane.panel.tabs, pane.panel.thinking.button, pane.panel.thinking.text, pane.panel.text, bottom.stop,
        bottom.try_now,
        bottom.stop_all,
    )  # fmt: skip
    for one, other in pairwise(in_reading_order):
        QWidget.setTabOrder(one, other)

"""A conversation in the Ask page, for :mod:`tools.screenshots`.

The built-in model takes no questions: these exchanges were written down for the picture.
"""

from PySide6.QtCore import QUrl

from mondrian_desktop.report.model import Exchange
from tools.studio import SETTLE_MS, Scene, Studio

NAMES = ("ask-talk", "ask-talk-dark", "ask-talk-narrow", "ask-talk-narrow-dark")
_TALK = (
    Exchange("Why is the sky so pale?", "The exposure was chosen for the boats. The sky is brighter by **two stops**."),
    Exchange(
        "What could I have done about that, with the camera that I had there, without a tripod and without filters, "
        "in the few minutes before the sun was gone?",
        "Three things, in this order:\n\n"
        "1. **Expose for the sky.** Take what you can from the shadows later; at ISO 200 there is room for that.\n"
        "2. Step to the left until the mast stands before the dark hill, so that the sky takes less of the picture.\n"
        "3. Wait: when the sun is behind the ridge the difference falls to less than a stop.\n\n"
        "Two exposures, one for each, can be joined later where nothing moves; here the water does.",
        thinking="The photographer asks what could be done on the spot.\nNo tripod: bracketing is risky. No filters.\n"
        "The histogram shows clipped highlights, 4 %. So exposure, position, time.",
    ),
    Exchange(
        "And in black and white?",
        "It would gain. The colors say little here, and the lines of the pier carry the picture: a red filter darkens "
        "the sky and leaves",
        "cancelled",
        thinking="Adams would think of the red filter.",
    ),
)
_QUESTION = "Where would you crop?"


def play(studio: Studio) -> Scene:
    """Look at a conversation, wide and narrow, with one thought opened, and while an answer is awaited."""
    window = studio.window
    page = window.asking.pane.ask
    window.verbs["tab_ask"].trigger()
    page.show_talk(_TALK, "", "")
    page.text.anchorClicked.emit(QUrl("thought:1"))
    yield SETTLE_MS
    yield from studio.both("ask-talk")
    window.resize(960, 640)
    page.show_talk(_TALK, _QUESTION, "")
    yield SETTLE_MS
    yield from studio.both("ask-talk-narrow")
    window.resize(1280, 800)
    window.asking.questions.show()

import io

from mondrian_desktop.cli.live_text import LiveAnswer
from mondrian_desktop.engine.protocol import Token


def test_what_is_thought_first_is_not_printed():
    out = io.StringIO()
    live = LiveAnswer(out)
    for number, piece in enumerate(["<th", "ink>Hm, ", "the light.</thi", "nk>\n\nIt is ", "soft ", "here."], start=1):
        live.update(Token(piece, number, 9.0))
    assert out.getvalue() == "It is soft "

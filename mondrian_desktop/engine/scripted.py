"""An engine that plays a script: for tests that need exact timing or a fault at an exact place. Never for users."""

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from mondrian_desktop.engine.protocol import (
    EngineEvent,
    EngineEvents,
    Finished,
    FinishReason,
    Phase,
    Prefill,
    Request,
    Stage,
    Token,
)
from mondrian_desktop.errors import Cancelled
from mondrian_desktop.pump import Wait

Step: TypeAlias = EngineEvent | Wait | Exception | Callable[[], None]
"""An event to yield, an exception to raise, or something to call (to move a fake clock, to cancel, to vanish)."""


class ScriptedEngine:
    """Plays one script a request, the last one again and again.

    Attributes
    ----------
    requests
        What was asked, in order.
    closed
        How many requests have ended, however they ended.
    """

    concurrency = 1

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.requests: list[Request] = []
        self.closed = 0
        self._scripts = scripts

    def generate(self, request: Request) -> EngineEvents:
        """Play the next script; a cancellation is answered as the protocol wants it."""
        script = self._scripts[min(len(self.requests), len(self._scripts) - 1)]
        self.requests.append(request)
        written: list[Token] = []
        try:
            yield from self._play(script, written)
        except Cancelled:
            text = "".join(token.text for token in written)
            yield Finished(text, FinishReason.CANCELLED, generation_tokens=len(written))
        finally:
            self.closed += 1

    def device(self) -> str:
        """Return that nothing is computed."""
        return "a script"

    def unload(self) -> None:
        """Nothing is loaded."""

    @staticmethod
    def _play(script: Sequence[Step], written: list[Token]) -> Generator[EngineEvent | Wait, None, None]:
        for step in script:
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step()
                continue
            if isinstance(step, Token):
                written.append(step)
            yield step


def script(
    text: str,
    *,
    pieces: int = 10,
    generation_tps: float = 20.0,
    finish_reason: FinishReason = FinishReason.STOP,
    before_token: Callable[[], None] | None = None,
) -> list[Step]:
    """Return the script of an ordinary answer: ``text`` in about ``pieces`` tokens, each after ``before_token()``."""
    size = max(1, -(-len(text) // pieces))
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    steps: list[Step] = [Phase(Stage.ENCODING), Prefill(0, 4), Prefill(4, 4), Phase(Stage.GENERATING)]
    for n, part in enumerate(parts, start=1):
        if before_token:
            steps.append(before_token)
        steps.append(Token(part, n, generation_tps))
    steps.append(Finished(text, finish_reason, generation_tokens=len(parts), generation_tps=generation_tps))
    return steps

"""The engine of the user's servers: the same events, made of what an OpenAI-compatible server sends.

What blocks happens in a thread of its own, one for each request, which ends with it. Several requests may be under way.
"""

import base64
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mondrian_desktop.engine.guard import RepetitionGuard
from mondrian_desktop.engine.protocol import (
    EngineEvent,
    EngineEvents,
    Finished,
    FinishReason,
    Image,
    Message,
    Phase,
    Prefill,
    Request,
    Stage,
    Token,
    Unreachable,
)
from mondrian_desktop.errors import Cancelled, UserError
from mondrian_desktop.photo.encode import jpeg, smaller
from mondrian_desktop.pump import Wait
from mondrian_desktop.weights.servers import Server
from mondrian_desktop.weights.wire import Fault, Interrupted, Lost, Refused
from mondrian_desktop.weights.worker import Desk, in_thread

if TYPE_CHECKING:
    from mondrian_desktop.engine.chat import Piece

ATTEMPTS = 4
"""How often a server is asked before the job fails; a stalled connection, for which one waits long, counts twice."""
LONGEST_PAUSE_S = 120.0
JPEG_QUALITY = 92
OPTIONAL = ("chat_template_kwargs", "response_format", "stream_options", "seed")
"""What is left out, one after the other, where a server does not take a request."""


class RemoteEngine:
    """Has one server generate.

    Parameters
    ----------
    server
        Which.
    key
        Returns its key, or an empty string; called in a thread.
    backoff_s
        Seconds before the second attempt; each further one waits twice as long, or as long as the server asks for.
    connect_s, stall_s
        Seconds after which connecting is given up, and after which a connection on which nothing comes counts as lost.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        server: Server,
        key: Callable[[Server], str],
        *,
        backoff_s: float = 1.0,
        connect_s: float = 6.0,
        stall_s: float = 180.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._server = server
        self._key = key
        self._backoff_s = backoff_s
        self._times = connect_s, stall_s
        self._clock = clock
        self._refused: frozenset[str] = frozenset()

    @property
    def concurrency(self) -> int:
        """How many requests may run at once."""
        return self._server.concurrency

    def generate(self, request: Request) -> EngineEvents:
        """Answer ``request``: see :class:`~mondrian_desktop.engine.protocol.Engine`."""
        line = _Line()
        answer = _Answer(self._clock)
        events: EngineEvents = in_thread(lambda desk: self._work(desk, request, line, answer), line.abort, close_s=0.0)
        shown: list[str] = []
        last = Token("", 0, 0.0)
        try:
            for event in events:
                if isinstance(event, Token):
                    shown.append(event.text)
                    last = event
                yield event
        except Cancelled:
            # Not waited for: the thread ends by itself, at once unless it is just connecting.
            yield Finished(
                "".join(shown),
                FinishReason.CANCELLED,
                generation_tokens=last.generation_tokens,
                generation_tps=last.generation_tps,
            )
            return
        finally:
            events.close()
        yield answer.finished()

    def device(self) -> str:
        """Return on what it computes, for people."""
        return self._server.host

    def unload(self) -> None:
        """Nothing is loaded here."""

    def _work(self, desk: Desk[EngineEvent | Wait], request: Request, line: "_Line", answer: "_Answer") -> None:
        desk.tell(Phase(Stage.READING))
        key = self._key(self._server)
        body = _body(self._server, request)
        if request.image:
            answer.image_size = _size(request.image, self._server)
        desk.tell(Phase(Stage.ENCODING))
        desk.tell(Prefill(0, 1))
        tries, had_begun = 0, False
        left_out = self._refused
        while True:
            desk.check()
            try:
                self._ask(desk, {name: body[name] for name in body if name not in left_out}, key, line, answer)
            except Refused as err:
                name = next((each for each in OPTIONAL if each in body and each not in left_out), None)
                if name is None:
                    raise _cannot(self._server, err.said) from err
                left_out |= {name}
            except Interrupted as err:
                desk.check()
                tries += 2 if err.stalled else 1
                had_begun |= isinstance(err, Lost)
                if tries >= ATTEMPTS:
                    raise _given_up(err, had_begun) from err
                if isinstance(err, Fault) and not answer.has_text:
                    # Some servers fail over a schema that they cannot hold answers to.
                    left_out |= {"response_format"}
                desk.pause(min(max(err.retry_after_s, self._backoff_s * 2 ** (tries - 1)), LONGEST_PAUSE_S))
            else:
                self._refused |= left_out
                return

    def _ask(
        self, desk: Desk[EngineEvent | Wait], body: dict[str, Any], key: str, line: "_Line", answer: "_Answer"
    ) -> None:
        # Its client takes a while to import, and is needed where a server is used only.
        from mondrian_desktop.engine.chat import Chat, Timeouts

        # One connection a request: what is shared could not be cut off for one of them.
        chat = Chat(self._server, key, Timeouts(*self._times))
        line.take(chat.abort)
        answer.begin()
        try:
            for piece in chat.ask(body):
                for event in answer.add(piece):
                    desk.tell(event)
                if answer.is_over:
                    return
            for event in answer.end():
                desk.tell(event)
        finally:
            chat.close()


class _Line:
    """The connection of a request, to be cut from another thread."""

    def __init__(self) -> None:
        self._aborted = False
        self._abort: Callable[[], None] = lambda: None

    def take(self, abort: Callable[[], None]) -> None:
        self._abort = abort
        if self._aborted:
            abort()

    def abort(self) -> None:
        self._aborted = True
        self._abort()


class _Answer:
    """What has come of a request so far; after :meth:`begin` anew, without handing out a second time what was.

    Where the second attempt writes something else, the text shown meanwhile has a seam; the finished one has none.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.image_size: tuple[int, int] | None = None
        self._clock = clock
        self._began_s = clock()
        self._shown = 0
        self._is_generating = False
        self.begin()

    def begin(self) -> None:
        self._text = ""
        self._reason = ""
        self._pieces = 0
        self._is_thinking = self._repeats = False
        self._first_s = self._last_s = 0.0
        self._prompt_tokens = self._cached_tokens = self._generation_tokens = 0
        self._prompt_tps = 0.0
        self._guard = RepetitionGuard()

    @property
    def has_text(self) -> bool:
        return bool(self._text)

    @property
    def is_over(self) -> bool:
        """Whether it has begun to repeat itself."""
        return self._repeats

    def add(self, piece: "Piece") -> Iterator[EngineEvent]:
        """Take a bit of the answer and yield its events."""
        self._reason = piece.finish_reason or self._reason
        self._prompt_tokens = piece.prompt_tokens or self._prompt_tokens
        self._cached_tokens = piece.cached_tokens or self._cached_tokens
        self._generation_tokens = piece.generation_tokens or self._generation_tokens
        self._prompt_tps = piece.prompt_tps or self._prompt_tps
        text = self._joined(piece.thinking, piece.text)
        if not text:
            return
        kept = self._guard.cut(text)
        self._repeats = kept is not None
        self._text += text[:kept]
        self._pieces += 1
        self._last_s = self._clock()
        self._first_s = self._first_s or self._last_s
        if not self._is_generating:
            self._is_generating = True
            yield Prefill(1, 1)
            yield Phase(Stage.GENERATING)
        if len(self._text) > self._shown:
            yield Token(self._text[self._shown :], self._count, self._tps)
            self._shown = len(self._text)

    def end(self) -> Iterator[EngineEvent]:
        """Take in that the answer is whole.

        Raises
        ------
        UserError
            Where the server's operator does not want the question answered.
        """
        if self._reason == "content_filter" and not self._text:
            raise UserError("The server refused to describe this photo.", "Use a model on this Mac for it.")
        if not self._is_generating:
            self._is_generating = True
            yield Phase(Stage.GENERATING)

    def finished(self) -> Finished:
        reasons = {"length": FinishReason.LENGTH, "max_tokens": FinishReason.LENGTH}
        return Finished(
            self._text,
            FinishReason.REPETITION if self._repeats else reasons.get(self._reason, FinishReason.STOP),
            prompt_tokens=self._prompt_tokens,
            cached_tokens=self._cached_tokens,
            generation_tokens=self._count,
            prompt_tps=self._prompt_tps,
            generation_tps=self._tps,
            time_to_first_token_s=self._first_s - self._began_s if self._first_s else 0.0,
            image_size=self.image_size,
        )

    @property
    def _count(self) -> int:
        # Most servers tell at the end; until then pieces are counted, which are one or two tokens each.
        return self._generation_tokens or self._pieces

    @property
    def _tps(self) -> float:
        return (self._count - 1) / max(self._last_s - self._first_s, 1e-6) if self._pieces > 1 else 0.0

    def _joined(self, thinking: str, text: str) -> str:
        """Return both as a model that thinks writes them by itself."""
        joined = ""
        if thinking:
            joined = thinking if self._is_thinking else f"<think>{thinking}"
            self._is_thinking = True
        if text:
            joined += f"</think>{text}" if self._is_thinking else text
            self._is_thinking = False
        return joined


def _body(server: Server, request: Request) -> dict[str, Any]:
    """Return the question as the protocol has it. Of the photo it holds pixels and nothing else."""
    body: dict[str, Any] = {
        "model": server.model,
        "messages": list(_turns(server, request.messages, request.image)),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": request.stream,
    }
    if request.stream:
        body["stream_options"] = {"include_usage": True}
    if request.temperature:
        body["seed"] = request.seed
    if request.schema is not None:
        schema = {"name": "critique", "schema": dict(request.schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.thinking != "auto":
        # As vLLM, SGLang and mlx-vlm's own server have it. There is no common word for a limit: room is made for it.
        body["chat_template_kwargs"] = {"enable_thinking": request.thinking == "on"}
        body["max_tokens"] += request.thinking_tokens if request.thinking == "on" else 0
    return body


def _turns(server: Server, messages: Iterable[Message], image: Image | None) -> Iterator[dict[str, Any]]:
    """Yield the turns; neighbors of one role become one, since many models' templates want that."""
    turns: list[tuple[str, list[dict[str, Any]]]] = []
    for message in messages:
        parts: list[dict[str, Any]] = []
        if message.has_image and image:
            parts.append({"type": "image_url", "image_url": {"url": _picture(image, server)}})
        if message.text:
            parts.append({"type": "text", "text": message.text})
        if turns and turns[-1][0] == message.role:
            turns[-1][1].extend(parts)
        else:
            turns.append((message.role, parts))
    for role, parts in turns:
        if any(part["type"] != "text" for part in parts):
            yield {"role": role, "content": parts}
        else:
            yield {"role": role, "content": "\n\n".join(part["text"] for part in parts)}


def _picture(image: Image, server: Server) -> str:
    data = jpeg(smaller(image.pixels, server.picture_size), JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def _size(image: Image, server: Server) -> tuple[int, int]:
    height, width = smaller(image.pixels, server.picture_size).shape[:2]
    return width, height


def _given_up(err: Interrupted, had_begun: bool) -> UserError:
    advice = "What is done is kept. Check the server, then try this photo again."
    if isinstance(err, Fault):
        return UserError(err.reason, advice)
    return Unreachable(err.reason, advice, had_begun=had_begun)


def _cannot(server: Server, said: str) -> UserError:
    quoted = f" It says: {said}" if said else ""
    return UserError(
        f"{server.host} cannot answer this request.{quoted}",
        "Check that its model sees pictures and that its context is long enough for one.",
    )

import asyncio
import json

import pytest

from mondrian_desktop.api.progress import Event
from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.api.sse import KEPT, MOST_EVENTS, Channel, EventStream, Hub
from tests.api.live import parse

STATUS, THINKING, DONE = Event("status_update", {"n": 1}), Event("thinking_update", {"thinking": "t"}), Event("done")


def partial(n, advisor="ansel"):
    return Event("partial", {"n": n}, replaces=f"partial {advisor}")


def events(text: bytes):
    return list(parse(iter((text.decode() + "\n").split("\n"))))


def told(text: bytes):
    return [(event.type, event.id.partition("-")[2]) for event in events(text)]


class Client:
    """The other end of an ASGI stream; ``takes`` lets messages pass one by one where it is a semaphore."""

    def __init__(self, takes: asyncio.Semaphore | None = None) -> None:
        self.messages: list[dict] = []
        self.gone = asyncio.Event()
        self.aborted = False
        self.prepared = False
        self._takes = takes
        self._news = asyncio.Condition()

    async def receive(self) -> dict:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        if self._takes:
            await self._takes.acquire()
        async with self._news:
            self.messages.append(message)
            self._news.notify_all()

    async def until(self, condition) -> None:
        async with self._news, asyncio.timeout(10):
            await self._news.wait_for(condition)

    def abort(self) -> None:
        self.aborted = True

    def prepare_stream(self) -> None:
        self.prepared = True

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    def follow(self, hub: Hub, channel: Channel, last_event_id: str = "") -> "asyncio.Task":
        stream = EventStream(hub, channel, last_event_id, self)
        return asyncio.create_task(stream({"type": "http"}, self.receive, self.send))


def test_every_event_has_name_number_and_data():
    channel = Channel("job")
    channel.publish([STATUS, THINKING])
    text, place = channel.read(0)
    assert place == 2
    first, second = events(text)
    assert (first.type, first.data) == ("status_update", {"type": "status_update", "job_id": "job", "n": 1})
    assert second.data == {"type": "thinking_update", "job_id": "job", "thinking": "t"}
    assert json.dumps(second.data) in text.decode()
    assert told(text) == [("status_update", "1"), ("thinking_update", "2")]


def test_text_of_a_model_cannot_break_out_of_its_event():
    channel = Channel("job")
    channel.publish([Event("partial", {"text": "a\n\ndata: {}\r\n\r\nevent: done\u2028\ud800"})])
    assert [event.type for event in events(channel.read(0)[0])] == ["partial"]


def test_a_late_reader_gets_the_state_so_far():
    channel = Channel("job")
    channel.publish([STATUS, partial(1), THINKING, STATUS, partial(2), THINKING, partial(3, "weston"), STATUS])
    text, place = channel.opening(None)
    assert told(text) == [
        ("connected", "0"), ("partial", "5"), ("thinking_update", "6"), ("partial", "7"), ("status_update", "8"),
    ]  # fmt: skip
    assert place == 8
    assert text.startswith(b"retry: 2000\n")


def test_one_who_comes_back_gets_what_was_missed():
    channel = Channel("job")
    channel.publish([STATUS, THINKING, partial(1), STATUS, THINKING, partial(2)])
    last = events(channel.read(0)[0])[1].id
    place = channel.place(last)
    assert place == 2
    assert told(channel.opening(place)[0]) == [("connected", "2")]
    assert told(channel.read(place)[0]) == [("status_update", "4"), ("thinking_update", "5"), ("partial", "6")]


def test_one_lost_right_after_the_greeting_gets_everything():
    channel = Channel("job")
    channel.publish([STATUS, THINKING, STATUS])
    greeting = events(channel.opening(None)[0])[0].id
    assert told(channel.read(channel.place(greeting))[0]) == [
        ("status_update", "1"), ("thinking_update", "2"), ("status_update", "3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "last", ["", "7", "-", "-1", "x-1", "\u0661", "EPOCH--1", "EPOCH-", "EPOCH-1e3", "EPOCH-\u0661"]
)
def test_an_id_of_something_else_is_no_place(last):
    channel = Channel("job")
    channel.publish([STATUS])
    epoch = events(channel.read(0)[0])[0].id.partition("-")[0]
    assert channel.place(last.replace("EPOCH", epoch)) is None


def test_an_id_from_the_future_means_the_end():
    channel = Channel("job")
    channel.publish([STATUS])
    epoch = events(channel.read(0)[0])[0].id.partition("-")[0]
    assert channel.place(f"{epoch}-99") == 1
    assert channel.place(f"{epoch}-{'9' * 5000}") is None


def test_after_done_nothing_is_told():
    channel = Channel("job")
    channel.publish([STATUS, DONE, THINKING])
    channel.publish([STATUS])
    assert told(channel.read(0)[0]) == [("status_update", "1"), ("done", "2")]
    assert channel.has_ended(2)
    assert not channel.has_ended(1)


def test_a_long_story_is_not_kept_for_ever():
    channel = Channel("job")
    for _ in range(3):
        channel.publish([THINKING] * MOST_EVENTS)
    assert len(events(channel.read(0)[0])) == MOST_EVENTS


def test_finished_stories_are_forgotten_unless_somebody_reads_them():
    hub = Hub()
    hub.publish("read", [STATUS])
    hub.channel("read").readers = 1
    hub.publish("read", [DONE])
    hub.publish("running", [STATUS])
    for n in range(KEPT + 5):
        hub.publish(str(n), [STATUS, DONE])
    assert hub.channel("0") is None
    assert hub.channel(str(KEPT + 4)) is not None
    assert hub.channel("read") is not None
    assert hub.channel("running") is not None


def test_a_story_that_begins_anew_has_other_ids():
    hub = Hub()
    hub.publish("job", [STATUS, DONE])
    before = events(hub.channel("job").read(0)[0])[0].id
    hub.restart("job", [STATUS])
    channel = hub.channel("job")
    assert channel.place(before) is None
    assert told(channel.read(0)[0]) == [("status_update", "1")]
    hub.restart("job", [THINKING])
    assert hub.channel("job") is channel


def test_a_story_is_not_begun_twice():
    hub = Hub()
    hub.ensure("job", [STATUS])
    hub.ensure("job", [STATUS])
    assert told(hub.channel("job").read(0)[0]) == [("status_update", "1")]


def run(story):
    asyncio.run(story())


def test_a_stream_tells_what_happens_and_ends_with_the_job():
    async def story():
        hub, client = Hub(), Client()
        hub.publish("job", [STATUS])
        task = client.follow(hub, hub.channel("job"))
        await client.until(lambda: b"status_update" in client.body)
        assert hub.streams == hub.channel("job").readers == 1
        hub.publish("job", [THINKING])
        await client.until(lambda: b"thinking_update" in client.body)
        hub.publish("job", [DONE])
        await task
        assert [kind for kind, _ in told(client.body)] == ["connected", "status_update", "thinking_update", "done"]
        assert client.messages[0]["status"] == 200
        assert (b"content-type", b"text/event-stream; charset=utf-8") in client.messages[0]["headers"]
        assert client.messages[-1] == {"type": "http.response.body"}
        assert client.prepared
        assert hub.streams == hub.channel("job").readers == 0

    run(story)


def test_a_quiet_stream_says_that_it_is_there():
    async def story():
        hub, client = Hub(heartbeat_s=0.01), Client()
        hub.publish("job", [STATUS])
        task = client.follow(hub, hub.channel("job"))
        await client.until(lambda: client.body.count(b": still here\n\n") >= 2)
        hub.publish("job", [DONE])
        await task
        assert [kind for kind, _ in told(client.body) if kind] == ["connected", "status_update", "done"]

    run(story)


def test_a_client_that_goes_away_leaves_nothing():
    async def story():
        hub, client = Hub(), Client()
        hub.publish("job", [STATUS])
        task = client.follow(hub, hub.channel("job"))
        await client.until(lambda: b"status_update" in client.body)
        client.gone.set()
        await task
        assert hub.streams == hub.channel("job").readers == 0
        assert not client.aborted
        assert len(asyncio.all_tasks()) == 1

    run(story)


def test_a_reader_that_does_not_read_is_dropped_and_holds_up_nobody():
    async def story():
        hub = Hub(stall_s=0.05)
        stuck, awake = Client(asyncio.Semaphore(2)), Client()
        hub.publish("job", [STATUS])
        dropped = stuck.follow(hub, hub.channel("job"))
        kept = awake.follow(hub, hub.channel("job"))
        await awake.until(lambda: b"status_update" in awake.body)
        await stuck.until(lambda: b"status_update" in stuck.body)
        hub.publish("job", [THINKING])
        await awake.until(lambda: b"thinking_update" in awake.body)
        await dropped
        assert stuck.aborted
        assert hub.streams == 1
        hub.publish("job", [DONE])
        await kept
        assert not awake.aborted

    run(story)


def test_a_slow_reader_skips_what_is_out_of_date():
    async def story():
        hub = Hub()
        takes = asyncio.Semaphore(2)
        slow = Client(takes)
        hub.publish("job", [STATUS])
        task = slow.follow(hub, hub.channel("job"))
        await slow.until(lambda: b"status_update" in slow.body)
        hub.publish("job", [partial(0)])
        for n in range(1, 50):
            hub.publish("job", [partial(n)])
        hub.publish("job", [DONE])
        for _ in range(20):
            takes.release()
        await task
        assert [event.data["n"] for event in events(slow.body) if event.type == "partial"] == [49]

    run(story)


def test_streams_are_limited():
    async def story():
        hub = Hub(most_streams=2)
        hub.publish("job", [STATUS])
        clients = [Client() for _ in range(2)]
        tasks = [client.follow(hub, hub.channel("job")) for client in clients]
        for client in clients:
            await client.until(lambda client=client: client.messages)
        with pytest.raises(Refusal) as refused:
            await Client().follow(hub, hub.channel("job"))
        assert refused.value.status == 503
        clients[0].gone.set()
        await tasks[0]
        third = Client().follow(hub, hub.channel("job"))
        hub.publish("job", [DONE])
        await asyncio.gather(tasks[1], third)

    run(story)


def test_one_who_has_everything_is_told_not_to_come_back():
    async def story():
        hub, client = Hub(), Client()
        hub.publish("job", [STATUS, DONE])
        last = events(hub.channel("job").read(0)[0])[-1].id
        await client.follow(hub, hub.channel("job"), last)
        assert [message.get("status") for message in client.messages] == [204, None]
        assert hub.streams == 0

    run(story)


def test_closing_ends_every_stream():
    async def story():
        hub = Hub()
        hub.publish("job", [STATUS])
        clients = [Client() for _ in range(5)]
        tasks = [client.follow(hub, hub.channel("job")) for client in clients]
        for client in clients:
            await client.until(lambda client=client: b"status_update" in client.body)
        hub.close()
        await asyncio.gather(*tasks)
        assert all(client.messages[-1] == {"type": "http.response.body"} for client in clients)
        with pytest.raises(Refusal):
            await Client().follow(hub, hub.channel("job"))

    run(story)

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mondrian_desktop.jobs.history import Query, Sort, match_words
from mondrian_desktop.jobs.model import Batch, Job, JobState
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.jobs.summary import weakest_dimension
from mondrian_desktop.photo.model import Exif
from mondrian_desktop.report.model import Exchange
from tests.jobs.scene import answer, make_analysis, make_photo

DAY = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "history.db")
    yield store
    store.close()


@pytest.fixture
def history(store):
    return store.history


@pytest.fixture
def add(store):
    def add(name="wren.jpg", score=7, words="A wren.", *, content=None, exif=None, batch="", **fields):
        job = Job(Path("/photos") / name, fields.get("advisor", "mentor"), "mini", batch=batch)
        job = replace(job, position=store.next_position())
        store.add([job])
        store.update(running := job.to(JobState.RUNNING))
        photo = replace(make_photo(name, content=content or name[0]), exif=exif or Exif())
        analysis = make_analysis(photo, text=answer(score, words), **fields)
        return store.finish(running.to(JobState.DONE), analysis, "f", photo)

    return add


def listed(history, **query):
    return [entry.file_name for entry in history.page(Query(**query))]


def test_a_line_tells_what_a_list_shows(history, add):
    exif = Exif(camera="Nikon Z 8", lens="Nikkor 50mm", taken="2026-07-01T06:00:00")
    analysis_id = add("wren.jpg", 8, exif=exif, advisor="ansel", created=DAY)
    (entry,) = history.page(Query())
    assert entry == history.entry(analysis_id)
    assert (entry.id, entry.path, entry.file_name) == (analysis_id, Path("/photos/wren.jpg"), "wren.jpg")
    assert (entry.advisor, entry.model, entry.rubric, entry.question) == ("ansel", "mini", "technical", "")
    assert (entry.overall_score, entry.finish_reason, entry.created) == (8.0, "stop", DAY)
    assert (entry.camera, entry.lens, entry.taken) == ("Nikon Z 8", "Nikkor 50mm", "2026-07-01T06:00:00")


def test_what_is_not_there_is_none(history):
    assert history.entry(7) is None
    assert history.thumbnail(7) is None
    assert history.page(Query()) == ()
    assert history.count(Query()) == 0
    assert history.advisors() == history.cameras() == ()


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.NEWEST, "dBca"),
        (Sort.OLDEST, "acBd"),
        (Sort.BEST, "dacB"),
        (Sort.WEAKEST, "cdaB"),
        (Sort.NAME, "aBcd"),
        (Sort.TAKEN, "cBad"),
    ],
)
def test_lists_are_sorted(history, add, sort, order):
    add("a", 9, exif=Exif(taken="2026-01-01T00:00:00"))
    add("c", 2, exif=Exif(taken="2026-03-01T00:00:00"))
    add("B", 5, exif=Exif(taken="2026-02-01T00:00:00"), critique=None)
    add("d", 9)
    assert "".join(listed(history, sort=sort)) == order


def test_of_equal_ones_the_newest_comes_first(history, add):
    ids = [add("a", 5, created=DAY, advisor=name) for name in ("mentor", "ansel", "weston")]
    for sort in (Sort.BEST, Sort.WEAKEST, Sort.NAME, Sort.TAKEN):
        assert [entry.id for entry in history.page(Query(sort=sort))] == ids[::-1]


@pytest.mark.parametrize(("words", "few"), [("", 1000), ("wren", 1000), ("wren", 0)])
@pytest.mark.parametrize("sort", Sort)
def test_pages_are_parts_of_one_list(history, add, sort, words, few, monkeypatch):
    monkeypatch.setattr("mondrian_desktop.jobs.history.FEW", few)
    for n in range(7):
        add(f"{n}.jpg", 1 + n)
    whole = [entry.id for entry in history.page(Query(words=words, sort=sort))]
    pages = [entry.id for at in (0, 3, 6, 9) for entry in history.page(Query(words=words, sort=sort), 3, at)]
    assert len(whole) == history.count(Query(words=words, sort=sort)) == 7
    assert pages == whole
    assert history.ids(Query(words=words, sort=sort)) == whole
    assert history.ids(Query(words=words, sort=sort), 2, 4) == whole[4:6]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("wren", ["wren.jpg"]),
        ("WREN sings", ["wren.jpg"]),
        ("sing", ["wren.jpg"]),
        ("sings wren", ["wren.jpg"]),
        ("wren harbor", []),
        ("harbour", []),
        ("dusk", ["IMG_0042.jpg"]),
        ("img 0042", ["IMG_0042.jpg"]),
        ("img_0042.jpg", ["IMG_0042.jpg"]),
        ("nikon", ["wren.jpg"]),
        ("180-600", ["wren.jpg"]),
        ("cafe", ["IMG_0042.jpg"]),
        ("CAFÉ", ["IMG_0042.jpg"]),
        ("sharp where it matters", ["IMG_0042.jpg", "wren.jpg"]),
        ("  ", ["IMG_0042.jpg", "wren.jpg"]),
        ("—", ["IMG_0042.jpg", "wren.jpg"]),
    ],
)
@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.NAME])
def test_words_are_found_wherever_they_are(history, add, words, found, sort):
    add("wren.jpg", words="A wren sings.", exif=Exif(camera="Nikon Z 8", lens="Nikkor 180-600mm"))
    add("IMG_0042.jpg", words="A café at dusk.")
    assert sorted(listed(history, words=words, sort=sort)) == found
    assert history.count(Query(words=words)) == len(found)


@given(words=st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_typed_means_anything_but_words(history, words):
    history.page(Query(words=words))
    history.page(Query(words=words, sort=Sort.BEST))
    history.count(Query(words=words))


@pytest.mark.parametrize(
    "words", ['"', "a OR b", "NEAR(a b)", "camera:nikon", "-wren", "wren*", "(", "^a", "a\0b", "'; --"]
)
def test_the_language_of_the_index_is_not_spoken(history, add, words):
    add("wren.jpg")
    history.page(Query(words=words))
    assert '"OR"*' in match_words("a OR b")


def test_answers_and_conversations_can_be_searched(store, history, add):
    asked = Job(None, "mentor", "mini", "What is bokeh?")
    store.add([asked])
    store.update(running := asked.to(JobState.RUNNING))
    question = make_analysis(None, question="What is bokeh?", text="Blur with character.", critique=None)
    store.finish(running.to(JobState.DONE), question, "f", None)
    analysis_id = add("wren.jpg")
    follow_up = Job(Path("/photos/wren.jpg"), "mentor", "mini", "Why?", about=analysis_id)
    store.add([follow_up])
    store.update(running := follow_up.to(JobState.RUNNING))
    talked = replace(store.analysis(analysis_id), conversation=(Exchange("Why?", "Because of backlight."),))
    store.finish(running.to(JobState.DONE), talked, "", None)
    assert [entry.question for entry in history.page(Query(words="bokeh character"))] == ["What is bokeh?"]
    assert listed(history, words="backlight") == ["wren.jpg"]
    assert listed(history, words="wren") == ["wren.jpg"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"advisor": "ansel"}, ["b"]),
        ({"camera": "Leica"}, ["a"]),
        ({"model": "mini"}, ["a", "b", "c"]),
        ({"model": "other"}, []),
        ({"min_score": 5.0}, ["a", "b"]),
        ({"max_score": 5.0}, ["b"]),
        ({"min_score": 6.0, "max_score": 9.0}, ["a"]),
        ({"since": DAY + timedelta(days=1)}, ["b", "c"]),
        ({"until": DAY + timedelta(days=1)}, ["a"]),
        ({"words": "wren", "min_score": 5.0, "advisor": "ansel"}, ["b"]),
        ({"words": "owl", "advisor": "ansel"}, []),
    ],
)
def test_filters_narrow_the_list(history, add, query, found):
    add("a", 8, exif=Exif(camera="Leica"), created=DAY)
    add("b", 5, advisor="ansel", created=DAY + timedelta(days=1))
    add("c", critique=None, created=DAY + timedelta(days=2))
    assert sorted(listed(history, **query)) == found
    assert sorted(listed(history, **query, sort=Sort.BEST)) == found
    assert history.count(Query(**query)) == len(found)


def test_what_there_is_to_filter_by_is_known(history, add):
    for advisor, camera in (("weston", "Leica"), ("ansel", None), ("ansel", "Fujifilm"), ("weston", "Leica")):
        add("a", advisor=advisor, exif=Exif(camera=camera))
    assert history.advisors() == ("ansel", "weston")
    assert history.cameras() == ("Fujifilm", "Leica")


def test_a_thumbnail_needs_no_original(history, add):
    assert Image.open(BytesIO(history.thumbnail(add("gone.jpg")))).size == (60, 40)


def test_what_is_deleted_is_gone_and_can_come_back(store, history, add):
    kept, gone = add("a", words="A wren."), add("b", words="A harbor.")
    before, document, entry = store.jobs(), store.analysis(gone), history.entry(gone)
    history.delete([gone, gone, 99])
    assert listed(history) == ["a"]
    assert listed(history, words="harbor") == []
    assert store.analysis(gone) is None
    assert [store.analysis_id(job.id) for job in before] == [None, kept]
    history.restore([gone, 99])
    assert history.entry(gone) == entry
    assert store.analysis(gone) == document
    assert listed(history, words="harbor") == ["b"]
    assert [store.analysis_id(job.id) for job in before] == [gone, kept]
    assert history.points() == history.points()
    assert {point.analysis_id for point in history.points()} == {kept, gone}
    with store._database.write() as connection:
        connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def test_an_id_is_not_given_again_while_it_could_come_back(history, add):
    gone = add("a")
    history.delete([gone])
    assert add("b") > gone
    history.restore([gone])
    assert sorted(listed(history)) == ["a", "b"]


def test_an_emptied_trash_leaves_nothing_behind_that_nobody_needs(store, history, add):
    gone, other = add("a", content="x"), add("b", content="y")
    shared = add("c", content="x", advisor="ansel")
    now = datetime.now(UTC) + timedelta(seconds=1)

    def photos():
        return store._database.read_one("SELECT count(*) FROM photos")[0]

    history.delete([gone, other])
    history.empty_trash(now - timedelta(days=1))
    history.restore([other])
    assert photos() == 2
    history.delete([other])
    history.empty_trash(now)
    assert photos() == 1
    history.restore([gone, other])
    assert listed(history) == ["c"]
    history.delete([shared])
    history.empty_trash(now)
    assert photos() == 0


def test_erased_is_erased(store, history, add, tmp_path):
    add("secret.jpg", words="Xylophone in a zeppelin.")
    history.delete([add("other.jpg", words="Xylophone again.")])
    (tmp_path / "history.v1.backup.db").write_bytes(b"Xylophone")
    (tmp_path / "history.damaged-20260801-120000.db").write_bytes(b"Xylophone")
    waiting = Job(Path("/photos/later.jpg"), "mentor", "mini")
    store.add([waiting])
    history.erase()
    assert listed(history) == []
    assert [job.id for job in store.jobs()] == [waiting.id]
    for file in tmp_path.glob("history*"):
        if file.is_file():
            for word in (b"Xylophone", b"xylophone", b"secret"):
                assert word not in file.read_bytes(), file.name


def test_scores_are_lines_over_time(history, add):
    add("a", 4, created=DAY)
    add("b", 6, created=DAY + timedelta(days=1), advisor="ansel")
    add("c", 9, created=DAY + timedelta(days=2), finish_reason="cancelled")
    points = history.points()
    assert [(point.created, point.score) for point in points if point.dimension == "Exposure"] == [
        (DAY, 4),
        (DAY + timedelta(days=1), 6),
    ]
    assert len(points) == 16
    assert {point.score for point in history.points(1)} == {6}
    assert {point.score for point in history.points(advisor="mentor")} == {4}
    assert history.points(rubric="critique") == ()


def test_a_batch_is_summed_up(store, history, add):
    batch = Batch("Iceland")
    store.add_batch(batch)
    ids = [add(name, score, batch=batch.id) for name, score in (("a", 4), ("b", 6), ("c", 9), ("d", 6))]
    broken = Job(Path("/photos/e"), "mentor", "mini", batch=batch.id, position=store.next_position())
    store.add([broken])
    store.update(broken.to(JobState.RUNNING))
    store.update(broken.to(JobState.RUNNING).to(JobState.FAILED, "e is empty."))
    add("other", 1)
    summary = history.summary(batch)
    assert [line.path.name for line in summary.lines] == ["a", "b", "c", "d", "e"]
    assert [line.path.name for line in summary.ranked] == ["c", "b", "d", "a"]
    assert [line.analysis_id for line in summary.lines] == [*ids, None]
    (failed,) = summary.failed
    assert (failed.path.name, failed.reason, failed.score) == ("e", "e is empty.", None)
    assert summary.mean == 6.25
    assert summary.distribution["Exposure"] == {4: 1, 6: 2, 9: 1}
    assert len(summary.distribution) == 8


def test_an_empty_batch_has_an_empty_summary(store, history):
    batch = Batch("Iceland")
    store.add_batch(batch)
    summary = history.summary(batch)
    assert (summary.lines, summary.ranked, summary.failed, summary.mean) == ((), (), (), None)


def test_the_weakest_dimension_is_the_one_with_the_lowest_mean():
    assert weakest_dimension({"Light": {4: 1, 8: 1}, "Focus": {5: 3}}) == ("Focus", 5.0)
    assert weakest_dimension({}) is None


def test_a_moved_photo_is_where_it_was_found(history, add):
    analysis_id = add("wren.jpg", content="w")
    assert history.originals([analysis_id, 99]) == {"w" * 64: 1234}
    history.moved("w" * 64, Path("/elsewhere/wren.jpg"))
    assert history.entry(analysis_id).path == Path("/elsewhere/wren.jpg")

from mondrian_desktop.gui.session import PUT_AT_ONCE

MANY = PUT_AT_ONCE + 20


def test_many_photos_are_counted_again_only_when_a_job_has_moved(stand, tmp_path, monkeypatch):
    stand.service.pause()
    photos = [tmp_path / f"{n}.jpg" for n in range(MANY)]
    for photo in photos:
        photo.touch()
    stand.open(*photos)
    session, advisor = stand.window.session, stand.window.asking.advisor
    entries, counted = session.album.entries, []
    idle = session.idle
    monkeypatch.setattr(session, "idle", lambda *asked: counted.append(1) or idle(*asked))
    assert [session.count_idle(entries, advisor) for _ in range(3)] == [MANY] * 3
    assert len(counted) == 1
    assert session.count_idle(entries[1:], advisor) == MANY - 1
    session.analyze(entries[:5], advisor)
    assert session.count_idle(entries, advisor) == MANY - 5
    session.stop_all()
    stand.qtbot.waitUntil(lambda: session.count_idle(entries, advisor) == MANY)


def test_what_is_getting_in_line_at_the_end_is_in_line_in_one_piece(stand, tmp_path, monkeypatch):
    stand.service.pause()
    photos = [tmp_path / f"{n}.jpg" for n in range(3 * PUT_AT_ONCE)]
    for photo in photos:
        photo.touch()
    stand.open(*photos)
    session, pieces = stand.window.session, []
    submit = stand.service.submit_photos
    monkeypatch.setattr(
        stand.service, "submit_photos", lambda paths, *a, **more: pieces.append(len(paths)) or submit(paths, *a, **more)
    )
    session.analyze(session.album.entries, stand.window.asking.advisor)
    session.close()
    session.close()
    assert pieces == [PUT_AT_ONCE, 2 * PUT_AT_ONCE]
    assert [job.path for job in stand.service.jobs] == photos

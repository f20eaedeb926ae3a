"""After a crash the window says what happened, above whatever else there is to say."""

import json

from mondrian_desktop import paths


def leave_marker() -> None:
    paths.log_dir().mkdir(parents=True)
    (paths.log_dir() / "phase-1.json").write_text(json.dumps({"stage": "encoding", "model": "mini"}))


def test_the_window_says_what_the_crashed_one_was_doing(make_stand) -> None:
    leave_marker()
    stand = make_stand()
    assert "it stopped while looking at a photo, with the model mini" in stand.window.notice.text


def test_it_stays_when_something_else_is_told_and_goes_when_dismissed(make_stand, qtbot) -> None:
    leave_marker()
    notice = make_stand().window.notice
    notice.tell("Three photos are unfinished.")
    assert "looking at a photo" in notice.text
    assert notice.text.endswith("Three photos are unfinished.")
    notice.dismiss.click()
    notice.tell("The disk is full.")
    assert notice.text == "The disk is full."


def test_after_a_clean_end_nothing_is_said(make_stand) -> None:
    stand = make_stand()
    assert stand.window.notice.text == ""
    stand.desk.close()
    assert not list(paths.log_dir().glob("phase-*"))


def test_the_marker_names_the_phase_of_the_running_job(make_stand, make_photo) -> None:
    stand = make_stand()
    seen = set()
    stand.service.subscribe(lambda _: seen.update(each.read_text() for each in paths.log_dir().glob("phase-*")))
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    assert {"stage": "generating", "model": "mini"} in [json.loads(each) for each in seen]


def test_what_the_crash_left_is_offered_until_it_is_taken_whatever_else_is_told(make_stand) -> None:
    leave_marker()
    notice = make_stand().window.notice
    notice.keep("The settings are from a newer version.")
    taken = []
    notice.offer("One analysis was not finished.", ("Go on", lambda: taken.append(1)), ("Let go", lambda: None))
    notice.tell("Another model writes from the next photo on.")
    lines = notice.text.splitlines()
    assert [line.split()[0] for line in lines] == ["Mondrian", "The", "One", "Another"]
    assert [button.text() for button in (notice.act, notice.other) if not button.isHidden()] == ["Go on", "Let go"]
    notice.tell("Writing: 3 of 9", "Stop", lambda: taken.append(2))
    assert "not finished" not in notice.text
    assert (notice.act.text(), notice.other.isHidden()) == ("Stop", True)
    notice.tell("9 written.")
    notice.act.click()
    assert (taken, notice.isHidden()) == ([1], True)
    notice.tell("The disk is full.")
    assert "not finished" not in notice.text
    assert notice.act.isHidden()


def test_what_is_deleted_is_not_offered_any_more(make_stand) -> None:
    window = make_stand().window
    window.notice.offer("One analysis was not finished.", ("Go on", lambda: None), ("Let go", lambda: None))
    window.show_preferences("Privacy").privacy_page.erased.emit()
    assert window.notice.isHidden()
    window.notice.offer("One analysis was not finished.", ("Go on", lambda: None), ("Let go", lambda: None))
    window.notice.tell("Written: lake.pdf")
    window.notice.withdraw()
    assert window.notice.text == "Written: lake.pdf"
    assert window.notice.act.isHidden()


def test_a_newer_settings_file_is_told_beside_what_the_crash_left(make_stand) -> None:
    leave_marker()
    paths.config_dir().mkdir(parents=True)
    (paths.config_dir() / "settings.json").write_text('{"format": 7}')
    text = make_stand().window.notice.text
    assert "from a newer version" in text
    assert "looking at a photo" in text

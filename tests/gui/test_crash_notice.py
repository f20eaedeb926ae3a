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

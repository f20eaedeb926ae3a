"""Questions about an analysis that is there."""

import pytest

from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import JobState
from tests.jobs.scene import SAMPLES, answer
from tests.service.conftest import state


@pytest.fixture
def chat(tmp_path):
    """Return the id of a model that takes questions."""
    folder = tmp_path / "chat"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return str(folder)


def ask(service, analysis_id, question):
    job = service.ask(analysis_id, question)
    service.pump.run()
    return job


def test_a_follow_up_question_knows_photo_critique_and_earlier_questions(make, chat):
    service = make(script(answer()), script("The light is low."), script("Come back at nine."))
    analysis_id = service.analysis_id(submitted(service, model=chat).id)
    first = ask(service, analysis_id, "Why is it dark?")
    ask(service, analysis_id, "What to do?")
    talk = service.analysis(first.id).conversation
    assert [(each.question, each.answer) for each in talk] == [
        ("Why is it dark?", "The light is low."),
        ("What to do?", "Come back at nine."),
    ]
    request = service._engine.requests[-1]
    assert request.image.pixels.any()
    said = "\n".join(message.text for message in request.messages)
    for words in ("A quiet harbor", "Why is it dark?", "The light is low.", "What to do?"):
        assert words in said
    assert service.analysis(first.id).critique.image_description == "A quiet harbor at dusk."


def submitted(service, **more):
    job = service.submit(SAMPLES[0], **more)
    service.pump.run()
    return job


def test_a_stopped_answer_is_kept_and_marked_until_it_is_asked_again(make, chat):
    service = make(script(answer()), script("The light is low."))
    analysis_id = service.analysis_id(submitted(service, model=chat).id)
    stop = service.subscribe(lambda update: isinstance(update.event, Token) and service.cancel(update.job.id))
    asked = ask(service, analysis_id, "Why?")
    assert state(service, asked) is JobState.CANCELLED
    (kept,) = service.analysis(asked.id).conversation
    assert kept.finish_reason == "cancelled"
    stop()
    service.retry(asked.id)
    service.pump.run()
    (whole,) = service.analysis(asked.id).conversation
    assert (whole.answer, whole.finish_reason) == ("The light is low.", "stop")


def test_only_what_is_there_can_be_asked_about(make):
    service = make()
    with pytest.raises(UserError, match="history"):
        service.ask(7, "Why?")
    analysis_id = service.analysis_id(submitted(service).id)
    with pytest.raises(UserError, match="no question"):
        service.ask(analysis_id, " ")

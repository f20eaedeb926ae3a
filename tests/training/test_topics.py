import tomllib

import numpy as np

from training import topics
from training.answers import TEXT

HELD_OUT = tomllib.loads((TEXT / "heldout_questions.toml").read_text("utf-8"))


def test_there_are_many_topics_each_with_many_phrasings() -> None:
    assert len(topics.names()) - 1 >= 30
    assert topics.names()[-1] == topics.OTHER
    rng = np.random.default_rng(0)
    for topic in topics.names():
        assert len({topics.question(rng, topic) for _ in range(60)}) >= 40, topic


def test_replies_differ() -> None:
    assert len({topics.reply(topic) for topic in topics.names()}) == len(topics.names())


def test_held_out_phrasings_are_of_known_topics_and_never_drawn() -> None:
    assert set(HELD_OUT) <= set(topics.names())
    rng = np.random.default_rng(1)
    held_out = {text for texts in HELD_OUT.values() for text in texts}
    drawn = {topics.question(rng, topic).strip("?.! ") for topic in HELD_OUT for _ in range(150)}
    assert not held_out & drawn


def test_questions_are_of_bounded_length() -> None:
    rng = np.random.default_rng(2)
    for topic in topics.names():
        for _ in range(20):
            assert 0 < len(topics.question(rng, topic)) < 160

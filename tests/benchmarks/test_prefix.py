from benchmarks.prefix import figures
from mondrian_desktop.engine.protocol import Finished, FinishReason


def ended(first_token_s: float, cached_tokens: int) -> Finished:
    return Finished(
        "", FinishReason.LENGTH, prompt_tokens=100, cached_tokens=cached_tokens, time_to_first_token_s=first_token_s
    )


def test_the_second_advisor_is_judged_against_the_first_on_the_same_picture() -> None:
    met = figures([[ended(2.0, 0), ended(0.5, 90)]])
    assert (met[0].value, met[0].met, met[-1].met) == (0.25, True, True)
    missed = figures([[ended(2.0, 0), ended(1.0, 10)]])
    assert (missed[0].value, missed[0].met, missed[-1].met) == (0.5, False, False)

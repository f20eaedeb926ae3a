"""What is told to the user reads as text; what ends a generator is no UserError."""

from mondrian_desktop.errors import Cancelled, UserError


def test_a_user_error_reads_as_its_two_sentences() -> None:
    err = UserError("“a.jpg” is empty.", "Choose another photo.")
    assert str(err) == "“a.jpg” is empty. Choose another photo."
    assert (err.what, err.advice) == ("“a.jpg” is empty.", "Choose another photo.")


def test_without_advice_there_is_no_trailing_space() -> None:
    assert str(UserError("The disk is full.")) == "The disk is full."


def test_cancelling_is_not_told_as_an_error() -> None:
    assert not issubclass(Cancelled, UserError)

"""The services provider, with an Objective-C runtime that the test plays."""

import ctypes
from pathlib import Path

import pytest

from mondrian_desktop.gui import mac
from tools.info_plist import SERVICE_MESSAGE


class Runtime:
    """Objects are numbers; a pasteboard has these files. Writes down what it is told."""

    def __init__(self, files):
        self.told = []
        self._texts = [file and ctypes.create_string_buffer(file) for file in files]

    def __call__(self, target, selector, *arguments):
        self.told.append((target, selector, *arguments))
        if selector == "count":
            return len(self._texts)
        if selector == "objectAtIndex:":
            return 1000 + arguments[0]
        if selector == "filePathURL":
            return target if self._texts[target - 1000] else 0
        if selector == "fileSystemRepresentation":
            return ctypes.addressof(self._texts[target - 1000])
        return 7


def provider(files):
    runtime, taken, defined = Runtime(files), [], []

    def define(name, selector, answer):
        defined.append((selector, answer))
        return 42, None

    made = mac.ServicesProvider(taken.append, runtime, define)
    return made, runtime, taken, defined[0]


def test_it_answers_the_message_that_the_app_declares():
    made, runtime, _, (selector, _) = provider([])
    assert selector == f"{SERVICE_MESSAGE}:userData:error:"
    assert (7, "setServicesProvider:", 42) in runtime.told
    made.close()
    assert runtime.told[-1] == (7, "setServicesProvider:", 0)


def test_it_hands_on_what_was_chosen_and_leaves_out_what_is_no_file():
    _, _, taken, (_, answer) = provider([b"/Users/me/lake.jpg", None, "/Users/me/Harz – März".encode()])
    answer(3)
    assert taken == [[Path("/Users/me/lake.jpg"), Path("/Users/me/Harz – März")]]


def test_a_pasteboard_without_files_is_nothing():
    _, _, taken, (_, answer) = provider([])
    answer(3)
    assert taken == []


def test_after_the_end_nothing_is_handed_on():
    made, _, taken, (_, answer) = provider([b"/a.jpg"])
    made.close()
    answer(3)
    assert taken == []


@pytest.mark.skipif(mac.IS_MAC, reason="there is one")
def test_elsewhere_than_on_a_mac_there_is_none():
    mac.ServicesProvider(lambda paths: None).close()

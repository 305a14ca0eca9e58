"""A call costs no more than it did, against a fixed piece of work in the same run: gross mistakes show here.

Both are measured in the thread's own time and in turn, and of each the least counts: neither a slow machine nor a busy
one changes the ratio much. ``make bench`` says where the time goes.
"""

import json
import time
from collections.abc import Callable

import numpy as np

from app.audio.pcm import MODEL_OUTPUT_RATE, Audio
from app.audio.soundness import Soundness
from app.rehearsal.voice import tones
from tests.speed.one_call import OneCall

ROUNDS = 10
RATIO = 30.0  # of ten seconds of a call to the yardstick, as it was recorded
FLAWS_RATIO = 0.25  # of looking at thirteen seconds of the model's sound
MOST = 2.0  # times that


def test_a_call_costs_what_it_did() -> None:
    call = OneCall()

    def ten_seconds() -> None:
        call.run(10.0)
        call.journal.take().lines()

    ratio = least(ten_seconds, yardstick)
    assert ratio < RATIO * MOST, f"ten seconds of a call cost {ratio:.1f} of the yardstick, and cost {RATIO:.1f}"


def test_a_message_of_the_model_is_looked_at_for_flaws_for_what_it_did_cost() -> None:
    pcm, listening = tones().sentence("x" * 200), Soundness()
    messages = [Audio(pcm[at : at + 11_520], MODEL_OUTPUT_RATE) for at in range(0, len(pcm) - 11_520, 11_520)]

    def look() -> None:
        for message in messages:
            listening.flaw(message)

    ratio = least(look, yardstick)
    assert ratio < FLAWS_RATIO * MOST, (
        f"{len(messages)} messages cost {ratio:.2f} of the yardstick, and cost {FLAWS_RATIO}"
    )


def yardstick() -> None:
    """Some of what a call does: objects made and looked into, JSON, and products of matrices."""
    rows, matrix = np.ones((20, 200)), np.ones((200, 16))
    for number in range(100):
        read = json.loads(json.dumps({"number": str(number), "payload": "x" * 200, "part": {"at": number}}))
        assert sum(len(word) for word in read["payload"].split("x")) == 0
        np.dot(rows, matrix)


def least(one: Callable[[], None], other: Callable[[], None]) -> float:
    """The least that the one takes in ROUNDS, as a share of the least of the other."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for act, times in zip((one, other), taken, strict=True):
            began = time.thread_time()
            act()
            times.append(time.thread_time() - began)
    return min(taken[0]) / min(taken[1])

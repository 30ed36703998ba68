"""Calls that threads carry out beside a loop, and an end that waits for none that hangs."""

import threading

from alerts.intake.hands import Hands


def test_calls_of_one_hand_are_carried_out_in_order() -> None:
    done: list[int] = []
    hands = Hands(1, "one")
    for number in range(5):
        hands.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    hands.close(10)
    assert done == [0, 1, 2, 3, 4]


def test_a_call_that_fails_is_not_the_next_ones_trouble() -> None:
    done: list[str] = []

    def fails() -> None:
        raise ValueError("a bug")

    hands = Hands(1, "one")
    hands.submit(fails)
    hands.submit(lambda: done.append("next"))
    hands.close(10)
    assert done == ["next"]


def test_what_was_dropped_is_not_carried_out() -> None:
    done: list[str] = []
    begun, may = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        may.wait()
        done.append("first")

    hands = Hands(1, "one")
    hands.submit(first)
    hands.submit(lambda: done.append("second"))
    begun.wait()
    hands.drop()
    may.set()
    hands.close(10)
    assert done == ["first"]


def test_whoever_closes_waits_for_no_call_that_hangs_and_the_interpreter_joins_none() -> None:
    threads: list[threading.Thread] = []
    begun, may = threading.Event(), threading.Event()

    def hangs() -> None:
        threads.append(threading.current_thread())
        begun.set()
        may.wait()

    hands = Hands(1, "one")
    hands.submit(hangs)
    begun.wait()
    hands.close(0)
    (thread,) = threads
    assert thread.is_alive()
    assert thread.daemon
    may.set()
    thread.join()


def test_hands_that_were_never_asked_are_no_threads() -> None:
    Hands(3, "idle").close(10)
    assert "idle" not in {thread.name for thread in threading.enumerate()}

"""Worlds made for one trial each: what a new feed finds, kills, latency."""

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from monitor.sandbox import texts

if TYPE_CHECKING:
    from monitor.sandbox.world import Hand


def backlog(hand: "Hand") -> None:
    """What a new feed finds: 2,000 older negative posts, 3 of them viral, of which one still grows."""
    for number in range(1_997):
        after = -hand.minutes(20, 2 * 24 * 60)
        hand.weibo("backlog", texts.distinct_anger(hand.chance, number), after, hand.small(after, most=6))
    for age, direct in ((46, 600), (40, 420)):
        after = -timedelta(hours=age)
        over = hand.spread(after, direct=direct, branching=0.4)
        spent = over[over < 0.8 * age * 3600]
        hand.weibo("old-storm", texts.distinct_anger(hand.chance, 9_000 + age), after, spent)
    after = -timedelta(minutes=95)
    growing = hand.spread(after, direct=200, branching=0.6, kicks=((75 * 60, 500), (105 * 60, 900), (125 * 60, 1_200)))
    text = texts.fill(hand.chance, texts.CRISES[0])
    hand.weibo("crisis", text, after, growing, is_crisis=True)


def busy(hand: "Hand") -> None:
    """An angry post every other second for an hour, each a story of its own that spreads at once: for kills."""
    for second in range(0, 3_600, 2):
        after = timedelta(seconds=second)
        steady = np.sort(hand.chance.uniform(0, 60, 40))
        hand.weibo("crisis", texts.distinct_anger(hand.chance, second), after, steady, is_crisis=True)


def day(hand: "Hand") -> None:
    """A day and a half of what a brand lives with: twenty posts a minute, a fifth of them complaints, and every two hours one that
    spreads: for endurance."""
    minutes = 36 * 60
    for number in range(20 * minutes):
        after = timedelta(minutes=number / 20)
        if number % 5:
            hand.weibo("happy", texts.distinct_calm(hand.chance, number), after, hand.small(after))
        else:
            hand.weibo("grumble", texts.distinct_anger(hand.chance, number), after, hand.small(after))
    for minute in range(30, minutes, 120):
        after = timedelta(minutes=minute)
        fire = hand.spread(after, direct=60, branching=0.55, kicks=((9 * 60, 150), (26 * 60, 900)))
        hand.weibo("crisis", texts.distinct_anger(hand.chance, 100_000 + minute), after, fire, is_crisis=True)


def hurry(hand: "Hand") -> None:
    """Two hundred posts a second for a hundred seconds, and every three seconds an angry one that spreads at once: for latency.
    It was reposted before anybody could see it, so that the first look at it pages."""
    for number in range(20_000):
        hand.weibo("happy", texts.distinct_calm(hand.chance, number), timedelta(seconds=number / 200))
    for second in range(0, 100, 3):
        after = timedelta(seconds=second)
        steady = np.sort(np.concatenate((np.zeros(5), hand.chance.uniform(0, 0.2, 40))))
        hand.weibo("crisis", texts.distinct_anger(hand.chance, second), after, steady, is_crisis=True)

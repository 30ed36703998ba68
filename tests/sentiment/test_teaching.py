"""The team's labels change what the engine thinks, and only for the better."""

import numpy as np
import pytest

from monitor.errors import ConfigError
from monitor.model import Labelled, Passage, Said
from monitor.sentiment import Options, weights
from monitor.teaching import Lesson, from_labels, isotonic, moved, said, taught, threshold


def label(text: str, verdict: str = Said.CONFIRMED, platform: str = "weibo") -> Labelled:
    return Labelled(text=text, brand="星禾", platform=platform, said=verdict, aimed=0.5, engine="linear", version="1")


def jargon(count: int = 40) -> list[Lesson]:
    """A team that knows a word nobody else does: 翻台 is bad for them, 串台 is not."""
    return [
        Lesson(
            Passage(f"今天第{chr(0x4E00 + 7 * n)}桌又{'翻台' if n % 2 else '串台'}了", platform="weibo"), bool(n % 2)
        )
        for n in range(count)
    ]


def test_a_word_that_only_the_team_knows_is_learned() -> None:
    after, table, better = taught(weights.shipped(), jargon(), Options())
    assert better, table
    bad, fine = said(after, [Lesson(Passage("隔天又翻台了"), True), Lesson(Passage("隔天又串台了"), False)], Options())
    before = said(weights.shipped(), [Lesson(Passage("隔天又翻台了"), True)], Options())
    assert bad > fine
    assert bad > before[0]
    assert "labels before" in table
    assert "written posts after" in table


def test_tone_is_left_as_it_was() -> None:
    shipped = weights.shipped()
    after = moved(shipped, jargon(), Options())
    assert all(weights.tone(after.runs[run]) == weights.tone(packed) for run, packed in shipped.runs.items())


def test_labels_that_teach_nothing_are_refused() -> None:
    noise = [
        Lesson(Passage(f"今天第{chr(0x4E00 + 7 * n)}桌又{'翻台' if n % 3 else '串台'}了"), bool((n * 7919) % 5 % 2))
        for n in range(40)
    ]
    before = said(weights.shipped(), noise, Options())
    sure = [Lesson(lesson.passage, bool(p >= 0.5)) for lesson, p in zip(noise, before, strict=True)]
    flipped = [Lesson(lesson.passage, not lesson.aimed if n % 2 else lesson.aimed) for n, lesson in enumerate(sure)]
    _, table, better = taught(weights.shipped(), flipped, Options())
    assert not better, table


def test_stayed_small_and_wrong_category_say_nothing_of_the_text() -> None:
    labels = [label(f"差{n}") for n in range(15)] + [label(f"好{n}", Said.NOT_BAD) for n in range(10)]
    more = [label("小", Said.STAYED_SMALL), label("类", Said.WRONG_CATEGORY)]
    found = from_labels([*labels, *more], {"星禾": ("星禾",)})
    assert len(found) == 25
    assert found[0].passage.names == ("星禾",)


def test_too_few_labels_say_how_many_are_wanted() -> None:
    with pytest.raises(ConfigError, match="1 texts confirmed and 0 denied; 20 are needed"):
        from_labels([label("差")], {})


def test_a_recalibration_rises_from_nothing_and_knows_its_threshold() -> None:
    p = np.linspace(0.4, 0.95, 300)
    truth = np.arange(300) % 10 < np.where(p < 0.8, 2, 9)
    curve = isotonic(truth, p)
    values = [curve(x / 100) for x in range(101)]
    assert values == sorted(values)
    assert values[0] == 0.0
    assert 0.7 < threshold(curve) < 0.85
    assert curve.labels == 300


def test_from_two_hundred_labels_a_platform_has_a_curve_of_its_own() -> None:
    many = [Lesson(Passage(f"这家不错,就是{chr(0x4E00 + 3 * n)}", platform="weibo"), n % 8 == 0) for n in range(220)]
    after, table, _ = taught(weights.shipped(), many, Options())
    assert "weibo" in after.curves, table
    assert "recalibrated for weibo" in table

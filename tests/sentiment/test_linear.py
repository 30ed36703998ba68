"""The default engine: what it says of plain cases, of strange texts, and why."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.model import Passage, Sentiment
from monitor.sentiment import Options, weights
from monitor.sentiment.aim import findings, found, heard
from monitor.sentiment.linear import Linear
from monitor.sentiment.odds import Odds
from monitor.watch.target import look

linear = Linear(Options())


def told(text: str, *names: str) -> Sentiment:
    return linear.one(Passage(text, names))


@pytest.mark.parametrize(
    "text",
    [
        "质量太差了,穿了一次就开线,联系客服没人理,申请退款被拒",
        "谢谢你家客服[微笑]三天没人回我",
        "星禾奶茶喝出一只死苍蝇,店员说可能是茶叶",
        "市监局通报:星禾茶饮抽检不合格,罚款五万元",
        "姐妹们避雷这家,踩坑了,妥妥智商税",
    ],
)
def test_what_would_hurt_the_brand_is_aimed_and_says_why(text: str) -> None:
    said = told(text, "星禾")
    assert said.aimed >= 0.5
    assert said.evidence


@pytest.mark.parametrize(
    "text",
    [
        "味道很好,店员热情,推荐大家来",
        "失恋了,坐在星禾哭了一下午",
        "这家奶茶好喝到哭,一周去了五次",
        "转发这条微博抽三位送新款礼盒,周五开奖",
        "请问周末几点关门?需要预约吗?",
    ],
)
def test_what_would_not_hurt_it_is_not(text: str) -> None:
    assert told(text, "星禾").aimed < 0.5


def test_sorrow_is_negative_and_not_aimed() -> None:
    said = told("外婆走了,好难过,一个人哭了一整晚")
    assert said.negative > 0.5 > said.aimed


def test_a_calm_report_of_harm_is_aimed_though_its_tone_is_not_negative() -> None:
    said = told("因制动系统存在缺陷,厂家即日起召回部分车辆,法院判决其赔偿三倍货款")
    assert said.aimed > 0.5 > said.negative


def test_anger_is_never_likelier_than_being_negative() -> None:
    for text in ("气死我了,什么垃圾客服,滚", "外婆走了,好难过", "好喝"):
        said = told(text)
        assert said.anger <= said.negative
    assert told("气死我了,什么垃圾客服,滚").anger > told("外婆走了,好难过").anger


def test_a_complaint_says_what_it_is_about() -> None:
    assert told("快递三天不发货,还弄丢了我的包裹,客服没人理").categories[0] == "logistics"


@pytest.mark.parametrize("text", ["", " \n", "https://t.cn/A6abcdEF", "@星禾官方", "\x00", "\ud800", "//@路人:"])
def test_a_text_without_words_is_neutral(text: str) -> None:
    said = told(text)
    assert (said.negative, said.aimed, said.anger, said.evidence) == (0.0, 0.0, 0.0, ())


@pytest.mark.parametrize(
    "text", ["啊" * 10_000, "https://t.cn/A6 " * 200, "😀", "ok", "the weather is nice", "1" * 10_000]
)
def test_noise_is_no_complaint(text: str) -> None:
    assert told(text).aimed < 0.5


@settings(max_examples=200)
@given(st.text(st.one_of(st.sampled_from("差评退款不没但是比星禾云朵[怒]//@#😡1 \n"), st.characters()), max_size=200))
def test_no_text_raises_and_every_answer_is_a_probability(text: str) -> None:
    said = linear.one(Passage(text, ("星禾",), ("云朵",), "weibo"))
    assert all(0.0 <= p <= 1.0 for p in (said.negative, said.aimed, said.anger))
    linear.explain(Passage(text, ("星禾",)))


def test_the_base_rate_shifts_every_probability() -> None:
    often = Linear(Options(base_rate=0.5))
    text = Passage("等了很久,一般般吧,不太满意")
    assert often.one(text).negative > linear.one(text).negative
    assert often.one(text).aimed > linear.one(text).aimed


def test_what_is_weighed_is_what_was_fitted() -> None:
    odds, bearing = Odds(1.5, -6.0, 2.0), look("三天没人理,但是味道不错")
    weighed = dict.fromkeys(findings(odds, 0.7, bearing), 0.3)
    by_hand = sum(0.3 * value for value in findings(odds, 0.7, bearing).values())
    assert heard(weighed, odds) + found(weighed, odds, 0.7, bearing) == pytest.approx(by_hand)


def test_fury_at_a_rival_is_not_aimed_at_us() -> None:
    text = "青岚太过分了,过期奶还在卖,客服装死,恶心!早知道就去隔壁喝星禾了"
    assert linear.one(Passage(text, ("星禾",), ("青岚",))).aimed < 0.3 < linear.one(Passage(text, ("青岚",))).aimed


def test_how_they_dodge_a_name_can_be_taught(tmp_path: Path) -> None:
    (tmp_path / "ours.txt").write_text("星河茶 = 星禾\n", encoding="utf-8")
    ours, passage = Linear(Options(evasions=str(tmp_path / "ours.txt"))), Passage("从星河茶换到云朵了", ("星禾",))
    assert ours.explain(passage)[2].facts.get("compared") == 1
    assert "compared" not in linear.explain(passage)[2].facts


def test_evidence_is_shown_as_it_was_written_though_names_are_read_as_marks() -> None:
    text = "ＸｉｎｇＨｅ门店后厨有蟑螂,星禾客服没人理"
    spans = linear.one(Passage(text, ("星禾", "xinghe"), ("云朵",))).evidence
    assert "蟑螂" in spans
    assert all(span in "xinghe门店后厨有蟑螂,星禾客服没人理" for span in spans)


# ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_weights_come_back_as_they_were_written() -> None:
    shipped = weights.shipped()
    again = weights.parse(weights.dump(shipped), "again")
    assert again == shipped
    assert weights.dump(again) == weights.dump(shipped)


@given(st.tuples(*[st.integers(-127, 127)] * 3), st.integers(1, 6000))
def test_three_sums_travel_in_one(three: tuple[int, int, int], times: int) -> None:
    assert weights.unpack(times * weights.pack(*three)) == tuple(times * part for part in three)
    assert weights.tone(times * weights.pack(*three)) == times * three[0]


def test_shipped_weights_are_small() -> None:
    path = Path(weights.__file__).with_name("linear.weights")
    assert path.stat().st_size <= 1_000_000


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"not gzip",
        weights.dump(weights.shipped())[:-2000],
        weights.dump(weights.shipped()) + b"more",
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "mine.weights").write_bytes(broken)
    with pytest.raises(ConfigError, match=r"mine\.weights: not a weights file"):
        Linear(Options(weights=str(tmp_path / "mine.weights")))


def test_a_recalibration_bends_one_platform_alone() -> None:
    bent = weights.Weights(
        **{
            **{name: getattr(weights.shipped(), name) for name in weights.Weights.__slots__},
            "curves": {"weibo": weights.Curve(at=(0.0, 1.0), gives=(0.0, 0.4), labels=200)},
        }
    )
    ours = Linear(Options(), bent)
    text = "质量太差了,客服没人理,申请退款被拒"
    assert ours.one(Passage(text, platform="weibo")).aimed < 0.5 < ours.one(Passage(text, platform="appstore")).aimed

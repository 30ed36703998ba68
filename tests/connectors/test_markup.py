"""HTML as people read it."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.markup import LONGEST, from_html, plain

READ = [
    ('气死<span class="url-icon"><img alt="[怒]" src="x"></span>了', "气死[怒]了"),
    ('<a href="/k/x">#星禾漏水#</a> 谁管', "#星禾漏水# 谁管"),
    ("一<br />二<p>三</p>四", "一\n二\n三\n四"),
    ('说三点：一……<a href="/status/53400">全文</a>', "说三点：一……"),
    ('说三点：<span class="expand">展开</span>', "说三点："),
    ("杯&amp;盖 &lt;漏&gt;", "杯&盖 <漏>"),
    ("用了两周就鼓包 #示例牌[话题]# #避雷[话题]#", "用了两周就鼓包 #示例牌 #避雷"),
    ("\u200b星\u0000禾\ufeff", "星禾"),
    ("<script>alert(1)</script>正文<!-- 注 <b> -->", "正文"),
]


@pytest.mark.parametrize(("html", "text"), READ)
def test_html_becomes_what_people_read(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize("text", ["价格<50 就别想了", "AT&T", "I <3 you", "a < b > c", "第一行\n第二行"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_half_an_emoji_is_left_out() -> None:
    assert plain("漏水\ud83d") == "漏水"


@pytest.mark.parametrize(
    "junk", ["<a", "<!--", "<![CDATA[", "<a b='", "<p>", "&#", " \n", "<script>", "<a " + "b='" * 999 + ">"]
)
def test_half_a_megabyte_of_junk_is_read_up_to_a_limit(junk: str) -> None:
    assert len(plain("<p>" + junk * (500_000 // len(junk)))) <= LONGEST * 5


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters="\u200b#"), max_size=80))
def test_what_a_site_escaped_is_read_as_it_was_written(text: str) -> None:
    assert plain(html.escape(text) + "<br>") == text


@given(st.text("漏水#a b", max_size=30), st.text("星禾ab", min_size=1, max_size=8))
def test_a_topic_loses_its_mark_and_keeps_its_name(before: str, topic: str) -> None:
    assert "[话题]" not in plain(f"{before} #{topic}[话题]#")
    assert f"#{topic}" in plain(f"{before} #{topic}[话题]#")


@given(st.text(alphabet=st.sampled_from("<>/!-&#;ab='\" \n漏\u200b")))
def test_no_input_breaks_it(text: str) -> None:
    assert "\u200b" not in plain(text)
    from_html(text)

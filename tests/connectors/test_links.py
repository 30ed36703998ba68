"""Which post a link leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.links import post_of, short_path
from monitor.model import PostKey

NOTE = "64f1c2aa000000001e03c5b7"


@pytest.mark.parametrize(
    ("link", "post"),
    [
        ("https://weibo.com/1234567890/K3fnuEfZK", "weibo:4607741009594608"),
        ("https://www.weibo.com/1234567890/K3fnuEfZK?type=comment#_rnd", "weibo:4607741009594608"),
        ("weibo.com/1234567890/4607741009594608", "weibo:4607741009594608"),
        ("https://m.weibo.cn/status/4607741009594608?jumpfrom=wapv4", "weibo:4607741009594608"),
        ("https://m.weibo.cn/detail/4607741009594608", "weibo:4607741009594608"),
        ("https://m.weibo.cn/status/K3fnuEfZK", "weibo:4607741009594608"),
        (f"https://www.xiaohongshu.com/explore/{NOTE}?xsec_token=AB", f"xiaohongshu:{NOTE}"),
        (f"https://www.xiaohongshu.com/discovery/item/{NOTE}", f"xiaohongshu:{NOTE}"),
        (f"https://www.xiaohongshu.com/user/profile/5b0123456789abcdef012345/{NOTE}", f"xiaohongshu:{NOTE}"),
        ("http://xhslink.com/a/AbCd1234", "xiaohongshu:xhslink:AbCd1234"),
        ("https://apps.apple.com/cn/app/%E6%98%9F/id1234567890?see-all=reviews", "appstore:cn:1234567890"),
        ("https://apps.apple.com/cn/app/id1234567890", "appstore:cn:1234567890"),
        (f"https://www.rednote.com/explore/{NOTE}", f"xiaohongshu:{NOTE}"),
        ("https://tousu.sina.com.cn/complaint/view/17300000001/", "heimao:17300000001"),
        ("https://www.douyin.com/video/7301234567890123456", "douyin:7301234567890123456"),
        ("https://www.douyin.com/user/MS4wLjABAAAA", "web:douyin.com/user/MS4wLjABAAAA"),
        ("https://www.zhihu.com/question/1?sort=new", "zhihu:question:1"),
        ("https://www.zhihu.com/question/59895982/answer/3012345678", "zhihu:answer:3012345678"),
        ("https://zhuanlan.zhihu.com/p/700000001", "zhihu:article:700000001"),
        ("https://www.zhihu.com/people/ali", "web:zhihu.com/people/ali"),
        ("https://tieba.baidu.com/p/8012345678?lp=5028", "tieba:8012345678"),
        ("https://tieba.baidu.com/p/8012345678?pid=140123456789&cid=0#140123456789", "tieba:8012345678:140123456789"),
        ("https://www.bilibili.com/video/BV17x411w7KC/?spm_id_from=333", "bilibili:av170001"),
        ("https://m.bilibili.com/video/av170001", "bilibili:av170001"),
        ("https://www.bilibili.com/video/BV17x411w7KC/#reply230012345678", "bilibili:av170001:230012345678"),
        ("https://www.bilibili.com/read/cv123", "web:bilibili.com/read/cv123"),
    ],
)
def test_a_post_is_known_by_its_address(link: str, post: str) -> None:
    platform, _, native_id = post.partition(":")
    assert post_of(link) == PostKey(platform, native_id)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "不是链接",
        "ftp://weibo.com/1/K3fnuEfZK",
        "https://weibo.com/",
        "https://weibo.com/u/1234567890",
        "https://weibo.com/u/1234567890?x=1 2",
        "https://weibo.com@evil.example/1/K3fnuEfZK",
        "https://user:word@weibo.com/1234567890/K3fnuEfZK",
        "javascript:alert(1)",
        "https://localhost",
        "https://[::1/x",
        "https://www.xiaohongshu.com/explore/not-a-note",
        "https://apps.apple.com/cn/developer/id1",
        "https://www.bilibili.com/video/BV1000000000",
    ],
)
def test_what_is_no_post_is_none(link: str) -> None:
    assert post_of(link) is None


@given(st.text(max_size=100) | st.text(max_size=40).map(lambda tail: f"https://weibo.com/{tail}"))
def test_no_text_makes_it_stumble(link: str) -> None:
    key = post_of(link)
    assert key is None or (key.platform and 0 < len(key.native_id) <= 300)


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("http://xhslink.com/a/AbCd1234", "/a/AbCd1234"),
        ("xhslink.com/m/AbCd1234", "/m/AbCd1234"),
        ("https://xhslink.com/AbCd1234?x=1", "/AbCd1234"),
        ("https://xhslink.com/a/b/c/AbCd1234", None),
        ("https://xhslink.com.example.com/a/AbCd1234", None),
        ("https://www.xiaohongshu.com/explore/68d9f0000000000012000abc", None),
    ],
)
def test_a_short_link_is_asked_by_its_path_alone(link: str, path: str | None) -> None:
    assert short_path(link) == path

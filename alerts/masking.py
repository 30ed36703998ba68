"""What may leave the house of what strangers wrote: private data is masked before a receiver sees it. Pure.

What was there is said by kind, 〔手机号〕, and no digit of it is kept. Rules cannot know everything; where a rule is in doubt
it masks, for a masked price costs a look at the original and a leaked number cannot be called back. Hotlines of firms and
authorities (400-…, 12315, 95…) stay: they are nobody's.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

from alerts import persons
from monitor.model import Author

Shows = Literal["masked", "full", "link"]
"""What a receiver is shown: private data masked, everything, or no word of the post at all."""

LONGEST = 2000
"""Characters that are read; what stands behind them is left out, for no receiver shows so many."""

_CHINESE = str.maketrans("零〇一二两三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0012234567891123456789")
_GAP = r"[\s.·•_\-‐‑–—－~\ufe0f\u20e3\u200d]{0,3}"
"""What people put between the digits of a number."""

_FREE = r"(?<![0-9a-z])"
_DATE = r"(?!(?:19|20)[0-9]{2}[-./ ][0-9]{1,2}[-./ ])"
_IS = r"\s*(?:[:：#是为]\s*)*"
_CHAT = r"(?:微信|薇信|威信|卫星|v信|weixin|wechat|加v|[vw]x)"

_NUMBERS = (
    (r"[a-z0-9._%+-]{1,64}\s?@\s?(?:[a-z0-9-]{1,63}\s?\.\s?){1,4}[a-z]{2,12}(?![a-z])", "邮箱"),
    (rf"{_CHAT}\s*(?:(?:号|id|同号)\s*[:：是为]?|[:：是为])\s*[a-z0-9][a-z0-9_-]{{4,30}}", "微信号"),
    (rf"{_CHAT}\s*(?=[a-z_-]*[0-9_])[a-z0-9][a-z0-9_-]{{4,30}}", "微信号"),
    (rf"(?:qq|扣扣|企鹅)\s*(?:号|群)?{_IS}[1-9](?:[\s-]?[0-9]){{4,11}}(?![0-9])", "QQ 号"),
    (
        (
            r"(?:订单|单号|运单|快递|物流|包裹|流水|交易|工单|退款|取件|保单|票号|病历|会员|卡号|护照|合同)(?:编?号|号码|码)?"
            rf"{_IS}{_DATE}(?=[a-z-]*[0-9])[a-z0-9](?:[\s-]?[a-z0-9]){{5,31}}(?![a-z0-9])"
        ),
        "单号",
    ),
    (rf"{_FREE}[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9x×](?![0-9a-z])", "身份证号"),
    (
        rf"(?<![0-9])(?:[+(]{{0,2}}0{{0,2}}86\)?{_GAP})?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}[\ufe0f\u20e3]{{0,2}}(?![0-9])",
        "手机号",
    ),
    (rf"(?<![0-9])\(?0(?:10|2[0-9]|[3-9][0-9]{{2}})\)?{_GAP}[2-8](?:{_GAP}[0-9]){{6,7}}(?![0-9])", "电话"),
    (
        rf"(?:电话|座机|手机|联系方式|tel|phone|☎)(?:号码?)?{_IS}(?!400|800)[0-9](?:{_GAP}[0-9]){{6,14}}(?![0-9])",
        "电话",
    ),
    (rf"{_FREE}{_DATE}[0-9](?:[\s-]?[0-9]){{14,30}}(?![0-9])", "卡号"),
    (rf"{_FREE}[a-z]{{1,4}}-?[0-9]{{8,24}}(?![0-9a-z])", "单号"),
    (r"(?<![0-9])(?!(?:400|800)[0-9]{7}(?![0-9]))[0-9]{10,40}", "号码"),
    (
        (
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领]\s?[a-hj-np-z]\s?[·•-]?\s?"
            r"(?=(?:[a-z]?[0-9]){3}|[a-z]{0,2}[0-9]{3}|[0-9][a-z]{2}[0-9]{2})[a-hj-np-z0-9]{4,6}[挂学警港澳]?(?![a-z0-9])"
        ),
        "车牌",
    ),
)
"""In this order: what is named as something goes before what merely looks like a number."""

_HAN = r"[\u3400-\u9fff]"
_PLACE = rf"(?:(?![在到于住址是的了来去我他她你给说]){_HAN})"
_NUMBER = r"(?:第?[0-9]{1,5}[a-z]?|第?[零一二三四五六七八九十百]{1,6})"
_ROOM = (
    rf"(?:\s*[-,#]?\s*(?:[东南西北]|[a-d][座区栋]?)?{_NUMBER}\s*(?:号楼|号院|号|弄|栋|幢|座|单元|门洞|楼|层|室|房|户)?)"
)

_PLACES = (
    (rf"{_PLACE}{{1,14}}(?:大道|大街|胡同|路|街|巷|弄|道|里)\s*{_NUMBER}\s*(?:号|弄|巷)(?!线){_ROOM}{{0,4}}", "地址"),
    (
        (
            rf"{_PLACE}{{1,14}}(?:小区|花园|公寓|家园|新村|社区|大厦|宿舍|苑|村|府|庭|湾|城|院)\s*"
            rf"(?:{_NUMBER}|[a-d])\s*(?:号楼|号院|号|弄|栋|幢|座|单元|室|房)(?!线){_ROOM}{{0,3}}"
        ),
        "地址",
    ),
    (rf"{_NUMBER}\s*(?:号楼|栋|幢|座)\s*{_ROOM}{{1,3}}|{_NUMBER}\s*单元\s*{_NUMBER}\s*(?:室|号|户)?", "地址"),
    (
        (
            r"(?:收货地址|家庭地址|地址|住址|家住)\s*[:：是在]?\s*"
            r"(?=[^\s，。,;；!！?？〔]{0,30}[0-9路街村镇])[^\s，。,;；!！?？〔]{4,40}"
        ),
        "地址",
    ),
)


def _compiled(rules: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), f"〔{kind}〕") for pattern, kind in rules)


_RULES = (*((*rule, True) for rule in _compiled(_NUMBERS)), *((*rule, False) for rule in _compiled(_PLACES)))


def masked(text: str, shows: Shows = "masked") -> str:
    """The text as a receiver may see it; "" where it is shown no words of strangers."""
    if shows == "full":
        return text
    if shows == "link":
        return ""
    said = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    for pattern, kind, spelled in _RULES:
        said = _without(said, pattern, kind, spelled=spelled)
    return persons.shortened(said)


def name(author: Author, shows: Shows = "masked") -> str:
    """The name of who wrote it: whole where it is an account in public (verified), shortened otherwise."""
    if shows == "full":
        return author.name
    if shows == "link" and not author.verified:
        return ""
    return author.name if author.verified else persons.initial(author.name)


def address(url: str, shows: Shows = "masked") -> str:
    """An address that may be shown: without its query where that tells of somebody, "" where the rest of it does."""
    if shows == "link" or len(url) > LONGEST:
        return ""
    if shows == "full" or not _tells(url):
        return url
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return "" if _tells(bare) else bare


_IN_ADDRESS = re.compile(
    r"(?<![0-9a-z])(?:86)?1[3-9][0-9]{9}(?![0-9a-z])|(?<![0-9a-z])[1-9][0-9]{16}[0-9x](?![0-9a-z])|[\w.+-]{1,64}@[\w-]{1,64}\.\w",
    re.IGNORECASE,
)


def _tells(url: str) -> bool:
    """Whether an address holds a mobile number, an identity number or a mailbox. A post's own number is none of them."""
    return bool(_IN_ADDRESS.search(_plain(unquote(url))))


def _without(text: str, pattern: re.Pattern[str], kind: str, *, spelled: bool) -> str:
    """The text with every hit of the pattern said by its kind. `spelled`: 一三八 is a number too."""
    plain, told, done = _plain(text), [], 0
    for hit in pattern.finditer(plain.translate(_CHINESE) if spelled else plain):
        told += [text[done : hit.start()], kind]
        done = hit.end()
    return "".join([*told, text[done:]])


def _plain(text: str) -> str:
    """The text, letter by letter, with every kind of digit as 0 to 9 and every wide letter as a narrow one."""
    return text if text.isascii() else "".join(map(_narrow, text))


@lru_cache(8192)
def _narrow(letter: str) -> str:
    if (digit := unicodedata.digit(letter, None)) is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", letter)
    return folded if len(folded) == 1 else letter

"""The table of traditional characters is OpenCC's."""

from opencc import OpenCC

from monitor.watch.traditional import SIMPLIFIED, TRADITIONAL


def test_it_says_what_opencc_says() -> None:
    several = "\n".join(chr(code) for code in range(0x3400, 0xA000))
    pairs = zip(several.split("\n"), OpenCC("t2s").convert(several).split("\n"), strict=True)
    wanted = {one: other for one, other in pairs if one != other and len(other) == 1}
    assert dict(zip(TRADITIONAL, SIMPLIFIED, strict=True)) == wanted

"""`langyan replay`: a recording through the same pipeline as the daemon, page by page."""

import gzip
import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from monitor import cli
from tests.builders import NOON

FIRE = (3, 25, 80, 170, 330, 560, 900)
CALM = (0, 1, 1, 2, 2, 2, 2)


def lines(
    native_id: str, reposts: Sequence[int], *, start: int = 2, text: str = "星禾奶茶里喝出虫子"
) -> list[dict[str, Any]]:
    """A post that was looked at every five minutes."""
    recorded = []
    for number, count in enumerate(reposts):
        seen = NOON + timedelta(minutes=start + 5 * number)
        line: dict[str, Any] = {"platform": "weibo", "id": native_id, "collected_at": seen.isoformat()}
        line["counts"] = {"reposts": count}
        if not number:
            line |= {"schema": "langyan.post.v1", "text": f"{text} {native_id}", "created_at": NOON.isoformat()}
        recorded.append(line)
    return recorded


def recording(path: Path, *posts: list[dict[str, Any]]) -> Path:
    whole = sorted((line for post in posts for line in post), key=lambda line: line["collected_at"])
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in whole), encoding="utf-8")
    return path


def replay(path: Path, *options: str) -> Result:
    return CliRunner().invoke(cli.main, ["replay", str(path), "--json", *(options or ("--assume-negative",))])


def pages(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_page_is_one_line_with_when_how_bad_how_far_and_why(tmp_path: Path) -> None:
    done = replay(recording(tmp_path / "r.jsonl", lines("1", FIRE)))
    (page,) = pages(done)
    assert done.exit_code == 0
    assert page["id"] == "weibo:1"
    assert NOON.isoformat()[:13] in page["paged_at"]
    assert page["paged_at"].endswith("Z")
    assert page["severity"] in ("orange", "red")
    assert 0 < page["p_viral"] <= 1
    assert page["reposts"] in FIRE
    assert page["reach_median"] >= page["reposts"]
    assert page["reasons"]
    assert not page["found_late"]


def test_each_post_pages_once_and_a_calm_one_never(tmp_path: Path) -> None:
    done = replay(recording(tmp_path / "r.jsonl", lines("1", FIRE), lines("2", CALM), lines("3", FIRE, start=3)))
    assert sorted(page["id"] for page in pages(done)) == ["weibo:1", "weibo:3"]


def test_progress_and_the_tally_stay_off_standard_output(tmp_path: Path) -> None:
    done = replay(recording(tmp_path / "r.jsonl", lines("1", FIRE)))
    assert "7 sightings of 1 posts, 1 pages" in done.stderr
    assert "incident" not in done.stderr


def test_viral_stands_in_for_every_threshold(tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl", lines("1", (1, 3, 6, 9, 12, 15, 18)))
    assert not pages(replay(path))
    assert pages(replay(path, "--assume-negative", "--viral", "10"))
    assert not pages(replay(recording(tmp_path / "f", lines("1", FIRE)), "--assume-negative", "--viral", "100000"))


def test_a_damaged_line_is_named_and_costs_only_itself(tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl", lines("1", FIRE))
    good = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([good[0], '{"platform": "weibo", "id"', "[]", *good[1:]]), encoding="utf-8")
    done = replay(path)
    assert done.exit_code == 0
    assert len(pages(done)) == 1
    assert "line 2" in done.stderr
    assert "line 3" in done.stderr
    assert "2 damaged lines skipped" in done.stderr


def test_a_recording_without_lines_has_no_pages(tmp_path: Path) -> None:
    done = replay(recording(tmp_path / "r.jsonl"))
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_packed_recording_that_breaks_off_gives_its_pages_and_one_plain_line(tmp_path: Path) -> None:
    noise = [lines(f"n{number}", CALM, start=60 + number, text="".join(map(chr, range(0x4E00 + number, 0x4E40 + number))))
             for number in range(300)]  # fmt: skip
    whole = gzip.compress(recording(tmp_path / "r.jsonl", lines("1", FIRE), *noise).read_bytes())
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    done = replay(path)
    assert done.exit_code == 1
    assert len(pages(done)) == 1
    assert f"{path} is damaged" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_not_packed_at_all_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(b"hello")
    done = replay(path)
    assert done.exit_code == 1
    assert f"{path} is damaged" in done.stderr


def test_without_a_configuration_it_must_be_told_to_assume(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.main, ["replay", str(recording(tmp_path / "r.jsonl"))])
    assert done.exit_code == 2
    assert "needs -c FILE or --assume-negative" in done.stderr


def test_with_a_configuration_only_what_concerns_the_brand_and_is_bad_pages(tmp_path: Path) -> None:
    config = tmp_path / "langyan.toml"
    config.write_text('state = "state"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n', encoding="utf-8")
    bad = "星禾奶茶喝到一半发现里面有虫子,客服三天没人回,太恶心了"
    path = recording(
        tmp_path / "r.jsonl",
        lines("1", FIRE, text=bad),
        lines("2", FIRE, text=bad.replace("星禾", "青岚")),
        lines("3", FIRE, text="星禾的新杯子真漂亮,暖暖的很贴心,祝大家开心"),
    )
    done = replay(path, "-c", str(config))
    assert [page["id"] for page in pages(done)] == ["weibo:1"], done.stderr


def small_posts(count: int, *, start: int, every: int) -> list[dict[str, Any]]:
    """Bad posts of few words that share nothing but the brand, one each so many minutes."""
    return [
        lines(str(9_000_000 + start + number), (1,), start=start + every * number, text=f"星禾{chr(0x4E00 + 37 * number) * 4}漏水,太恶心了,差评")[0]
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(("crowd", "paged"), [(14, 1), (3, 0)])
def test_a_surge_pages_in_a_recording_as_it_does_in_the_daemon(tmp_path: Path, crowd: int, paged: int) -> None:
    config = tmp_path / "langyan.toml"
    config.write_text('state = "state"\n[[brand]]\nname = "星禾"\nmatch = "星禾"\n', encoding="utf-8")
    calm = small_posts(24, start=2, every=12 * 60)
    burst = small_posts(crowd, start=13 * 24 * 60, every=3)
    for line in (*calm, *burst):
        line["created_at"] = line["collected_at"]
    done = replay(recording(tmp_path / "r.jsonl", calm, burst), "-c", str(config))
    assert len(pages(done)) == paged, done.stderr
    assert all("过去 1 小时" in page["reasons"][0] for page in pages(done))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    posts = [lines(str(number), [c * (1 + number % 3) for c in FIRE], start=2 + 7 * number) for number in range(5)]
    return recording(tmp_path_factory.mktemp("recording") / "r.jsonl", *posts, lines("calm", CALM))


def test_the_same_recording_gives_the_same_pages(mixed: Path) -> None:
    assert replay(mixed).stdout == replay(mixed).stdout


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.integers(1, 42))
def test_what_is_judged_at_a_moment_never_depends_on_later_lines(mixed: Path, kept: int) -> None:
    whole = mixed.read_text(encoding="utf-8").splitlines(keepends=True)
    part = mixed.with_name("part.jsonl")
    part.write_text("".join(whole[:kept]), encoding="utf-8")
    of_part, of_whole = pages(replay(part)), pages(replay(mixed))
    assert of_part == of_whole[: len(of_part)]
    assert all(early["paged_at"] <= late["paged_at"] for early, late in pairwise(of_whole))

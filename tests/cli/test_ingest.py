"""`langyan ingest FILE`: what vendors export, what desks keep, what is refused and why."""

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.store import Store

TOML = """
language = "en"
state = "state"
[[brand]]
name = "星禾"
match = '星禾'
"""
HEADINGS = "平台,标题,正文,作者,发布时间,链接,转发数,评论数,点赞数,粉丝数,情感"
ROWS = (
    '微博,,"星禾的奶茶里喝出虫子,\n太恶心",阿梨,2026-11-02 10:00:00,https://weibo.com/1700000009/Mb15BDYR0,12,3,1.2万,"1,204",负面',
    "小红书,避雷星禾,漏水,小满,2026/11/2 11:20,,--,,10万+,,负面",
    "新浪网,今日天气,晴,记者,2026-11-02,https://news.example/1,0,0,0,,中性",
)


class Desk:
    """A folder with a configuration, and the command at work in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "langyan.toml").write_text(TOML, encoding="utf-8")

    def run(self, name: str, *options: str) -> Result:
        command = ["ingest", str(self.folder / name), "-c", str(self.folder / "langyan.toml"), *options]
        return CliRunner().invoke(cli.main, command, env={"COLUMNS": "200", "TERM": "dumb"})

    def lines(self, name: str, *options: str) -> list[dict[str, Any]]:
        done = self.run(name, "--json", *options)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def write(self, name: str, text: str, encoding: str = "utf-8") -> str:
        (self.folder / name).write_bytes(text.encode(encoding))
        return name

    def posts(self) -> dict[str, Any]:
        store = Store.reading(self.folder / "state" / "langyan.db")
        found = store._db.read(lambda c: c.exec_driver_sql("SELECT * FROM post ORDER BY id").mappings().all())
        store.close()
        return {f"{row['platform']}:{row['native_id']}": dict(row) for row in found}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_vendors_export_is_read_by_its_chinese_headings(desk: Desk) -> None:
    name = desk.write("export.csv", "\n".join([HEADINGS, *ROWS]))
    assert desk.lines(name)[-1] == {"rows": 3, "kept": 2, "refused": 0, "posts": 2, "looks": 2}
    weibo, note = desk.posts().values()
    assert (weibo["native_id"], weibo["author_name"], weibo["followers"]) == ("4826257999528718", "阿梨", 1204)
    assert weibo["text"] == "星禾的奶茶里喝出虫子,\n太恶心"
    assert (note["platform"], note["title"], note["text"]) == ("xiaohongshu", "避雷星禾", "漏水")
    assert note["native_id"].startswith("made:")


def test_a_second_run_adds_nothing(desk: Desk) -> None:
    name = desk.write("export.csv", "\n".join([HEADINGS, *ROWS]))
    desk.run(name)
    again = desk.lines(name)[-1]
    assert (again["rows"], again["posts"], again["looks"]) == (3, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_whatever_charset_it_was_saved_in_the_same_is_read(desk: Desk, encoding: str) -> None:
    name = desk.write("export.csv", "\r\n".join([HEADINGS, *ROWS]), encoding)
    assert desk.lines(name)[-1]["kept"] == 2
    assert next(iter(desk.posts().values()))["text"].startswith("星禾的奶茶里喝出虫子")


def test_a_workbook_is_read_as_a_csv_is(desk: Desk) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某某舆情 2026 年 11 月导出"])
    sheet.append([])
    sheet.append(HEADINGS.split(","))
    sheet.append(["微博", None, "星禾漏水", "阿梨", "2026-11-02 10:00", "https://m.weibo.cn/detail/5340000000000001", 12.0, 3, "1.2万", 1204, "负面"])  # fmt: skip
    sheet.append(["微博", None, None, None, None, None, None, None, None, None, None])
    book.save(desk.folder / "export.xlsx")
    said = desk.lines("export.xlsx")
    assert said == [
        {"row": "5", "error": "neither text, title nor id is there"},
        {"rows": 2, "kept": 1, "refused": 1, "posts": 1, "looks": 1},
    ]
    assert list(desk.posts()) == ["weibo:5340000000000001"]


def test_a_row_that_cannot_be_read_is_named_by_its_number_and_costs_nothing_else(desk: Desk) -> None:
    name = desk.write("export.csv", "\n".join([HEADINGS, ROWS[1].replace("2026/11/2 11:20", "前些日子"), ROWS[1]]))
    done = desk.run(name)
    assert done.exit_code == 0
    assert "row 2: created_at '前些日子' is not a time" in done.stderr
    assert "2 rows read as table, 1 concern a brand, 1 refused; 1 new posts, 1 new looks" in done.stdout


def test_what_came_of_it_is_said_in_the_language_of_the_house(desk: Desk) -> None:
    (desk.folder / "langyan.toml").write_text(TOML.replace('language = "en"', ""), encoding="utf-8")
    done = desk.run(desk.write("export.csv", "\n".join([HEADINGS, *ROWS])))
    assert "读了 3 行，2 行与品牌有关，0 行读不了；新帖 2 条" in done.stdout


def test_a_file_of_which_no_row_can_be_read_is_a_failure(desk: Desk) -> None:
    name = desk.write("export.csv", "\n".join([HEADINGS, ROWS[1].replace("2026/11/2 11:20", "前些日子")]))
    assert desk.run(name).exit_code == 1


def test_a_preview_shows_what_would_be_read_and_what_would_not_and_needs_no_configuration(desk: Desk) -> None:
    (desk.folder / "langyan.toml").unlink()
    name = desk.write("export.csv", "\n".join([HEADINGS, *ROWS]))
    said = desk.run(name, "--preview").stdout
    for part in ("粉丝数 → author.followers", "情感 → 不读（--map '情感=字段'）", "第 2 行\n", "likes: 12,000"):
        assert part in said
    assert "published: 2026-11-02T11:20:00+08:00" in said
    assert not (desk.folder / "state").exists()


def test_a_preview_speaks_the_language_of_the_configuration(desk: Desk) -> None:
    name = desk.write("export.csv", "\n".join([HEADINGS, *ROWS]))
    said = desk.run(name, "--preview").stdout
    for part in ("read as table:", "情感 → not read (--map '情感=FIELD')", "row 2\n"):
        assert part in said


def test_a_dry_run_reads_everything_and_stores_nothing(desk: Desk) -> None:
    name = desk.write("export.csv", "\n".join([HEADINGS, *ROWS]))
    assert desk.lines(name, "--dry-run")[-1] == {"rows": 3, "kept": 2, "refused": 0}
    assert desk.lines(name)[-1]["posts"] == 2


def test_a_heading_that_nobody_could_guess_is_told_by_the_operator(desk: Desk) -> None:
    name = desk.write("odd.csv", "平台,帖子,何时\n微博,星禾漏水,昨天 08:15\n")
    done = desk.run(name, "--map", "帖子=text", "--map", "何时=created_at")
    assert "1 concern a brand" in done.stdout
    (post,) = desk.posts().values()
    assert post["text"] == "星禾漏水"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--map", "内容=text"), "there is no column 内容"),
        (("--map", "平台=txt"), "there is no field txt"),
        (("--map", "平台"), "is no map"),
        (("--format", "csv"), "there is no csv"),
        (("--format", "record", "--map", "平台=text"), "has fields of its own"),
        (("--brand", "月禾"), "there is no brand 月禾"),
    ],
)
def test_what_does_not_fit_is_said(desk: Desk, options: tuple[str, ...], says: str) -> None:
    name = desk.write("export.csv", "\n".join([HEADINGS, *ROWS]))
    done = desk.run(name, *options)
    assert done.exit_code == 2
    assert says in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.doc", "x", "nothing is known"),
        ("a.csv", "", "holds no row"),
        ("a.json", "[1, {", "no whole JSON"),
        ("a.xlsx", "not a workbook", "is no .xlsx"),
        ("a.db", "not a database" * 100, "cannot be read as SQLite"),
        ("a.jsonl", "[]\nnot json\n", "holds no row"),
    ],
)
def test_a_file_that_is_nothing_is_said_to_be_nothing(desk: Desk, name: str, text: str, says: str) -> None:
    done = desk.run(desk.write(name, text))
    assert done.exit_code == 1
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_a_file_that_is_not_there(desk: Desk) -> None:
    done = desk.run("absent.csv")
    assert (done.exit_code, "cannot be read" in done.stderr) == (1, True)


def test_our_own_record_is_read_as_it_is(desk: Desk) -> None:
    record = {"platform": "hotline", "id": "c-1", "text": "漏水", "collected_at": "2026-11-02T12:00:00+08:00"}
    name = desk.write("desk.jsonl", json.dumps(record) + "\n{}\n" + json.dumps({**record, "id": 7}) + "\n")
    said = desk.lines(name, "--brand", "星禾")
    assert [line.get("row") for line in said] == ["2", "3", None]
    assert said[-1]["kept"] == 1


def test_what_mediacrawler_wrote_is_known_by_its_columns(desk: Desk) -> None:
    recorded = Path(__file__).parents[1] / "recordings" / "mediacrawler" / "mixed.jsonl"
    said = desk.lines(desk.write("mixed.jsonl", recorded.read_text(encoding="utf-8")))
    assert said[-1]["rows"] == 10
    assert (said[-1]["kept"], said[-1]["refused"]) == (6, 1)


def test_hostile_words_in_a_file_reach_the_terminal_harmless(desk: Desk) -> None:
    name = desk.write("export.csv", "平台,正文,\x1b[31m红\n微博,星禾\x1b[2J\x07,x\n")
    said = desk.run(name, "--preview").output
    assert "\x1b" not in said
    assert "\x07" not in said


def test_what_a_crawler_writes_again_is_one_more_look_and_of_what_is_not_ours_none(desk: Desk) -> None:
    stamp = 1_793_588_400_000

    def row(number: int, brand: str, run: int, **told: Any) -> str:
        note = {"note_id": str(number), "desc": f"{brand}漏水", "collected_count": str(run), "liked_count": str(run)}
        return json.dumps({**note, "time": stamp, "last_modify_ts": stamp + run, **told}, ensure_ascii=False) + "\n"

    text = "".join(row(1, "星禾", run) + row(2, "隔壁", run) for run in range(4))
    text += row(1, "星禾", 9, desc="星禾改了口")
    assert desk.lines(desk.write("notes.jsonl", text))[-1] == {
        "rows": 9, "kept": 5, "refused": 0, "posts": 1, "looks": 5,
    }  # fmt: skip
    (post,) = desk.posts().values()
    assert post["text"] == "星禾改了口"
    assert desk.lines("notes.jsonl", "--dry-run")[-1] == {"rows": 9, "kept": 5, "refused": 0}
    assert desk.lines("notes.jsonl")[-1]["looks"] == 0

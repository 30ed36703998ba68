"""On a phone the first screen holds what is said, who says it, how big and by when, what is due, and the buttons.

Measured in Chromium, on the sandbox's channel page.
"""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from alerts.channels import slack_blocks
from monitor.clock import VirtualClock
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_message import Message
from tests.alerts.scenes import at, scenes
from tests.door import Door

WIDTH = 390
MUST = ("fresh", "red line", "found late", "surge", "taken", "overdue", "came back", "trial", "repeat")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

MEASURE = """<body style="margin:0"><pre id="told"></pre><script>
const rooms = ROOMS, told = {};
(async () => {
  for (const room of rooms) {
    const frame = document.createElement("iframe");
    frame.style = "width:390px;height:844px;border:0";
    frame.src = "/slack/" + room;
    await new Promise(done => { frame.onload = done; document.body.append(frame); });
    const page = frame.contentDocument, bottom = e => e ? Math.round(e.getBoundingClientRect().bottom) : -1;
    told[room] = {
      buttons: Math.max(...[...page.querySelectorAll("article .actions")].map(bottom), -1),
      quote: bottom(page.querySelector("article blockquote")),
      room: Math.min(844, ...[...page.querySelectorAll("form")].map(e => Math.round(e.getBoundingClientRect().top))),
      wide: page.documentElement.scrollWidth,
    };
    frame.remove();
  }
  document.getElementById("told").textContent = JSON.stringify(told);
})();
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: apt-get install chromium fonts-noto-cjk")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_that_decides_stands_on_the_first_screen(language: str, door: tuple[Door, str], tmp_path: Path) -> None:
    assert CHROMIUM is not None
    inside, address = door
    cards = scenes("en" if language == "en" else "zh")
    rooms = {f"C0SCENE{i:02d}": name for i, name in enumerate(cards)}
    fake = FakeSlack(VirtualClock(at(11)), channels=rooms, language=language)
    for room, name in rooms.items():
        said = slack_blocks.message(cards[name], "<!subteam^S012PRTEAM>")
        stands = Message(
            channel=room,
            ts=f"{at(11).timestamp():.6f}",
            text=said["text"],
            blocks=tuple(said["blocks"]),
            attachments=tuple(said["attachments"]),
        )
        fake.workspace.keep(stands)

    async def measure(_: Request) -> Response:
        return HTMLResponse(MEASURE.replace("ROOMS", json.dumps(list(rooms))))

    fake.app.routes.insert(0, Route("/measure", measure))
    inside.app = fake.app
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += [
        "--hide-scrollbars",
        "--dump-dom",
        "--virtual-time-budget=20000",
        f"--user-data-dir={tmp_path}",
        f"{address}/measure",
    ]
    seen = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r'<pre id="told">(\{.*?\})</pre>', seen)
    assert found, seen[:2000]
    measured = {rooms[room]: told for room, told in json.loads(html.unescape(found[1])).items()}
    for name in MUST:
        assert 0 < measured[name]["quote"] < measured[name]["buttons"] <= measured[name]["room"], (name, measured[name])
        assert measured[name]["wide"] <= WIDTH, (name, measured[name])

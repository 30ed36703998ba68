"""Takes the README's picture: the demo's first page in the sandbox's Slack, as Chromium shows it. `make picture`."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OUT = Path(__file__).parents[1] / "docs" / "page.png"
WIDTH, HEIGHT = 720, 1320
SPEED = "15"
"""Slow enough that the page is not repeated before Chromium has started."""

DRAWN = 8.0
"""Real seconds until the card's picture has been drawn and shown."""


def main() -> int:
    """Plays the demo until it pages, takes the picture, and ends it."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print(
            "there is no Chromium here: apt-get install chromium fonts-noto-cjk fonts-noto-color-emoji", file=sys.stderr
        )
        return 1
    command = [sys.executable, "-P", "-u", "-c", "from monitor.cli import main; main()", "demo", "--headless"]
    command += ["--speed", SPEED]
    with tempfile.TemporaryDirectory(prefix="langyan-picture-") as folder:
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert demo.stdout is not None
            address = next(line.split()[3] for line in demo.stdout if "the sandbox's Slack" in line)
            next(line for line in demo.stdout if "PAGE #" in line)
            time.sleep(DRAWN)
            shoot = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--lang=zh-CN"]
            shoot += [f"--window-size={WIDTH},{HEIGHT}", f"--user-data-dir={folder}", "--virtual-time-budget=4000"]
            subprocess.run([*shoot, f"--screenshot={OUT}", address], check=True, stderr=subprocess.DEVNULL)
        finally:
            demo.terminate()
            demo.wait(60)
    print(f"{OUT}: {OUT.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

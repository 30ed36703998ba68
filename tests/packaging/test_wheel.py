"""The wheel owns exactly the three packages and works from an empty environment."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    source = tmp_path_factory.mktemp("source") / "langyan"
    keep = ("monitor", "connectors", "alerts")
    for name in keep:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=source, check=True)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_owns_exactly_our_three_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"monitor", "connectors", "alerts"}
    for needed in (
        "monitor/spread/weights.json",
        "monitor/web/templates/board.html",
        "monitor/install/langyan.service",
        "monitor/store/migrations/env.py",
    ):
        assert needed in names


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in which the wheel is installed."""
    home = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "-q", "--offline", "--no-deps", "--python", str(home / "bin" / "python")]
    subprocess.run([*install, str(wheel)], check=True)
    # The dependencies of this environment stand in for downloads; a folder named in a .pth brings no .pth of its own,
    # so the editable project does not come along.
    (site,) = (home / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(next(path for path in sys.path if path.endswith("site-packages")))
    return home


def test_the_command_runs_from_an_empty_environment_in_another_folder(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "alerts.py").write_text("raise SystemExit('a stray file was imported')")
    done = subprocess.run(
        [str(home / "bin" / "langyan"), "--help"], cwd=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "incidents" in done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_takes_the_unit_that_the_installed_command_writes(home: Path, tmp_path: Path) -> None:
    (tmp_path / "etc/langyan").mkdir(parents=True)
    (tmp_path / "etc/langyan/langyan.toml").write_text('state = "/var/lib/langyan"\n')
    installed = home / "bin" / "langyan"
    write = [str(installed), "install-systemd", "--root", str(tmp_path), "--command", "/opt/langyan/bin/langyan"]
    subprocess.run(write, check=True, capture_output=True)
    unit = tmp_path / "etc/systemd/system/langyan.service"
    unit.write_text(
        unit.read_text(encoding="utf-8").replace("/opt/langyan/bin/langyan", str(installed)), encoding="utf-8"
    )
    said = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")

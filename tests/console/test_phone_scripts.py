"""The phone's scripts by themselves, in Node: µ-law, resampling, playout, line, messages, network and meter."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "app" / "console" / "web"
ESBUILD = WEB / "node_modules" / ".bin" / "esbuild"
NODE = shutil.which("node")


@pytest.mark.skipif(
    (NODE is None or not ESBUILD.exists()) and os.environ.get("BROWSER_TESTS") != "required",
    reason="no Node 20 or newer on this machine, or the console is not built (make web)",
)
def test_the_phones_scripts_do_what_they_should(tmp_path: Path) -> None:
    bundle = tmp_path / "phone.test.mjs"
    options = ("--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}")
    subprocess.check_call([str(ESBUILD), "tests/phone.test.ts", *options], cwd=WEB)
    assert NODE is not None
    ended = subprocess.run([NODE, "--test", str(bundle)], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout
    assert "# fail 0" in ended.stdout

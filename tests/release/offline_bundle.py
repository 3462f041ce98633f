"""Take the offline bundle into use on a machine whose only network is loopback, in each way that needs no container engine.

unshare --net python offline_bundle.py BUNDLE FOLDER       prints as JSON what there was, how each way ended and what arrived
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

from offline import POLICY, Slack, raise_loopback

LAUNCHER = Path(__file__).parents[2] / "plugins" / "launch.py"


def image(bundle: Path, folder: Path) -> str:
    """What the build stage of the image runs, with the folders of this machine; returns the program that it makes."""
    text = (bundle / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    [command] = re.findall(r"^RUN (.*pip install.*)$", text, re.MULTILINE)
    command = command.replace("/opt/tocsin", str(folder / "image")).replace("/bundle", str(bundle))
    return run(["/bin/sh", "-eu", "-c", command], {}, folder) or str(folder / "image" / "bin" / "tocsin")


def run(command: list[str], env: dict[str, str], folder: Path) -> str:
    """What went wrong, or nothing. There is no other configuration of pip's, and python3 is this Python."""
    (folder / "bin").mkdir(exist_ok=True)
    if not (folder / "bin" / "python3").exists():
        (folder / "bin" / "python3").symlink_to(sys.executable)
    clean = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(folder), "PIP_CONFIG_FILE": os.devnull, **env}
    done = subprocess.run(command, cwd=folder, env=clean, input=POLICY, capture_output=True, text=True, check=False)
    return f"{done.returncode}: {done.stdout}{done.stderr}" if done.returncode else ""


def main() -> None:
    """Print what came of it."""
    bundle, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    raise_loopback()
    with Slack() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        env = {"SLACK_WEBHOOK_URL": f"http://127.0.0.1:{server.server_port}/", "TOCSIN_CI": "generic"}
        words = ["send", "completion", "--status", "failure", "--strict", "--policy", "-", "--app"]
        installed = run([image(bundle, folder), *words, "app-of-the-image"], env, folder)
        version = (bundle / "jenkins" / "resources" / "io" / "tocsin" / "version").read_text(encoding="utf-8").strip()
        env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(bundle / "wheels"), "TOCSIN_VERSION": version}
        launched = run([sys.executable, "-I", "-X", "utf8", str(LAUNCHER), *words, "app-of-the-launcher"], env, folder)
        server.shutdown()
    networks = sorted(name for _, name in socket.if_nameindex())
    print(json.dumps({"networks": networks, "errors": [installed, launched], "taken": server.taken}))


if __name__ == "__main__":
    main()

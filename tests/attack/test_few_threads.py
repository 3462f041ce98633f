"""A container that allows few threads: what cannot begin waits for what runs, and each row says how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from projects import Project
from servers import Answer, ScriptedServer

from tocsin.attempt import NO_THREAD

LIMITED = """
import ctypes, os, resource, sys
libc, uid, more = ctypes.CDLL(None, use_errno=True), 54321 + os.getpid(), int(sys.argv[1])
assert libc.prctl(8, 1, 0, 0, 0) == 0  # PR_SET_KEEPCAPS: for root the limit does not hold, so become another who may read everything
os.setgroups([]), os.setgid(uid), os.setuid(uid)
may = 1 << 2 | 1 << 1  # CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(may, may, 0, 0, 0, 0)
assert libc.capset(header, data) == 0
resource.setrlimit(resource.RLIMIT_NPROC, (1 + more, 1 + more))
sys.argv[1:] = sys.argv[2:]
from tocsin.__main__ import entry
entry()
"""


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="on Linux, root can become a user with no other threads")
@pytest.mark.parametrize("rooms", [0, 1, 2, 5, 20])
def test_a_real_limit_of_threads(rooms: int, project: Project, tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(8)]
    channels = "".join(f'  {name}: {{kind: webhook, url: "${{U}}/{name}"}}\n' for name in names)
    project.policy(f"channels:\n{channels}notifications: [{{on: failure, send_to: [{', '.join(names)}]}}]\n")
    (tmp_path / "limited.py").write_text(LIMITED, encoding="utf-8")
    with ScriptedServer(Answer(200)) as server:
        done = subprocess.run(
            [sys.executable, "limited.py", str(rooms), "send", "completion", "--status", "failure", "--report", "report.json"],
            cwd=project.folder,
            env=project.environment({"U": server.url("").rstrip("/")}),
            capture_output=True,
            text=True,
            check=False,
        )
        arrived = sorted(request.path.strip("/") for request in server.requests)
    report = project.report()
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert report
    rows = {row["channel"]: row for row in report["deliveries"]}
    assert sorted(rows) == sorted(names)
    if rooms < 2:  # one for the loop, one for an attempt
        assert {row["reason"] for row in rows.values()} == {NO_THREAD}
        assert arrived == []
    else:
        assert {row["outcome"] for row in rows.values()} == {"delivered"}
        assert arrived == sorted(names)

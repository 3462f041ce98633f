"""Chromium, driven through its own DevTools pipe: no driver program, no waiting by the clock.

    with Browser(require("chromium")) as browser:
        page = browser.open(url, width=360, dark=True)
        page.until("document.querySelectorAll('.item').length === 7")
        page.press("ArrowDown")
        assert page.value("document.title") == "…"
        assert page.troubles == []

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from typing_extensions import Self

ANSWER_SECONDS = 60  # a browser that says nothing for so long hangs
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-GB", "--remote-debugging-pipe",
)  # fmt: skip
KEYS = {
    "ArrowDown": 40,
    "ArrowUp": 38,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "Enter": 13,
    "Escape": 27,
    "Home": 36,
    "End": 35,
    "/": 191,
    "k": 75,
}


class Browser:
    """One browser process with a fresh profile."""

    def __init__(self, program: str) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        redirect = f'exec "$0" "$@" 3</dev/fd/{theirs_in} 4>/dev/fd/{theirs_out}'  # the pipe is these two descriptors
        command = ["sh", "-c", redirect, program, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"]
        env = {"PATH": os.environ["PATH"], "HOME": self._profile.name, "TZ": "UTC"}
        self._process = subprocess.Popen(
            command,
            pass_fds=(theirs_in, theirs_out),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._buffer, self._number, self._target = b"", 0, ""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._out)
        os.close(self._in)
        self._process.terminate()
        self._process.wait(ANSWER_SECONDS)
        self._profile.cleanup()

    def open(self, url: str, *, width: int = 1280, height: int = 800, dark: bool = False) -> Page:
        """A new tab on that page, in place of the one before: a browser opens few connections to one host."""
        if self._target:
            self.call("Target.closeTarget", {"targetId": self._target})
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._target = target
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", {"features": [scheme]})
        page.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        page.call("Page.navigate", {"url": url})
        page.wait_for("Page.domContentEventFired")
        return page

    def call(self, method: str, params: dict[str, Any] | None = None, session: str | None = None) -> dict[str, Any]:
        """One command and its answer; what happens meanwhile goes into `events`."""
        self._number += 1
        number = self._number
        request = {"id": number, "method": method, "params": params or {}, **({"sessionId": session} if session else {})}
        os.write(self._out, json.dumps(request).encode() + b"\0")
        while True:
            message = self.read()
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return cast("dict[str, Any]", message["result"])
            self.events.append(message)

    def read(self) -> dict[str, Any]:
        """The next message from the browser."""
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], ANSWER_SECONDS)
            assert ready, "the browser hangs"
            chunk = os.read(self._in, 1 << 20)
            assert chunk, "the browser ended"
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return cast("dict[str, Any]", json.loads(message))


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def call(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._browser.call(method, params, self._session)

    def wait_for(self, event: str) -> None:
        """Until that event has come."""
        while not any(message.get("method") == event for message in self._mine()):
            self._browser.events.append(self._browser.read())

    def value(self, expression: str) -> Any:
        """What an expression, or the promise it makes, comes to in the page."""
        answer = self.call("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": True})
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Until the page's document makes the condition true."""
        look = f"const look = () => {{ if ({condition}) {{ observer.disconnect(); done(); }} }}"
        observer = "const observer = new MutationObserver(look)"
        watch = "observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })"
        self.value(f"new Promise(done => {{ {look}; {observer}; {watch}; look(); }})")

    def press(self, key: str) -> None:
        """Press a key."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        shared = {"key": key, "code": {"/": "Slash", "k": "KeyK"}.get(key, key), "windowsVirtualKeyCode": KEYS[key]}
        self.call("Input.dispatchKeyEvent", {"type": "keyDown", **shared, **text})
        self.call("Input.dispatchKeyEvent", {"type": "keyUp", **shared})

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.call("Input.insertText", {"text": text})

    def screenshot(self, path: Path) -> None:
        """A picture of what is in view."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", {"format": "png"})["data"]))

    @property
    def troubles(self) -> list[str]:
        """Uncaught exceptions, and what the browser complains of: a violated policy, a failed request."""
        found = []
        for message in self._mine():
            if message["method"] == "Runtime.exceptionThrown":
                found.append(json.dumps(message["params"]["exceptionDetails"]))
            if message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                found.append(message["params"]["entry"]["text"])
        return found

    def _mine(self) -> list[dict[str, Any]]:
        return [message for message in self._browser.events if message.get("sessionId") == self._session and "method" in message]

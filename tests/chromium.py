"""A headless Chromium, driven over its DevTools protocol: enough to load pages, press keys, and look at the result."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next((path for path in map(shutil.which, NAMES) if path), None)
SECONDS = 20.0
"""A page that takes longer does not come any more."""


class Page:
    """One tab."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.requests: list[str] = []
        """Every address that was asked for since the page was opened."""
        self.messages: list[str] = []
        """Errors of scripts, and what the content-security policy refused."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (message := self._receive()).get("id") != self._number:
            pass
        if "navigated" in str(message.get("error")):  # the page was left meanwhile: what was asked of it is not so
            return {"result": {"value": None}}
        assert "error" not in message, f"{method}: {message['error']}"
        return message["result"]

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._connection.recv(timeout=SECONDS))
        event, parameters = message.get("method"), message.get("params", {})
        if event == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            self.messages.append(str(parameters["exceptionDetails"]))
        elif event == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.messages.append(parameters["entry"]["text"])
        return message

    def open(self, address: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=address)
        self.wait(f"location.href !== 'about:blank' && document.readyState === 'complete' /* {address} */")

    def value(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, expression: str) -> None:
        until = time.monotonic() + SECONDS
        while not self.value(expression):
            assert time.monotonic() < until, f"not within {SECONDS:.0f} s: {expression}"
            time.sleep(0.02)

    def press(self, key: str) -> None:
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        codes = {"windowsVirtualKeyCode": 13} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, **codes)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **codes)

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browse(profile: Path) -> Iterator[Page]:
    """A fresh browser with one page, ended and forgotten at the end."""
    assert BROWSER is not None
    options = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "--disable-gpu"]
    options += ["--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage", "--disable-extensions"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to run as root with it
    with subprocess.Popen([BROWSER, *options, "about:blank"], stderr=subprocess.DEVNULL) as browser:
        try:
            with connect(_page_address(profile), max_size=None, compression=None) as connection:
                yield Page(connection)
        finally:
            browser.terminate()


def _page_address(profile: Path) -> str:
    import httpx

    port_file = profile / "DevToolsActivePort"
    until = time.monotonic() + SECONDS
    while not (port_file.is_file() and port_file.read_text().count("\n")):
        assert time.monotonic() < until, "the browser does not start"
        time.sleep(0.02)
    port = port_file.read_text().splitlines()[0]
    targets = httpx.get(f"http://127.0.0.1:{port}/json/list", trust_env=False).json()
    return str(next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page"))

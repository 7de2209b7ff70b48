"""A headless Chromium for tests of pages, spoken to through a pipe: nothing else is needed.

``$CHROMIUM`` names the program if it has another name than usual, ``$AXE_CORE`` the file
axe.min.js of the npm package axe-core.
"""

import fcntl
import json
import os
import select
import shutil
import subprocess
import time

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --disable-dev-shm-usage "
    "--remote-debugging-pipe"
).split()
PATIENCE = 60.0


def program():
    wanted = os.environ.get("CHROMIUM")
    return next((found for n in (wanted, *NAMES) if n and (found := shutil.which(n))), None)


class Browser:
    """One page of a headless Chromium, over the pipe of its DevTools protocol."""

    def __init__(self, folder):
        to, from_ = os.pipe(), os.pipe()
        # above 4, as 3 and 4 are where the program looks for them
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (to[0], from_[1])]

        def connect():
            os.dup2(theirs[0], 3)
            os.dup2(theirs[1], 4)

        self.process = subprocess.Popen(
            [program(), *FLAGS, f"--user-data-dir={folder}"],
            preexec_fn=connect,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for fd in (to[0], from_[1], *theirs):
            os.close(fd)
        self.out, self.into = to[1], from_[0]
        self.buffer, self.count, self.events, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def message(self):
        until = time.monotonic() + PATIENCE
        while b"\0" not in self.buffer:
            if not select.select([self.into], [], [], max(until - time.monotonic(), 0))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.into, 1 << 16)
            if not piece:
                raise ConnectionError("the browser has gone")
            self.buffer += piece
        first, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(first)

    def call(self, method, **parameters):
        self.count += 1
        text = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            text["sessionId"] = self.session
        data = json.dumps(text).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data) :]
        while True:
            found = self.message()
            if found.get("id") == self.count:
                assert "error" not in found, found
                return found["result"]
            self.events.append(found)

    def open(self, address):
        """Load a page anew, in a plain window, and wait for it."""
        self.call("Emulation.clearDeviceMetricsOverride")
        self.call("Emulation.setEmulatedMedia", features=[])
        for url in ("about:blank", address):
            self.events.clear()
            self.call("Page.navigate", url=url)
            while not any(e["method"] == "Page.loadEventFired" for e in self.events):
                self.events.append(self.message())

    def run(self, code):
        """Return what a piece of JavaScript comes to."""
        found = self.call(
            "Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key, text=""):
        """Press a key as a person does."""
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, **more)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def complaints(self):
        """Return errors in the console, and addresses asked for outside the file."""
        found = []
        for e in self.events:
            method, p = e["method"], e.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(p["exceptionDetails"])
            elif method == "Runtime.consoleAPICalled" and p["type"] in ("error", "warning"):
                found.append(p["args"])
            elif method == "Log.entryAdded" and p["entry"]["level"] in ("error", "warning"):
                found.append(p["entry"])
            elif method == "Network.requestWillBeSent":
                if not p["request"]["url"].startswith(("file:", "data:", "about:")):
                    found.append(p["request"]["url"])
        return found

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.out)
        os.close(self.into)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if os.name != "posix" or program() is None:
        pytest.skip("no Chromium here: install chromium, or name one in $CHROMIUM")
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def violations(browser):
    """Return what axe-core finds wrong with the page as it is; skip the test without axe-core."""
    axe = os.environ.get("AXE_CORE")
    if not axe or not os.path.isfile(axe):
        pytest.skip("no axe-core here: npm install axe-core, and its axe.min.js in $AXE_CORE")
    if not browser.run("'axe' in window"):
        with open(axe, encoding="utf8") as file:
            browser.run(file.read() + ";0")
    return browser.run(
        "axe.run().then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html)))"
    )


def place(browser):
    return browser.run("+document.getElementById('scrub').value")


def text(browser, selector):
    return browser.run(f"document.querySelector({selector!r}).innerText")


def click(browser, selector):
    browser.run(f"document.querySelector({selector!r}).click()")


def scrub(browser, to):
    browser.run(
        f"(() => {{ const s = document.getElementById('scrub'); s.value = {to};"
        "s.dispatchEvent(new Event('input')); })()"
    )

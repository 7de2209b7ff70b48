"""The player of a recording in a headless Chromium: keys, scrubber, links, numbers, small screens.

The browser is that of the step-through page; without one these tests are skipped.
"""

import numpy as np
import pytest

import nn

from ..browser import browser, click, place, scrub, text, violations

__all__ = ["browser"]

X = np.random.default_rng(0).normal(size=(40, 2))


def _fitted(model, data, loss, epochs=12, **options):
    recorder = nn.record(model, data, loss=loss)
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    nn.fit(
        model, data, loss, optimizer, epochs=epochs, batch_size=20, rng=0, callback=recorder,
        **options,
    )  # fmt: skip
    return recorder.recording


def moons():
    model = nn.MLP([2, 6, 2], "tanh", rng=0)
    data = nn.data.moons(40, rng=0)
    return _fitted(model, data, nn.CrossEntropyLoss(), metrics=["accuracy"])


def values():
    x, y = nn.data.moons(20, rng=0)
    return _fitted(nn.scalar.MLP(2, [3, 1], rng=0), (x, 2 * y - 1), nn.HingeLoss(), 3)


def regression():
    return _fitted(nn.MLP([2, 40, 1], rng=0), (X, X[:, :1] * X[:, 1:]), nn.MSELoss(), 4)


def spirals():
    data = nn.data.spirals(60, rng=0)
    model = nn.MLP([2, 8, 8, 3], "sigmoid", init="zeros")
    return _fitted(model, data, nn.CrossEntropyLoss(), 4)


class _Branches(nn.Module):
    def __init__(self):
        self.__dict__["</script>\u2028"] = nn.Linear(4, 2, rng=0)
        self.b = nn.Linear(4, 2, rng=1)

    def forward(self, x):
        return self.__dict__["</script>\u2028"](x) + self.b(x)


def branches():
    x = np.random.default_rng(0).normal(size=(9, 4))
    return _fitted(_Branches(), (x, np.arange(9) % 2), nn.CrossEntropyLoss(), 2)


def broken():
    model = nn.MLP([2, 3, 2], rng=0)
    recorder = nn.record(model, X)
    model.layers[0].weight.data = np.full((2, 3), np.nan)
    recorder.snap(loss=float("nan"), epoch=3)
    recorder.snap(loss=float("inf"), epoch=3)
    return recorder.recording


@pytest.fixture(
    params=[moons, values, regression, spirals, branches, broken], ids=lambda f: f.__name__
)
def page(request, browser, tmp_path):
    recording = request.param()
    browser.open(recording.play(tmp_path / "page.html").as_uri())
    yield browser, recording
    assert browser.complaints() == []


@pytest.fixture
def moons_page(browser, tmp_path):
    recording = moons()
    browser.open(recording.play(tmp_path / "page.html").as_uri())
    yield browser, recording
    assert browser.complaints() == []


def test_keys_and_scrubber(page):
    browser, recording = page
    last = len(recording) - 1
    assert place(browser) == 0
    browser.press("ArrowRight")
    browser.press("ArrowRight")
    assert place(browser) == 2
    browser.press("ArrowLeft")
    assert place(browser) == 1
    browser.press("End")
    assert place(browser) == last
    browser.press("ArrowRight")
    assert place(browser) == last
    browser.press("Home")
    assert place(browser) == 0
    for k in range(last + 1):
        scrub(browser, k)
        shown = text(browser, "#main")
        assert not any(w in shown for w in ("NaN", "null", "undefined", "[object", "Infinity"))
        assert f"epoch {recording.rows[k]['epoch']}" in text(browser, "#now")
        assert browser.run("document.getElementById('live').textContent.length") > 5
        said = browser.run("document.getElementById('scrub').getAttribute('aria-valuetext')")
        assert ("healthy" in said) == (not recording.findings[k])
        for finding in recording.findings[k]:
            assert finding["kind"] in text(browser, "#health")
            assert finding["cure"] in text(browser, "#health")
    browser.press("Home")
    browser.press(" ", " ")
    assert "Pause" in text(browser, "#play")
    browser.press(" ", " ")
    assert "Play" in text(browser, "#play")
    assert (
        browser.run("document.querySelectorAll('[d*=NaN],[transform*=NaN],[cy*=NaN]').length") == 0
    )


def test_playing_ends_at_the_end(moons_page):
    browser, recording = moons_page
    browser.run("void (document.documentElement.dataset.theme = 'dark')")
    click(browser, "#play")
    done = (
        "new Promise(done => { const t = setInterval(() => { if (!timer) { clearInterval(t); "
        "done(at); } }, 20) })"
    )
    assert browser.run(done) == len(recording) - 1
    assert "Play" in text(browser, "#play")


def test_deep_links(moons_page):
    browser, _ = moons_page
    browser.run("void (location.hash = '#epoch=7')")
    browser.run("new Promise(done => setTimeout(done, 50))")
    assert place(browser) == 7
    browser.press("ArrowRight")
    assert browser.run("location.hash") == "#epoch=8"
    browser.run("void (location.hash = '#epoch=99')")
    browser.run("new Promise(done => setTimeout(done, 50))")
    assert place(browser) == 12


def test_edges_have_the_colours_of_their_numbers(moons_page):
    browser, recording = moons_page
    for name, key in (("weights", None), ("gradients", "g")):
        if key:
            browser.press(key, key)
        assert (
            browser.run(f"document.getElementById('by-{name}').getAttribute('aria-pressed')")
            == "true"
        )
        for k in (0, 5, 12):
            scrub(browser, k)
            found = browser.run(
                "[...document.querySelectorAll('#net path.w')].map(e => [+e.dataset.e, "
                "e.style.stroke, +e.style.strokeWidth])"
            )
            assert len(found) == 2 * 6 + 6 * 2
            numbers = recording.arrays[name][k]
            for e, colour, _ in found:
                assert colour == f"var(--glass-{'neg' if numbers[e] < 0 else 'pos'})"
            widest = max(found, key=lambda row: row[2])
            ranks = np.argsort([-abs(numbers[e]) for e, _, _ in found])
            assert widest[2] == found[ranks[0]][2]


def test_what_is_said_of_an_edge_and_a_unit(moons_page):
    browser, recording = moons_page
    scrub(browser, 4)
    over = "new PointerEvent('pointerover', {bubbles: true})"
    browser.run(f"document.querySelector('#net path.w[data-e=\"3\"]').dispatchEvent({over})")
    w, g = (recording.arrays[n][4][3] for n in ("weights", "gradients"))
    shown = text(browser, "#readout").replace("−", "-")
    assert shown.startswith("layers.0.weight[0, 3] = ")
    assert float(shown.split(" = ")[1].split(",")[0]) == pytest.approx(w, rel=6e-3)
    assert float(shown.split("gradient ")[1]) == pytest.approx(g, rel=6e-3)
    browser.run(f"document.querySelector('#net [data-u=\"2\"]').dispatchEvent({over})")
    shown = text(browser, "#readout").replace("−", "-")
    assert shown.startswith("layers.0, unit 2: mean ")
    mean = recording.arrays["units"][4][2]
    assert float(shown.split("mean ")[1].split(";")[0]) == pytest.approx(mean, rel=6e-3)


def test_the_plane_has_the_colours_of_the_classes(moons_page):
    browser, recording = moons_page
    scrub(browser, 12)
    side = recording.structure["surface"]["side"]
    field = recording.arrays["surface"][12, 0].astype(float)
    code = (
        "(() => {{ const c = document.getElementById('canvas'), n = c.width; const p = "
        "c.getContext('2d').getImageData({0}, {1}, 1, 1).data; return [p[0], p[2]]; }})()"
    )
    for j in range(1, side - 1, 5):
        for i in range(1, side - 1, 5):
            if abs(field[j - 1 : j + 2, i - 1 : i + 2]).min() < 0.3:
                continue
            x, y = round(199 * i / (side - 1)), round(199 * (side - 1 - j) / (side - 1))
            red, blue = browser.run(code.format(x, y))
            assert (blue > red) == (field[j, i] > 0)


def test_a_click_on_a_curve_goes_there(moons_page):
    browser, _ = moons_page
    browser.run(
        "(() => { const c = document.querySelector('.curve'), r = c.getBoundingClientRect(); "
        "c.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true, buttons: 1, "
        "clientX: r.left + r.width * (52 + 224 * 0.5) / 290, clientY: r.top + 50})); })()"
    )
    assert place(browser) == 6


def test_theme(moons_page):
    browser, _ = moons_page
    canvas = "document.getElementById('canvas').getContext('2d')"
    pixel = f"[...{canvas}.getImageData(5, 5, 1, 1).data].join()"
    before = browser.run(pixel)
    click(browser, "#theme")
    assert browser.run("document.documentElement.dataset.theme") in ("light", "dark")
    assert browser.run(pixel) != before


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_small_screens_and_axe(page, scheme, width):
    browser, recording = page
    browser.call(
        "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=800, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    for k in (0, len(recording) - 1):
        scrub(browser, k)
        assert browser.run("document.documentElement.scrollWidth") <= width
        assert browser.run("document.getElementById('main').scrollWidth") <= width
        wide = (
            "[...document.querySelectorAll('.panel')].filter(p => p.scrollWidth > "
            "p.clientWidth + 1).map(p => p.id)"
        )
        assert browser.run(wide) == []
    smallest = (
        "Math.min(...[...document.querySelectorAll('#network svg text')].map(t => "
        "t.getBoundingClientRect().height))"
    )
    assert browser.run(smallest) > 8
    assert violations(browser) == []


def test_a_notebook_frame(browser, tmp_path):
    path = tmp_path / "notebook.html"
    frame = values()._repr_html_()
    path.write_text(f"<!doctype html><title>n</title>{frame}", encoding="utf8")
    browser.open(path.as_uri())
    assert browser.complaints() == []
    assert browser.run("frames.length") == 1


def test_a_snapshot_is_printed_whole(browser, tmp_path):
    browser.open(values().play(tmp_path / "player.html").as_uri())
    size = {"width": 700, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.call("Emulation.setEmulatedMedia", media="print")
    cut = (
        "[...document.querySelectorAll('main, .panel, .fit')].filter(e => "
        "e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).map(e => e.id)"
    )
    assert browser.run(cut) == []
    seen = "(s => document.querySelector(s).getClientRects().length > 0)"
    assert [browser.run(f"{seen}('{s}')") for s in ("#now", "footer", "header button")] == [
        True,
        False,
        False,
    ]
    assert browser.run("getComputedStyle(document.querySelector('.panel')).breakInside") == "avoid"

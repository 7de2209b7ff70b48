"""The page of step_through in a headless Chromium: keys, scrubber, quiz, numbers, accessibility."""

import itertools

import numpy as np
import pytest

from autograd import Tensor, Value, derive, step_through

from ..browser import browser, click, place, scrub, text, violations
from ..viz_text.networks import dense
from .pictures import network

__all__ = ["browser"]


def scalars():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    d = a * b
    d.label = "d"
    loss = d * a + d * d
    loss.label = "L"
    return loss


def tensors():
    return dense((3, 4, 2), 5, "tanh", "fused", "vector")[0]


def folded():
    return network((4, 8, 8, 2))


def mixed():
    t, s = (
        Tensor([[1.0, -2.0]], requires_grad=True, label="</script>\u2028"),
        Value(3.0, label="<s>"),
    )
    return (t * s).sum() * s


@pytest.fixture(params=[scalars, tensors, folded, mixed], ids=lambda f: f.__name__)
def page(request, browser, tmp_path):
    loss = request.param()
    browser.open(step_through(loss).save(tmp_path / "walk.html").as_uri())
    yield browser, loss
    assert browser.complaints() == []


def test_keys_and_scrubber(page):
    browser, _ = page
    last = browser.run("+document.getElementById('scrub').max")
    assert place(browser) == 0
    for _ in range(3):
        browser.press("ArrowRight")
    assert place(browser) == 3
    browser.press("ArrowLeft")
    assert place(browser) == 2
    browser.press("End")
    assert place(browser) == last
    browser.press("ArrowRight")
    assert place(browser) == last
    browser.press("b")
    assert "The seed" in text(browser, "#step")
    assert browser.run("location.hash") == f"#step={place(browser)}"
    browser.press("Home")
    assert place(browser) == 0
    for k in range(last + 1):
        scrub(browser, k)
        assert browser.run("document.getElementById('live').textContent.length") > 5
        assert not any(w in text(browser, "#step") for w in ("null", "undefined", "[object"))
    width = "document.querySelector('#graph svg').getBoundingClientRect().width"
    whole = browser.run(width)
    browser.press("+")
    assert browser.run(width) == pytest.approx(1.25 * whole, rel=1e-3)
    browser.press("-")
    browser.press("-")
    assert browser.run(width) == pytest.approx(0.8 * whole, rel=1e-3)
    browser.press("f")
    browser.press("f")
    assert browser.run(width) == pytest.approx(whole)
    browser.press(" ", " ")
    assert "Pause" in text(browser, "#play")
    browser.press(" ", " ")
    assert "Play" in text(browser, "#play")


def test_one_turn_of_the_wheel_zooms_once(page):
    browser, _ = page
    for _ in range(4):
        browser.press("ArrowRight")
    code = "document.querySelector('#graph svg').getBoundingClientRect().width"
    before = browser.run(code)
    turn = "new WheelEvent('wheel', {deltaY: -1, ctrlKey: true, bubbles: true, cancelable: true})"
    browser.run(f"void document.getElementById('graph').dispatchEvent({turn})")
    assert browser.run(code) == pytest.approx(1.1 * before, rel=1e-3)


def test_a_page_opens_where_the_numbers_begin(browser, tmp_path):
    browser.open(step_through(network((6, 16, 16, 2))).save(tmp_path / "walk.html").as_uri())
    seen = (
        "(() => { const pane = document.getElementById('graph').getBoundingClientRect(),"
        "r = nodes[steps[1].unit].getBoundingClientRect(); return r.left >= pane.left &&"
        "r.right <= pane.right && r.top >= pane.top && r.bottom <= pane.bottom; })()"
    )
    assert place(browser) == 0
    assert browser.run(seen)


def test_the_picture_is_fitted_again_in_another_window(browser, tmp_path):
    browser.open(step_through(tensors()).save(tmp_path / "walk.html").as_uri())
    fitted = "document.getElementById('graph').classList.contains('fit')"

    def resize(width):
        size = {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": False}
        browser.call("Emulation.setDeviceMetricsOverride", **size)
        # the window has that size, and two pictures of it were painted
        frames = "requestAnimationFrame(() => requestAnimationFrame(done))"
        look = f"() => innerWidth === {width} ? {frames} : setTimeout(look, 20)"
        browser.run(f"new Promise(done => {{ const look = {look}; look(); }})")
        return browser.run(fitted)

    found = [resize(width) for width in (2600, 1900, 400)]
    assert found == [False, True, False]
    browser.press("f")
    assert browser.run(fitted)
    assert resize(2600)


@pytest.mark.parametrize(("loss", "flat"), [(mixed, True), (folded, False)], ids=["flat", "high"])
def test_a_wide_low_picture_is_seen_whole_above_the_panel(loss, flat, browser, tmp_path):
    browser.open(step_through(loss()).save(tmp_path / "walk.html").as_uri())
    size = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.press("b")
    graph, panel, svg = (
        browser.run(f"document.querySelector('{s}').getBoundingClientRect().toJSON()")
        for s in ("#graph", "#panel", "#graph svg")
    )
    if not flat:
        assert panel["left"] >= graph["right"] - 1
        return
    assert panel["top"] >= graph["bottom"] - 1
    assert svg["left"] >= 0
    assert svg["right"] <= 1280
    assert svg["top"] >= graph["top"]
    assert svg["bottom"] <= graph["bottom"]
    assert panel["bottom"] - panel["top"] > 250


@pytest.mark.parametrize("loss", [scalars, mixed, folded], ids=lambda f: f.__name__)
def test_a_step_is_printed_whole(loss, browser, tmp_path):
    browser.open(step_through(loss()).save(tmp_path / "walk.html").as_uri())
    for key in ("b", "ArrowRight"):
        browser.press(key)
    size = {"width": 700, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.call("Emulation.setEmulatedMedia", media="print")
    cut = (
        "[...document.querySelectorAll('main, #graph, #panel, .math, .wide')].filter(e => "
        "e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).map(e => e.id)"
    )
    assert browser.run(cut) == []
    assert browser.run("document.documentElement.scrollWidth") <= 700
    shown = "[...document.querySelectorAll('button')].filter(b => b.getClientRects().length).length"
    assert browser.run(shown) == 0


def test_factors_of_short_edges_do_not_cover_each_other(browser, tmp_path):
    x = Value(2.0, label="x")
    double = x + x
    square = double * double
    browser.open(step_through(square).save(tmp_path / "walk.html").as_uri())
    pairs = 0
    for k in range(browser.run("last") + 1):
        scrub(browser, k)
        boxes = browser.run(
            "[...document.querySelectorAll('#chips rect')].map(r => r.getBoundingClientRect())"
            ".map(r => [r.left, r.right, r.top, r.bottom])"
        )
        for a, b in itertools.combinations(boxes, 2):
            pairs += 1
            assert a[1] < b[0] or b[1] < a[0] or a[3] < b[2] or b[3] < a[2]
    assert pairs


def test_deep_links_and_views(page):
    browser, _ = page
    browser.run("void (location.hash = '#step=4')")
    browser.run("new Promise(done => setTimeout(done, 50))")
    assert place(browser) == 4
    click(browser, "#tab-orders")
    assert "Why the order matters" in text(browser, "#orders")
    assert browser.run("document.getElementById('step').hidden")
    assert browser.run("document.querySelectorAll('#chips g').length") > 0
    browser.press("ArrowRight")
    assert place(browser) == 5
    assert not browser.run("document.getElementById('step').hidden")
    click(browser, "#theme")
    assert browser.run("document.documentElement.dataset.theme") in ("light", "dark")


def test_the_cards_count_up_to_the_gradients(page):
    browser, loss = page
    for k in range(browser.run("last") + 1):
        scrub(browser, k)
        assert browser.run(
            f"[...new Map(steps[{k}].cards || [])].every(([u, card]) => drawn[u] === card)"
        )
    loss.backward()
    walk = step_through(loss)
    seen = 0
    for u in walk.data["units"]:
        if not u["id"].startswith("n") or u["shape"] or u["gradient"] is None:
            continue
        shown = browser.run(
            f"[...document.getElementById('{walk._drawn.scope}-{u['id']}').querySelectorAll('.m')]"
            ".at(-1).textContent"
        )
        g = walk.data["numbers"][u["gradient"]]
        assert float(shown.replace("−", "-")) == pytest.approx(g, rel=1e-3)
        seen += 1
    assert seen
    browser.press("Home")
    notes = browser.run("[...document.querySelectorAll('.nd .r')].map(e => e.textContent)")
    assert "not yet" in notes or "grad not yet" in text(browser, "#graph")


def test_the_leaves_end_with_their_gradients(browser, tmp_path):
    loss, parameters = dense((2, 2, 1), 3, "tanh", "mse", "vector")
    browser.open(step_through(loss).save(tmp_path / "walk.html").as_uri())
    browser.press("End")
    loss.backward()
    code = (
        "[...document.querySelectorAll('#step tr[data-unit]')].map(r => [r.cells[0].innerText, "
        "[...r.querySelectorAll('.matrix td, .number')].map(c => c.innerText)])"
    )
    shown = {name: [float(x.replace("−", "-")) for x in cells] for name, cells in browser.run(code)}
    assert set(shown) == {p.label for p in parameters}
    for p in parameters:
        found = shown[p.label]
        np.testing.assert_allclose(found, p.grad.ravel()[: len(found)], rtol=1e-2)


def test_quiz(page):
    browser, loss = page
    walk = step_through(loss)
    browser.press("q")
    assert browser.run("document.getElementById('quiz').getAttribute('aria-pressed')") == "true"
    right = asked = 0
    for k, step in enumerate(walk.steps):
        q = step.get("quiz")
        if not q:
            continue
        scrub(browser, k)
        assert q["ask"] in text(browser, "#step")
        assert "contribution" not in text(browser, "#step").lower().replace(q["ask"].lower(), "")
        click(browser, "#hint")
        assert len(text(browser, "#hinted")) > 10
        wrong = asked % 3 == 2
        if "choices" in q:
            at = q["choices"].index(q["answer"])
            at = (at + 1) % len(q["choices"]) if wrong else at
            click(browser, f"#ask input[value='{at}']")
        else:
            browser.run("document.getElementById('reply').focus()")
            browser.type("1e9" if wrong else f"{q['answer']:.4g}")
        click(browser, "#ask button[type=submit]")
        asked, right = asked + 1, right + (not wrong)
        said = text(browser, "#verdict")
        assert said.startswith("Not quite: it is" if wrong else "Right."), said
        assert text(browser, "#score") == f"{right} / {asked} right"
        assert "contribution" in text(browser, "#step")
    assert asked >= 3


def test_replies_are_read_as_numbers(browser, tmp_path):
    browser.open(step_through(scalars()).save(tmp_path / "walk.html").as_uri())
    for reply, number in (
        ("0.25", 0.25),
        ("1/4", 0.25),
        (" 2 * -3 ", -6.0),
        ("−0,5", -0.5),
        ("1e-3*2/4", 5e-4),
    ):
        assert browser.run(f"parse({reply!r})") == pytest.approx(number)
    for reply in ("", "abc", "1+", "2 3", "alert(1)", "1//2"):
        assert browser.run(f"Number.isNaN(parse({reply!r}))"), reply
    assert browser.run("[near(1.005, 1), near(1.02, 1), near(0, 1e-5), near('inf', 'inf')]") == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(page, scheme, width):
    browser, _ = page
    browser.call("Emulation.setEmulatedMedia", features=[_feature(scheme)])
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=800,
        deviceScaleFactor=1,
        mobile=False,
    )
    last = browser.run("+document.getElementById('scrub').max")
    browser.press("b")
    seed = place(browser)
    views = [f"scrubTo({k})" for k in (0, 1, seed, seed + 1, last)]
    browser.run(
        "window.scrubTo = k => { const s = document.getElementById('scrub'); s.value = k; "
        "s.dispatchEvent(new Event('input')) }; 0"
    )
    views += ["document.getElementById('tab-orders').click()"]
    views += [f"document.getElementById('quiz').click(); scrubTo({seed + 1})"]
    for view in views:
        browser.run(f"{view}; 0")
        assert violations(browser) == [], view
        assert browser.run("document.documentElement.scrollWidth") <= width


def _feature(scheme):
    return {"name": "prefers-color-scheme", "value": scheme}


def test_a_notebook_frame_has_no_address_and_works(browser, tmp_path):
    frame = step_through(scalars())._repr_html_()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>n</title><div>{frame}</div>", encoding="utf8")
    browser.open(path.as_uri())
    assert browser.complaints() == []
    assert browser.run("frames.length") == 1
    # a notebook gives a cell that is wider than its page a scroll bar
    cell = "document.querySelector('div')"
    assert browser.run(f"{cell}.scrollWidth <= {cell}.clientWidth")


def test_equations_line_up_at_their_sign(browser, tmp_path):
    loss, parameters = dense((3, 4, 2), 5, "sigmoid", "mse", "vector")
    path = tmp_path / "page.html"
    formulas = derive(loss, parameters[0]).mathml()
    path.write_text(f"<!doctype html><title>f</title>{formulas}", encoding="utf8")
    browser.open(path.as_uri())
    edges = (
        "[...document.querySelectorAll('mtr')].filter(r => r.children[0].textContent).map(r => "
        "[0, 2].map(k => r.children[k].firstElementChild.getBoundingClientRect())"
        ".map((b, k) => k ? b.left : b.right))"
    )
    rows = np.array(browser.run(edges))
    assert len(rows) > 3
    assert np.ptp(rows, axis=0).max() < 1
    brackets = (
        "[...document.querySelectorAll('mrow > mo:first-child')].filter(o => o.textContent === '(' "
        "&& !o.parentElement.querySelector('mfrac')).map(o => o.getBoundingClientRect().height)"
    )
    size = browser.run("parseFloat(getComputedStyle(document.querySelector('math')).fontSize)")
    heights = browser.run(brackets)
    assert heights
    assert max(heights) < 1.6 * size


def test_the_factor_of_a_line_from_another_row_stands_near_the_card(browser, tmp_path):
    v = x = Value(0.5, label="x")
    for _ in range(24):
        v = v.sin()
    browser.open(step_through(v * x).save(tmp_path / "walk.html").as_uri())
    size = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.press("b")
    browser.press("ArrowRight")
    near = (
        "(() => { const at = (e) => e.getBoundingClientRect(), card = at(document.querySelector("
        "'.nd.now')); return [...document.querySelectorAll('#chips rect')].map(at).map((r) =>"
        " Math.hypot(r.x + r.width / 2 - card.x, r.y + r.height / 2 - card.y)); })()"
    )
    assert len(browser.run(near)) == 2
    assert max(browser.run(near)) < 330
    browser.press("End")
    rows = browser.run("[...document.querySelectorAll('.sum td')].map((c) => c.innerText)")
    assert "x" in rows

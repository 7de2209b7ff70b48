// The picture, and moving about; what the panel says is in `panel.js`.

// ---------------------------------------------------------------------------------------------
// The picture

const element = (id) => $(`${D.scope}-${id}`);
const nodes = units.map((u) => element(u.id));
const drawn = new Array(units.length).fill(-1);
const computedAt = units.map((u, k) => steps.findIndex((s) => s.kind === "forward" && s.unit === k));
function picture(i) {
  const s = steps[i], now = new Map(steps[0].cards), hidden = asking(s);
  for (let k = 1; k <= i; k++) if (steps[k].cards && !(k === i && hidden)) for (const [u, card] of steps[k].cards) now.set(u, card);
  now.forEach((card, u) => {
    if (drawn[u] !== card) nodes[u].innerHTML = D.cards[card];
    drawn[u] = card;
  });
  nodes.forEach((g, k) => {
    g.classList.toggle("wait", view === "step" && computedAt[k] > i);
    g.classList.remove("now", "forth", "to", "from");
  });
  document.querySelectorAll("#graph .lit").forEach((g) => g.classList.remove("lit", "forth"));
  $("chips").replaceChildren();
  if (view === "orders") return badges();
  if (s.unit === undefined) {
    // a large picture begins with a corner of nothing: show where the numbers begin
    if (s.kind === "start" && last) look(steps[1]);
    return;
  }
  nodes[s.unit].classList.add("now");
  if (s.kind === "forward") {
    nodes[s.unit].classList.add("forth");
    s.from.forEach((k) => nodes[k].classList.add("from"));
    s.edges.forEach((id) => element(id)?.classList.add("lit", "forth"));
  }
  const places = [];
  for (const p of s.passes || []) {
    nodes[p.to].classList.add("to");
    const line = p.edge && element(p.edge);
    if (!line) continue;
    line.classList.add("lit");
    const local = isArray(num(p.local)) ? num(p.local).same : num(p.local);
    const text = hidden ? "?" : (typeof local === "number" ? `× ${said(local)}` : p.sign || "") + (p.sum ? ", Σ" : "");
    if (text) chip(text, ...spot(line.querySelector("path"), text, places));
  }
  look(s);
}
// somewhere along the line where no other chip is, or beside it, if it is short; near the end of a long one
function spot(path, text, places) {
  const long = path.getTotalLength(), near = Math.min(long, 320), wide = text.length * 6.6 + 16;
  const free = ([x, y]) => places.every((r) => Math.abs(r[0] - x) > (r[2] + wide) / 2 || Math.abs(r[1] - y) > 19);
  const along = [0.5, 0.38, 0.62, 0.25, 0.75].map((part) => path.getPointAtLength(long - near * part)).map((q) => [q.x, q.y]);
  const beside = [14, -14, 28, -28].map((up) => [along[0][0], along[0][1] + up]);
  const [x, y] = [...along, ...beside].find(free) || along[0];
  places.push([x, y, wide]);
  const shift = path.closest("g[transform]").transform.baseVal.consolidate().matrix;
  return [x + shift.e, y + shift.f];
}
function chip(text, x, y, kind) {
  const wide = text.length * 6.6 + 14, g = document.createElementNS("http://www.w3.org/2000/svg", "g");
  g.setAttribute("class", kind || "");
  g.innerHTML = `<rect x="${x - wide / 2}" y="${y - 9}" width="${wide}" height="18" rx="9"/><text x="${x}" y="${y + 3.8}">${esc(text)}</text>`;
  $("chips").append(g);
}
function badges() {
  const early = D.orders.early;
  for (const r of D.orders.rows) {
    const b = nodes[r.unit].getBBox(), shift = nodes[r.unit].closest("g[transform]").transform.baseVal.consolidate().matrix;
    const text = `${r.paths} ×`;
    chip(text, b.x + shift.e + b.width - text.length * 3, b.y + shift.f, r.onceWrong || r.againWrong ? "bad" : "");
  }
  if (early) {
    nodes[early.unit].classList.add("now");
    into(nodes[early.unit]);
  }
}
function look(s) {
  const all = [s.unit, ...(s.passes || []).map((p) => p.to), ...(s.from || [])];
  all.slice(1, 6).forEach((k) => into(nodes[k]));
  into(nodes[s.unit]);
}
// scroll the graph alone, and only as far as needed
function into(g) {
  const pane = $("graph"), r = g.getBoundingClientRect(), b = pane.getBoundingClientRect();
  const edge = Math.min(48, b.width / 8);
  const by = (low, high, from, to) => (low < from + edge ? low - from - edge : high > to - edge ? Math.min(high - to + edge, low - from - edge) : 0);
  pane.scrollBy({ left: by(r.left, r.right, b.left, b.right), top: by(r.top, r.bottom, b.top, b.bottom), behavior: "instant" });
}

// ---------------------------------------------------------------------------------------------
// Moving about

function show() {
  const s = steps[at], hide = asking(s);
  picture(at);
  if (view === "step") $("step").innerHTML = panels[s.kind](s, units[s.unit]);
  $("panel").scrollTop = 0;
  $("count").textContent = `${at} / ${last}`;
  $("scrub").value = at;
  const say = hide ? `Question: ${s.quiz.ask}` : s.say;
  $("scrub").setAttribute("aria-valuetext", `Step ${at} of ${last}. ${say}`);
  $("live").textContent = view === "step" ? say : "";
  for (const [id, off] of [["first", !at], ["back", !at], ["next", at === last], ["last", at === last]]) $(id).setAttribute("aria-disabled", off);
  if (hide) {
    $("ask").addEventListener("submit", check);
    $("hint").addEventListener("click", () => ($("hinted").textContent = hint(s.passes[s.quiz.about])));
    $("reveal").addEventListener("click", () => finish(false, `It is ${s.quiz.choices ? s.quiz.answer : said(s.quiz.answer)}.`));
  }
  remember();
}
function remember() {
  const where = view === "orders" ? "#orders" : `#step=${at}`;
  // a frame without an address of its own has nothing to remember
  try { if (location.hash !== where) history.replaceState(null, "", where); } catch { return; }
}
function go(to) {
  at = Math.max(0, Math.min(last, to));
  if (view !== "step") return turn("step");
  show();
  if (at === last || asking(steps[at])) stop();
}
function turn(to) {
  view = to;
  for (const name of ["step", "orders"]) {
    $(name).hidden = name !== to;
    $(`tab-${name}`).setAttribute("aria-selected", name === to);
    $(`tab-${name}`).tabIndex = name === to ? 0 : -1;
  }
  if (to === "orders") { stop(); $("orders").innerHTML = orders(); }
  show();
}
function stop() {
  clearInterval(timer);
  timer = 0;
  $("play").textContent = "▶ Play";
}
function play() {
  if (timer) return stop();
  if (at === last) at = 0;
  timer = setInterval(() => go(at + 1), calm.matches ? 2500 : 1300);
  $("play").textContent = "❚❚ Pause";
  go(at + 1);
}
function switchQuiz() {
  quiz = !quiz;
  $("quiz").setAttribute("aria-pressed", quiz);
  $("score").hidden = !quiz;
  $("score").textContent = `${right} / ${asked} right`;
  if (quiz && at < seedAt) at = seedAt;
  turn("step");
}
function switchTheme() {
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme || dark) === "dark" ? "light" : "dark";
}
function zoom(by) {
  const box = $("graph"), svg = box.querySelector("svg"), whole = svg.viewBox.baseVal.width;
  const width = Math.min(4, Math.max(0.1, (svg.getBoundingClientRect().width / whole) * by)) * whole;
  const left = (box.scrollLeft + box.clientWidth / 2) / box.scrollWidth, top = (box.scrollTop + box.clientHeight / 2) / box.scrollHeight;
  sized = true;
  box.classList.remove("fit");
  $("fit").setAttribute("aria-pressed", false);
  svg.style.width = `${width}px`;
  svg.style.height = "auto";
  box.scrollTo(left * box.scrollWidth - box.clientWidth / 2, top * box.scrollHeight - box.clientHeight / 2);
}
function switchFit() {
  sized = true;
  fit();
}
function fit() {
  $("graph").querySelector("svg").removeAttribute("style");
  $("fit").setAttribute("aria-pressed", $("graph").classList.toggle("fit"));
  picture(at);
}
function visit(k) {
  // forth during the forward pass, back afterwards; leaves: the step in which their gradient is complete
  const hit = (s) => (at >= seedAt ? (s.kind === "backward" || s.kind === "seed") && s.unit === k : s.kind === "forward" && s.unit === k);
  let to = steps.findIndex(hit);
  if (to < 0) to = steps.findLastIndex((s) => (s.passes || []).some((p) => p.to === k));
  if (to >= 0) go(to);
}
const keys = {
  ArrowRight: () => { stop(); go(at + 1); }, ArrowLeft: () => { stop(); go(at - 1); },
  Home: () => go(0), End: () => go(last), " ": play, b: () => go(seedAt), q: switchQuiz, f: switchFit, t: switchTheme,
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target, tag = target.tagName;
  if (tag === "SELECT" || (tag === "INPUT" && target.type !== "range")) return;
  if (event.key === " " && tag === "BUTTON") return;
  if (target.getAttribute("role") === "tab" && event.key.startsWith("Arrow")) {
    event.preventDefault();
    turn(view === "step" ? "orders" : "step");
    return $(`tab-${view}`).focus();
  }
  const act = keys[event.key];
  if (act) { event.preventDefault(); act(); }
});
for (const [id, act] of [["first", keys.Home], ["back", keys.ArrowLeft], ["play", play], ["next", keys.ArrowRight], ["jump", keys.b], ["last", keys.End], ["quiz", switchQuiz], ["fit", switchFit], ["smaller", keys["-"]], ["larger", keys["+"]], ["theme", switchTheme], ["tab-step", () => turn("step")], ["tab-orders", () => turn("orders")]]) $(id).addEventListener("click", act);
$("scrub").addEventListener("input", () => { stop(); go(+$("scrub").value); });
$("goto").addEventListener("change", () => { if ($("goto").value !== "") visit(+$("goto").value); $("goto").value = ""; });
$("graph").addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
}, { passive: false });
nodes.forEach((g, k) => g.addEventListener("click", () => visit(k)));
$("panel").addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-unit]");
  if (row) into(nodes[+row.dataset.unit]);
});
function linked() {
  if (location.hash === "#orders") return turn("orders");
  const found = /^#step=(\d+)$/.exec(location.hash);
  go(found ? +found[1] : at);
}
function fitIfReadable() {
  const box = $("graph"), whole = box.querySelector("svg").viewBox.baseVal;
  const scale = Math.min(box.clientWidth / whole.width, box.clientHeight / whole.height);
  if (!sized && box.classList.contains("fit") !== (scale >= 0.7 && scale < 1)) fit();
}
addEventListener("hashchange", linked);
addEventListener("resize", fitIfReadable);
fitIfReadable();
linked();

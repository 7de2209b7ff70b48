"use strict";
// Every snapshot is shown from the data alone, so the scrubber may jump anywhere.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const last = D.count - 1;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
let at = 0, timer = 0, by = "weights";

// ---------------------------------------------------------------------------------------------
// Numbers

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
const A = { histograms: bytes(D.histograms) };
for (const name of ["weights", "gradients", "units", "ranges", "weightNorms", "gradientNorms", "moments"]) A[name] = floats(D[name]);
const row = (name, k) => { const n = A[name].length / D.count; return A[name].subarray(k * n, (k + 1) * n); };
const esc = (x) => String(x).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
function said(x, digits = 3) {
  if (typeof x !== "number" || !Number.isFinite(x)) return x === undefined || Number.isNaN(x) ? "–" : String(x).replace("-", "−");
  const a = Math.abs(x);
  const text = a && (a < 1e-3 || a >= 1e5) ? x.toExponential(digits - 1).replace(/\.?0+e/, "e") : String(+x.toPrecision(digits));
  return text.replace("e+", "e").replaceAll("-", "−");
}
const largest = (a) => { let m = 0; for (const x of a) if (Number.isFinite(x) && Math.abs(x) > m) m = Math.abs(x); return m; };
// on a logarithmic scale from 0 to 1, as in all pictures
const tone = (x, most) => (x && most ? Math.log1p(30 * Math.min(Math.abs(x) / most, 1)) / Math.log1p(30) : 0);
const hue = (x) => (Number.isNaN(x) ? "var(--glass-line)" : !Number.isFinite(x) ? "var(--glass-accent)" : x < 0 ? "var(--glass-neg)" : "var(--glass-pos)");

// ---------------------------------------------------------------------------------------------
// Network

const entries = [...document.querySelectorAll("#net [data-e]")].map((g) => [g, +g.dataset.e, g.classList.contains("cell")]);
const units = [...document.querySelectorAll("#net [data-u]")].map((g) => [g, +g.dataset.u]);
// of the weights that are drawn; one huge one shall not make all others pale
const each = A.weights.length / D.count, seen = new Set(entries.map(([, e]) => e));
const drawn = A.weights.filter((x, k) => seen.has(k % each) && Number.isFinite(x)).map(Math.abs).sort().reverse();
const heaviest = drawn[Math.floor(drawn.length / 100)] || drawn[0] || 0;
const highest = largest(A.units);
const places = [];
D.parameters.forEach((p, k) => p.rows.forEach((i) => p.columns.forEach((j) => places.push([k, i, j]))));
function network() {
  const now = row(by, at), most = by === "weights" ? heaviest : largest(now), means = row("units", at);
  // weights are of one size, gradients of many
  const scale = by === "weights" ? (x, m) => (m ? Math.min(Math.abs(x) / m, 1) : 0) : tone;
  for (const [g, e, cell] of entries) {
    const x = now[e], t = Number.isFinite(x) ? scale(x, most) : Number.isNaN(x) ? 0 : 1, s = g.style;
    if (cell) { s.fill = hue(x); s.fillOpacity = 0.06 + 0.9 * t; continue; }
    s.stroke = hue(x);
    s.strokeOpacity = 0.12 + 0.8 * t;
    s.strokeWidth = 0.6 + 3.2 * t;
  }
  for (const [g, u] of units) {
    g.style.fill = `color-mix(in srgb, ${hue(means[u])} ${Math.round(85 * tone(means[u], highest))}%, var(--glass-card))`;
  }
  $("most").textContent = by === "weights" ? `full colour at ${said(most)}` : `largest gradient now: ${said(most)}`;
}
const nameOf = (e) => {
  const [k, i, j] = places[e], p = D.parameters[k];
  return p.shape.length === 0 ? p.name : `${p.name}[${p.shape.length === 1 ? j : `${i}, ${j}`}]`;
};
const tell = (e) => `${nameOf(e)} = ${said(row("weights", at)[e])}, gradient ${said(row("gradients", at)[e])}`;
let hovered = null;
function readout() {
  let text = "";
  if (hovered?.dataset.e) text = tell(+hovered.dataset.e);
  else if (hovered?.dataset.u) {
    const { u, n, k, b } = hovered.dataset;
    text = `${D.outputs[k].name}, unit ${n}: mean ${said(row("units", at)[u])}${b ? `; ${tell(+b)}` : ""}`;
  }
  $("readout").textContent = text || `${units.length ? `units: mean over ${D.samples.toLocaleString("en")} samples; ` : ""}gradients ${D.about}`;
}

// ---------------------------------------------------------------------------------------------
// The plane

const S = D.surface && { ...D.surface, raw: bytes(D.surface.grid) };
const hues = ["neg", "pos", "input", "param", "accent", "op"];
let colours = null;
function channels(name) {
  const c = getComputedStyle(document.body).getPropertyValue(`--glass-${name}`).trim();
  return [1, 3, 5].map((k) => parseInt(c.slice(k, k + 2), 16));
}
function plane() {
  if (!S) return;
  colours ??= { classes: hues.map(channels), bg: channels("bg"), ink: channels("ink") };
  const canvas = $("canvas"), n = canvas.width, side = S.side, each = side * side, draw = canvas.getContext("2d", { willReadFrequently: true });
  const image = draw.createImageData(n, n), two = S.kind !== "classes", sign = new Int8Array(n * n);
  const field = two ? new Int8Array(S.raw.buffer).subarray(at * each, (at + 1) * each) : null;
  const kinds = two ? null : S.raw.subarray(2 * at * each, (2 * at + 1) * each), sure = two ? null : S.raw.subarray((2 * at + 1) * each, (2 * at + 2) * each);
  const diverging = S.kind === "two" || (S.low < 0 && S.high > 0);
  for (let py = 0; py < n; py++) {
    const y = ((n - 1 - py) * (side - 1)) / (n - 1), j = Math.min(Math.floor(y), side - 2), b = y - j;
    for (let px = 0; px < n; px++) {
      const x = (px * (side - 1)) / (n - 1), i = Math.min(Math.floor(x), side - 2), a = x - i;
      const corners = [[j * side + i, (1 - a) * (1 - b)], [j * side + i + 1, a * (1 - b)], [(j + 1) * side + i, (1 - a) * b], [(j + 1) * side + i + 1, a * b]];
      let kind, strength;
      if (two) {
        let v = 0;
        for (const [c, w] of corners) v += field[c] * w;
        v /= 127;
        if (S.kind === "values") {
          const real = S.low + ((v + 1) / 2) * (S.high - S.low);
          v = diverging ? real / Math.max(-S.low, S.high) : (v + 1) / 2;
        }
        kind = v < 0 ? 0 : 1;
        strength = 0.08 + 0.5 * Math.abs(v) ** (S.kind === "values" ? 0.7 : 1);
      } else {
        const votes = new Map();
        for (const [c, w] of corners) votes.set(kinds[c], (votes.get(kinds[c]) || 0) + w * sure[c]);
        let most = -1;
        votes.forEach((v, k) => { if (v > most) { most = v; kind = k; } });
        strength = 0.1 + 0.5 * (most / 255);
      }
      const c = colours.classes[kind % hues.length], at4 = 4 * (py * n + px);
      sign[py * n + px] = kind;
      for (let k = 0; k < 3; k++) image.data[at4 + k] = c[k] * strength + colours.bg[k] * (1 - strength);
      image.data[at4 + 3] = 255;
    }
  }
  // the boundary: where a neighbour is of another class
  if (S.kind !== "values" || diverging) for (let k = 0; k < n * n; k++) {
    if ((k % n < n - 1 && sign[k] !== sign[k + 1]) || (k + n < n * n && sign[k] !== sign[k + n])) for (let c = 0; c < 3; c++) image.data[4 * k + c] = colours.ink[c];
  }
  draw.putImageData(image, 0, 0);
  if ($("span")) $("span").textContent = `${said(S.low)} to ${said(S.high)}${diverging ? ", line at 0" : ""}`;
}

// ---------------------------------------------------------------------------------------------
// Curves, health, histograms

const cursors = [...document.querySelectorAll(".cursor")];
const keysOf = [...document.querySelectorAll(".curve text.s:not(.r):not(.h)")].map((text) => [text, text.textContent.slice(0, text.textContent.lastIndexOf(" "))]);
function curves() {
  const { left, wide, ends: [a, b] } = D.curves;
  const x = left + wide * (b > a ? (D.places[at] - a) / (b - a) : 0.5);
  cursors.forEach((c) => c.setAttribute("transform", `translate(${x.toFixed(1)} 0)`));
  keysOf.forEach(([text, name]) => (text.textContent = `${name} ${said(D.rows[at][name])}`));
}
const matrices = D.parameters.map((p, k) => k).filter((k) => D.parameters[k].shape.length > 1 || D.parameters.length < 4).slice(0, 16);
const per = D.parameters.length;
const sizes = matrices.flatMap((k) => Array.from({ length: D.count }, (_, t) => A.gradientNorms[t * per + k])).filter((x) => x > 0 && Number.isFinite(x));
const floor = sizes.length ? Math.log10(sizes.reduce((a, b) => Math.min(a, b))) - 0.3 : 0, ceiling = sizes.length ? Math.log10(largest(sizes)) : 1;
function health() {
  const found = D.findings[at], n = found.length;
  let html = n ? `<span class="verdict bad">⚠ ${n} finding${n > 1 ? "s" : ""}</span>` : `<span class="verdict">✓ healthy</span>`;
  if (n) html += `<ul>${found.map((f) => `<li><b>${esc(f.kind)}</b>: ${esc(f.text)}. <span class="note">Cure: ${esc(f.cure)}</span></li>`).join("")}</ul>`;
  $("verdict").innerHTML = html;
  const now = row("gradientNorms", at);
  const bars = matrices.map((k) => {
    const g = now[k], share = g > 0 && Number.isFinite(g) ? Math.max(0.02, (Math.log10(g) - floor) / (ceiling - floor || 1)) : 0;
    return `<span>${esc(D.parameters[k].name)}</span><span class="bar"><i style="width:${(100 * Math.min(share, 1)).toFixed(1)}%"></i></span><span class="number">${Number.isNaN(g) ? "none" : said(g)}</span>`;
  });
  $("norms").innerHTML = bars.length ? `<h3>Gradient norms <span class="note">log scale</span></h3><div class="bars">${bars.join("")}</div>` : "";
}
const spans = D.layers.map((k) => {
  let low = Infinity, high = -Infinity;
  for (let t = 0; t < D.count; t++) {
    const r = row("ranges", t);
    low = Math.min(low, r[2 * k]);
    high = Math.max(high, r[2 * k + 1]);
  }
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
});
function activations() {
  const per = D.outputs.length * D.bins, ranges = row("ranges", at), moments = row("moments", at);
  D.layers.forEach((k, place) => {
    const [low, high] = spans[place], a = ranges[2 * k], b = ranges[2 * k + 1], wide = high - low;
    const x = (v) => (240 * (v - low)) / wide;
    const from = x(a), step = Math.max((x(b) - from) / D.bins, a === b ? 0.2 : 0);
    let d = `M${from.toFixed(1)} 50`;
    for (let i = 0; i < D.bins; i++) d += `V${(50 - (46 * A.histograms[at * per + k * D.bins + i]) / 255).toFixed(1)}H${(from + (i + 1) * step).toFixed(1)}`;
    $(`ridge-${k}`).setAttribute("d", d + "V50z");
    $(`zero-${k}`).setAttribute("d", low < 0 && high > 0 ? `M${x(0).toFixed(1)} 0v52` : "");
    $(`moment-${k}`).textContent = `mean ${said(moments[4 * k + 1], 2)}, std ${said(moments[4 * k + 2], 2)}`;
    $(`low-${k}`).textContent = said(low, 2);
    $(`high-${k}`).textContent = said(high, 2);
  });
}

// ---------------------------------------------------------------------------------------------
// Moving about

const hidden = new Set(["epoch", "step", "lr", "gradient_norm"]);
function sentence() {
  const r = D.rows[at], more = Object.entries(r).filter(([k, x]) => !hidden.has(k) && x !== "nan");
  return [`epoch ${r.epoch}`, ...more.slice(0, 4).map(([k, x]) => `${k} ${said(x)}`)].join(" · ");
}
function show() {
  network(); readout(); plane(); curves(); health(); activations();
  const n = D.findings[at].length, text = sentence();
  $("now").textContent = text;
  $("count").textContent = `${at + 1} / ${D.count}${D.of > D.count ? ` (of ${D.of})` : ""}`;
  $("scrub").value = at;
  const say = `${text.replaceAll(" · ", ", ")}, ${n ? `${n} finding${n > 1 ? "s" : ""}: ${D.findings[at].map((f) => f.kind).join(", ")}` : "healthy"}`;
  $("scrub").setAttribute("aria-valuetext", say);
  $("live").textContent = timer ? "" : say;
  for (const [id, off] of [["first", !at], ["back", !at], ["next", at === last], ["last", at === last]]) $(id).setAttribute("aria-disabled", off);
  // a frame without an address of its own has nothing to remember
  if (!timer) try { history.replaceState(null, "", `#epoch=${D.rows[at].epoch}${same(at) ? `&snapshot=${at}` : ""}`); } catch { return; }
}
const same = (k) => D.rows.findIndex((r) => r.epoch === D.rows[k].epoch) !== k;
function go(to) {
  at = Math.max(0, Math.min(last, to));
  if (at === last) stop();
  show();
}
function stop() {
  clearInterval(timer);
  timer = 0;
  $("play").textContent = "▶ Play";
}
function play() {
  if (timer) { stop(); return show(); }
  if (at === last) at = 0;
  // a training lasts some twelve seconds
  timer = setInterval(() => go(at + 1), calm.matches ? 1000 : Math.max(60, Math.min(500, 12000 / D.count)));
  $("play").textContent = "❚❚ Pause";
  go(at + 1);
}
function colour(name) {
  by = name;
  for (const n of ["weights", "gradients"]) $(`by-${n}`).setAttribute("aria-pressed", n === by);
  network();
}
function repaint() { colours = null; plane(); }
function switchTheme() {
  const root = document.documentElement;
  root.dataset.theme = (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark";
  repaint();
}
const keys = {
  ArrowRight: () => { stop(); go(at + 1); }, ArrowLeft: () => { stop(); go(at - 1); },
  Home: () => { stop(); go(0); }, End: () => go(last), " ": play,
  g: () => colour(by === "weights" ? "gradients" : "weights"), t: switchTheme,
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " " && event.target.tagName === "BUTTON") return;
  const act = keys[event.key];
  if (act) { event.preventDefault(); act(); }
});
for (const [id, act] of [["first", keys.Home], ["back", keys.ArrowLeft], ["play", play], ["next", keys.ArrowRight], ["last", keys.End], ["theme", switchTheme], ["by-weights", () => colour("weights")], ["by-gradients", () => colour("gradients")]]) $(id).addEventListener("click", act);
$("scrub").addEventListener("input", () => { stop(); go(+$("scrub").value); });
$("net").addEventListener("pointerover", (event) => { hovered = event.target.closest("[data-e],[data-u]"); readout(); });
$("net").addEventListener("pointerleave", () => { hovered = null; readout(); });
document.querySelectorAll(".curve").forEach((chart) => {
  const seek = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const r = chart.getBoundingClientRect(), { left, wide, ends: [a, b] } = D.curves;
    const place = a + ((((event.clientX - r.left) / r.width) * chart.viewBox.baseVal.width - left) / wide) * (b - a);
    let best = 0;
    D.places.forEach((p, k) => { if (Math.abs(p - place) < Math.abs(D.places[best] - place)) best = k; });
    stop();
    go(best);
  };
  chart.addEventListener("pointerdown", seek);
  chart.addEventListener("pointermove", seek);
});
dark.addEventListener("change", repaint);
function linked() {
  const exact = /[#&]snapshot=(\d+)/.exec(location.hash), epoch = /[#&]epoch=(\d+)/.exec(location.hash);
  if (exact) return go(+exact[1]);
  if (!epoch) return go(at);
  const found = D.rows.findIndex((r) => r.epoch >= +epoch[1]);
  go(found < 0 ? last : found);
}
addEventListener("hashchange", () => { stop(); linked(); });
linked();

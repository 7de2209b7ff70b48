"use strict";
// The data of a walk, and what the panel says of a step. Next: `step.js`, in the same script element.
// The state at a step is computed from the list of steps alone, so every step can be gone to.
const D = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const units = D.units, steps = D.steps, last = steps.length - 1;
const seedAt = steps.findIndex((s) => s.kind === "seed");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
// sized: whether the reader chose a size for the picture
let at = 0, timer = 0, quiz = false, sized = false, view = "step", right = 0, asked = 0;
const answered = new Set();

// ---------------------------------------------------------------------------------------------
// Text and numbers

const esc = (x) => String(x).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
function said(x, digits = 4) {
  if (typeof x !== "number") return String(x).replace("-", "−");
  const a = Math.abs(x), whole = a >= 10 ** digits;
  const text = a && (a < 1e-4 || a >= 1e6) ? x.toExponential(digits - 1) : whole ? x.toFixed(0) : String(+x.toPrecision(digits));
  return text.replace(/\.?0+e/, "e").replace("e+", "e").replaceAll("-", "−");
}
const num = (ref) => (ref === null || ref === undefined ? null : D.numbers[ref]);
const isArray = (x) => x !== null && typeof x === "object";
function matrix(x) {
  if (!isArray(x)) return `<span class="number">${esc(said(x))}</span>`;
  if (x.same !== undefined) return `<span class="number">${esc(said(x.same))}</span> <small>everywhere</small>`;
  const flat = x.parts.flatMap(([, rows]) => rows.flat()).filter((v) => typeof v === "number");
  const most = Math.max(1e-300, ...flat.map(Math.abs));
  const cell = (v) => {
    const tint = typeof v === "number" ? Math.round(45 * Math.sqrt(Math.abs(v) / most)) : 45;
    const hue = typeof v !== "number" ? "accent" : v < 0 ? "neg" : "pos";
    return `<td style="background:color-mix(in srgb,var(--glass-${hue}) ${tint}%,transparent)">${esc(said(v, 3))}</td>`;
  };
  const [down, across] = x.cut, wide = x.parts[0][1].length ? x.parts[0][1][0].length : 0;
  const dots = `<tr>${"<td>⋮</td>".repeat(wide)}${across ? "<td>⋱</td>" : ""}</tr>`;
  const table = ([heading, rows]) =>
    (heading ? `<div class="slice">${esc(heading)}</div>` : "") +
    `<table class="matrix" role="presentation">${rows.map((r) => `<tr>${r.map(cell).join("")}${across ? "<td>…</td>" : ""}</tr>`).join("")}${down ? dots : ""}</table>`;
  const left = x.more ? `<small>and ${x.more} more slice${x.more > 1 ? "s" : ""}</small>` : "";
  const more = down || across || x.more ? `<small>min ${said(x.low)}, max ${said(x.high)}</small>` : "";
  const body = wide ? x.parts.map(table).join("") : "<small>empty</small>";
  return `<div class="wide">${body}</div>${left}${more}`;
}
const shapeOf = (x) => (isArray(x) ? `(${x.shape.join(", ")}${x.shape.length === 1 ? "," : ""})` : "");
function box(ref, caption, out) {
  const x = num(ref);
  return `<div class="box${out ? " out" : ""}">${matrix(x)}<small>${esc(caption)}${isArray(x) ? " " + shapeOf(x) : ""}</small></div>`;
}
// an array that stands above already is called by its name
function named(ref, text, caption) {
  const x = num(ref);
  return isArray(x) && x.same === undefined ? `<div class="box"><code>${esc(text)}</code><small>${esc(caption)} ${shapeOf(x)}</small></div>` : box(ref, caption || text);
}
const sign = (s) => `<span class="sign">${esc(s)}</span>`;
const math = (m) => (m ? `<div class="math" tabindex="0">${m}</div>` : "");
const expression = (text) => (text ? `<p>Gradient so far <code>${esc(text)}</code></p>` : "");

// ---------------------------------------------------------------------------------------------
// What the panel says

const panels = {
  start: () => `<span class="phase quiet">start</span><h2>Jumping Back</h2>
    <p>${esc(D.summary)}. The leaves hold their data. First the forward pass computes every node from
    left to right; then the same roads are walked back from ${esc(D.rootName)}${D.loss !== D.rootName ? `, called ${esc(D.loss)} here` : ""}.</p>
    <ol><li><b>Crossing an operation multiplies</b> by its local derivative.</li>
    <li><b>Where roads meet, add</b> what they bring. A node hands its gradient on only when all of it
    has arrived.</li></ol>
    <p>For arrays, an operand that was stretched sums over the axes it was stretched along.</p>
    <p class="note"><kbd>→</kbd> <kbd>←</kbd> one step, <kbd>space</kbd> play, <kbd>Home</kbd>
    <kbd>End</kbd>, <kbd>b</kbd> backward pass, <kbd>q</kbd> quiz, <kbd>f</kbd> fit, <kbd>+</kbd> <kbd>-</kbd> zoom, <kbd>t</kbd> light or
    dark. A click on a node goes to its step.</p>${notes()}`,
  forward: (s, u) => `<span class="phase forth">forward</span><h2>${esc(u.name)} is computed</h2>
    ${math(s.math)}${forward(s, u)}`,
  seed: (s) => `<span class="phase">backward</span><h2>The seed</h2>
    <p>A change of ${esc(D.loss)} changes ${esc(D.loss)} by just as much: every walk back starts with</p>
    <div class="row"><code>${esc(s.name)}</code>${sign("=")}${box(s.gradient, "the gradient carried back", true)}</div>`,
  backward: (s, u) => backward(s, u),
  end: (s) => `<span class="phase quiet">end</span><h2>All gradients have arrived</h2>
    ${s.left ? `<p>${s.left.toLocaleString("en")} further contributions were made in this last step; raise <code>max_steps</code> to walk them one by one.</p>` : ""}
    <p>These are the numbers that <code>backward()</code> adds to <code>.grad</code>.</p>
    <table class="sum"><tr><th scope="col">leaf</th><th scope="col">gradient</th></tr>
    ${s.leaves.map((k) => `<tr data-unit="${k}"><td>${esc(units[k].name)}</td><td>${matrix(num(units[k].gradient))}</td></tr>`).join("")}</table>`,
};
const notes = () => (D.notes.length ? `<div class="card note">${D.notes.map((n) => `<p>${esc(n)}</p>`).join("")}</div>` : "");

function forward(s, u) {
  if (u.count > 1) return `<p>${u.count.toLocaleString("en")} nodes are folded into this card.</p>`;
  const operands = s.from.filter((k) => units[k].value !== null).slice(0, 8);
  const uses = operands.map((k) => box(units[k].value, units[k].name)).join("");
  return `<div class="row">${uses}${sign("→")}${box(u.value, u.name, true)}</div>`;
}

function backward(s, u) {
  const hide = asking(s), q = s.quiz;
  let html = `<span class="phase">backward</span>`;
  if (u.count > 1 || s.op === undefined) {
    html += `<h2>Back through ${esc(u.name)}</h2><p>${s.inside.toLocaleString("en")} jumps within this folded card; what comes out of it:</p>`;
  } else {
    html += `<h2>Back across <code>${esc(s.op)}</code> at ${esc(u.name)}</h2>
      <div class="row"><code>${esc(s.gradient)}</code>${sign("=")}${box(s.upstream, "upstream, complete")}</div>`;
  }
  if (hide) html += question(q, s.passes[q.about]);
  else s.passes.slice(0, 40).forEach((p) => (html += pass(p, s)));
  if (!hide && s.passes.length > 40) html += `<p class="note">and ${s.passes.length - 40} more</p>`;
  return html;
}

function pass(p, s) {
  const b = num(p.before);
  let html = `<section class="pass"><h3>→ ${esc(p.name)} <span class="note">${esc(p.shape)}</span></h3>${math(p.math)}`;
  if (p.local !== undefined || (p.factors && p.factors.length)) {
    html += `<div class="row">`;
    if (p.local !== undefined) {
      const what = p.localText ? `local: ${p.localText}` : "local derivative";
      html += `${named(p.upstream, s.gradient, "upstream")}${sign(p.sign)}${box(p.local, what)}`;
    } else html += p.factors.map(([text, ref]) => (text === s.gradient ? named(ref, text, "upstream") : box(ref, text))).join(sign(p.sign));
    if (p.sum) html += sign(`, ${p.sum}`);
    const same = p.contribution === p.upstream && isArray(num(p.upstream));
    html += `${sign("=")}${same ? named(p.contribution, s.gradient, "contribution, unchanged") : box(p.contribution, "contribution", true)}</div>`;
  } else html += `<div class="row">${box(p.contribution, `contribution of ${p.source}`, true)}</div>`;
  if (p.why) html += `<p>${esc(p.why)}</p>`;
  if (p.stretched) html += `<p>${esc(p.stretched)}</p>`;
  html += isArray(num(p.after))
    ? `<div class="row">${b === null ? `<span class="note">first arrival: the gradient is this contribution</span>` : `${box(p.before, "before")}${sign("+")}${box(p.contribution, "this")}${sign("=")}${box(p.after, "now", true)}`}</div>`
    : `<table class="sum"><tr><th scope="col">${b === null ? "first arrival" : "accumulates"}</th><th scope="col">before</th><th scope="col">+ this</th><th scope="col">now</th></tr>
      <tr><td>${esc(p.gradient)}</td><td>${b === null ? "–" : said(b)}</td><td>${said(num(p.contribution))}</td><td class="total">${said(num(p.after))}</td></tr></table>`;
  return html + expression(p.expression) + "</section>";
}

// ---------------------------------------------------------------------------------------------
// Quiz

const asking = (s) => quiz && s.kind === "backward" && s.quiz && !answered.has(at);
function question(q, p) {
  const before = num(p.before);
  const known = p.before === null ? "Nothing has arrived there yet." : isArray(before) ? "" : `It holds ${said(before)} so far.`;
  const field = q.choices
    ? `<fieldset><legend class="hidden">${esc(q.ask)}</legend>${q.choices.map((c, k) => `<label class="choice"><input type="radio" name="choice" value="${k}"> <code>${esc(c)}</code></label>`).join("")}</fieldset>`
    : `<label class="hidden" for="reply">Your number</label><input type="text" id="reply" inputmode="text" autocomplete="off" placeholder="like 0.5*-3">`;
  return `<div class="card ask"><h3>${esc(q.ask)}</h3><p>${esc(known)}</p>
    <form id="ask">${field}<button type="submit">Check</button><button type="button" id="hint">Hint</button><button type="button" id="reveal">Show me</button></form>
    <p class="note" id="hinted"></p><p class="verdict" id="verdict" role="status"></p></div>`;
}
function hint(p) {
  let text = p.why || "";
  if (p.rule) text += ` The contribution is ${p.rule}.`;
  if (p.local !== undefined && !isArray(num(p.local))) text += ` The local derivative is ${said(num(p.local))}.`;
  if (p.stretched) text += ` ${p.stretched}`;
  if (p.before !== null) text += " Add it to what is there.";
  return text;
}
// numbers, fractions and products, without running anything
function parse(text) {
  const clean = text.trim().replaceAll("−", "-").replaceAll("×", "*").replaceAll("·", "*").replace(/(\d),(\d)/g, "$1.$2");
  if (/^[-+]?(inf|infinity|∞)$/i.test(clean)) return clean.startsWith("-") ? "-inf" : "inf";
  if (/^nan$/i.test(clean)) return "nan";
  let value = 1, operator = "*";
  const one = /\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([*/]|$)/iy;
  for (;;) {
    const found = one.exec(clean);
    if (!found) return NaN;
    value = operator === "*" ? value * +found[1] : value / +found[1];
    if (!found[2]) return one.lastIndex >= clean.length ? value : NaN;
    operator = found[2];
  }
}
function near(x, y) {
  if (typeof y !== "number" || typeof x !== "number") return String(x) === String(y);
  return Math.abs(x - y) <= Math.max(Math.abs(y) * 0.01, 1e-12);
}
function check(event) {
  event.preventDefault();
  const s = steps[at], q = s.quiz;
  let good;
  if (q.choices) {
    const picked = document.querySelector("#ask input:checked");
    if (!picked) return verdict("Choose one of them.");
    good = q.choices[+picked.value] === q.answer;
  } else {
    const value = parse($("reply").value);
    if (Number.isNaN(value)) return verdict("That is no number; 0.25, 1/4 and 0.5*-3 are.");
    good = near(value, q.answer);
  }
  finish(good, good ? "Right." : `Not quite: it is ${q.choices ? q.answer : said(q.answer)}.`);
}
const verdict = (text) => ($("verdict").textContent = text);
function finish(good, text) {
  asked += 1;
  right += good ? 1 : 0;
  answered.add(at);
  $("score").textContent = `${right} / ${asked} right`;
  show();
  const done = document.createElement("p");
  done.className = good ? "verdict" : "verdict wrong";
  done.id = "verdict";
  done.setAttribute("role", "status");
  done.textContent = text;
  $("step").querySelector(".row").after(done);
  $("next").focus();
}

// ---------------------------------------------------------------------------------------------
// The naive orders

function orders() {
  const O = D.orders, e = O.early, [once, again] = O.tried;
  let html = `<span class="phase quiet">naive order</span><h2>Why the order matters</h2>
    <p>“Push my gradient to my parents, then do the same for each of them” is what most people write
    first. On this graph:</p>
    <table class="sum"><tr><th scope="col">order</th><th scope="col">visits</th><th scope="col">result</th></tr>
    <tr><td>recursion that carries the gradient along</td><td>${esc(O.visits)}</td><td>right</td></tr>
    <tr><td>recursion that pushes <code>.grad</code> each time</td><td>${esc(O.visits)}</td><td>${again ? result(O.wrong[1]) : "not tried"}</td></tr>
    <tr><td>depth first, every node once</td><td>${esc(O.nodes)}</td><td>${once ? result(O.wrong[0]) : "not tried"}</td></tr>
    <tr><td><b>topological order</b></td><td><b>${esc(O.nodes)}</b></td><td class="right">right</td></tr></table>
    <p class="note">A recursion visits a node once for every path from ${esc(D.rootName)} to it; the numbers on the
    cards say how often.</p>`;
  if (e) {
    html += `<div class="card"><h3>Where it goes wrong first</h3>
      <p>Depth first reaches <b>${esc(e.name)}</b> after ${e.arrived} of its ${e.uses} gradients. It holds
      ${esc(e.held)} and pushes that on, though its gradient will be ${esc(e.full)}. What it pushed cannot be
      taken back:</p>
      <div class="against"><div class="box"><span class="number wrong">${esc(e.wrong)}</span><small>∂${esc(D.loss)}/∂${esc(e.target)}, pushed too early</small></div>
      <div class="box"><span class="number">${esc(e.right)}</span><small>∂${esc(D.loss)}/∂${esc(e.target)}, in topological order</small></div></div>
      <p>In topological order a node waits until everything it feeds has handed back.</p></div>`;
  } else if (once) {
    html += `<p>Depth first happens to be right here: no node is reached before all of its gradient has
      arrived.${O.wrong[1] ? " Pushing <code>.grad</code> on every visit is wrong all the same." : ""}</p>`;
  }
  const head = `<tr><th scope="col">node</th><th scope="col">visits</th>${once ? `<th scope="col">each once</th>` : ""}${again ? `<th scope="col">each path</th>` : ""}<th scope="col">right</th></tr>`;
  const cell = (r, key) => `<td class="${r[key + "Wrong"] ? "wrong" : ""}">${esc(r[key])}${r[key + "Wrong"] ? " ✗" : ""}</td>`;
  html += `<div class="wide"><table class="sum">${head}${O.rows.map((r) => `<tr data-unit="${r.unit}"><td>${esc(units[r.unit].name)}</td><td>${esc(r.paths)}</td>${once ? cell(r, "once") : ""}${again ? cell(r, "again") : ""}<td class="right">${esc(r.right)}</td></tr>`).join("")}</table></div>`;
  return html;
}
const result = (wrong) => (wrong ? `<span class="wrong">wrong at ${wrong} node${wrong > 1 ? "s" : ""}</span>` : "right");

// The value of every gate, and its local gradients: as in gates.py.
const GATES = {
  add: [(a, b) => a + b, () => [1, 1]],
  subtract: [(a, b) => a - b, () => [1, -1]],
  multiply: [(a, b) => a * b, (out, a, b) => [b, a]],
  max: [Math.max, (out, a, b) => [+(a >= b), +(b >= a)]],
  min: [Math.min, (out, a, b) => [+(a <= b), +(b <= a)]],
  reciprocal: [(a) => 1 / a, (out) => [-out * out]],
  power: [(a, b) => a ** b, (out, a, b) => [b ? b * a ** (b - 1) : 0, 0]],
  exp: [Math.exp, (out) => [out]],
  log: [Math.log, (out, a) => [1 / a]],
  sqrt: [Math.sqrt, (out) => [0.5 / out]],
  abs: [Math.abs, (out, a) => [Math.sign(a)]],
  relu: [(a) => Math.max(a, 0), (out, a) => [+(a > 0)]],
  sigmoid: [(a) => 1 / (1 + Math.exp(-a)), (out) => [(1 - out) * out]],
  tanh: [Math.tanh, (out) => [1 - out * out]],
};

// Write a gate with names or numbers in the places of {a} and {b}; a negative number between signs gets brackets.
const bracket = (text) => text.startsWith("\u2212") ? `(${text})` : text;
const write = (written, operands) => written.replace(/\{([ab])\}/g, (_, place) => {
  const text = operands["ab".indexOf(place)];
  return written.endsWith(")") ? text : bracket(text);
});

const wires = data.wires, last = wires.length - 1;
const inputs = wires.flatMap((wire, i) => wire.gate ? [] : [i]);
const gates = wires.flatMap((wire, i) => wire.gate ? [i] : []);
const branching = wires.map((_, i) => wires.flatMap((wire) => wire.operands).filter((o) => o.wire === i).length > 1);
let base = inputs.map((i) => wires[i].value), now = [...base];

// Forward through all gates, then back, for the inputs given. Backward stops after so many gates, if that is said.
function run(given, stop = gates.length) {
  const values = [], locals = [], grads = wires.map(() => 0), shares = {}, arrived = new Set([last]);
  wires.forEach((wire, i) => {
    if (!wire.gate) { values[i] = given[inputs.indexOf(i)]; return; }
    const [value, local] = GATES[wire.gate];
    const operands = wire.operands.map((o) => "wire" in o ? values[o.wire] : o.constant);
    values[i] = value(...operands);
    locals[i] = local(values[i], ...operands);
  });
  grads[last] = 1;
  [...gates].reverse().slice(0, stop).forEach((i) => wires[i].operands.forEach((o, slot) => {
    if (!("wire" in o)) return;
    shares[`${i}-${slot}`] = locals[i][slot] * grads[i];
    grads[o.wire] += shares[`${i}-${slot}`];
    arrived.add(o.wire);
  }));
  return { values, locals, grads, shares, arrived };
}

// Steps 1 to G: forward through gate 1 to G. Step G + 1: the output's own gradient is 1. Then back through gate G to 1.
function show(step) {
  const G = gates.length, forward = step === 0 ? G : Math.min(step, G), back = step === 0 ? G : step - G - 1;
  const state = run(now, Math.max(0, back)), computed = new Set([...inputs, ...gates.slice(0, forward)]);
  const current = step === 0 ? -1 : step <= G ? gates[step - 1] : back === 0 ? last : gates[G - back];
  for (const shape of document.querySelectorAll(".circuit [data-wire]")) {
    const i = Number(shape.dataset.wire);
    if (shape.matches("text.value")) shape.textContent = computed.has(i) ? number(state.values[i]) : "";
    const back_here = back >= 0 && state.arrived.has(i);
    if (shape.matches("text.grad")) shape.textContent = back_here ? number(state.grads[i]) : "";
    if (shape.matches(".gate")) shape.classList.toggle("now", i === current);
  }
  for (const shape of document.querySelectorAll("[data-branch]")) {
    const share = state.shares[shape.dataset.branch];
    shape.textContent = share === undefined ? "" : number(share);
  }
  const out = wires[last].name;
  if (step === 0) {
    say("The whole circuit", make("p", "", "Forward, every gate computes its value from its inputs. Backward, it ",
      "multiplies its local gradients by the gradient from above (upstream). Go through it step by step with \u2192."));
  } else if (step <= G) {
    const { written, operands, name } = wires[current];
    const names = write(written, operands.map((o) => "wire" in o ? wires[o.wire].name : number(o.constant)));
    const numbers = write(written, operands.map((o) => number("wire" in o ? state.values[o.wire] : o.constant)));
    say(`Forward: gate ${step} of ${G}`, make("p", "", `${name} = ${names} = ${numbers} = `,
      make("strong", "value", number(state.values[current]))));
  } else if (back === 0) {
    say("Backward: it begins at the output", make("p", "", `\u2202${out}/\u2202${out} = `, make("strong", "grad", "1"),
      `: when ${out} moves by h, ${out} moves by h.`));
  } else {
    say(`Backward: gate ${back} of ${G}`, ...chainRule(current, state, run(now, back - 1), out));
  }
}

// Local gradient times upstream gradient for each input of a gate, in letters and in numbers.
function chainRule(i, state, before, out) {
  const wire = wires[i], lines = [];
  wire.operands.forEach((o, slot) => {
    if (!("wire" in o)) return;
    const name = wires[o.wire].name, local = number(state.locals[i][slot]);
    const share = number(state.shares[`${i}-${slot}`]);
    lines.push(make("p", "rule", `to ${name}: local gradient \u2202${wire.name}/\u2202${name} = ${wire.local[slot]}` +
      (wire.local[slot] === local ? "" : ` = ${local}`) + `, times upstream \u2202${out}/\u2202${wire.name} = `,
      make("span", "grad", number(state.grads[i])), `: ${local} \u00d7 ${bracket(number(state.grads[i]))} = `,
      make("strong", "grad", share)));
  });
  for (const o of new Set(wire.operands.map((operand) => operand.wire))) {
    if (o !== undefined && branching[o]) {
      const so_far = before.arrived.has(o) ? `${number(before.grads[o])} so far, and ` : "";
      lines.push(make("p", "sum", `${wires[o].name} branches, and its gradients add up: ${so_far}with this one `,
        make("strong", "grad", number(state.grads[o])), "."));
    }
  }
  return lines;
}

function say(heading, ...lines) {
  byId("step").replaceChildren(make("h2", "", heading), ...lines);
}

// Changing inputs: a row for each, and how far the output is predicted to move and really moves.
const rows = inputs.map((i, place) => {
  const box = make("input"), slider = make("input"), moved = make("td", "quiet"), grad = make("td", "grad");
  box.type = "number"; box.step = "any"; slider.type = "range";
  box.setAttribute("aria-label", `${wires[i].name}, as a number`);
  slider.setAttribute("aria-label", `${wires[i].name}, by a slider`);
  const set = (text) => {
    if (text === "" || !Number.isFinite(Number(text))) return;
    now[place] = Number(text);
    refresh();
  };
  box.oninput = () => set(box.value);
  slider.oninput = () => set(slider.value);
  const cells = [make("th", "", wires[i].name), make("td", "", box), make("td", "", slider), grad, moved];
  byId("inputs").append(make("tr", "", ...cells));
  return { box, slider, moved, grad };
});

// A number with four digits; what rounding leaves of a zero is a zero.
const fine = (value) => Math.abs(value) < 1e-12 ? "0"
  : String(Number(value.toPrecision(4))).replace(/^-/, "\u2212");

function refresh() {
  const from = run(base), to = run(now), name = wires[last].name;
  let predicted = 0;
  rows.forEach(({ box, slider, moved, grad }, place) => {
    const h = now[place] - base[place], slope = from.grads[inputs[place]];
    predicted += h * slope;
    if (Number(box.value) !== now[place]) box.value = now[place];
    slider.value = now[place];
    grad.textContent = `\u2202${name}/\u2202${wires[inputs[place]].name} = ${number(slope)}`;
    moved.textContent = h ? `h = ${fine(h)}` : "";
  });
  const really = to.values[last] - from.values[last];
  byId("predicted").textContent = fine(predicted);
  byId("really").textContent = Number.isFinite(really) ? fine(really) : "\u2014";
  const off = really - predicted;
  byId("verdict").textContent = now.every((value, place) => value === base[place]) ? "Move an input, and see."
    : !Number.isFinite(really) ? "A gate has no finite value there."
    : `${name} goes from ${fine(from.values[last])} to ${fine(to.values[last])}. The prediction is off by ${fine(off)}`
      + (Math.abs(off) > 1e-9 ? ": the gradient holds near the start, for small steps." : ".");
  show(step);
}

// Measure from the present values: the gradients of the table are taken there, and the sliders have their middle there.
function startHere(values) {
  if (!run(values).values.every(Number.isFinite)) return;
  base = [...values];
  now = [...values];
  rows.forEach(({ box, slider }, place) => {
    const reach = Math.max(1, Math.abs(base[place]));
    slider.min = base[place] - reach;
    slider.max = base[place] + reach;
    slider.step = reach / 100;
    box.value = base[place];
  });
  refresh();
}

byId("here").onclick = () => startHere(now);
byId("typed").onclick = () => startHere(inputs.map((i) => wires[i].value));
document.querySelector(".circuit title").textContent = document.title; // its numbers would soon be old ones
walk(2 * gates.length + 1, show);
startHere(base);

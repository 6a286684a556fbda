// What the pages of circuits and of nets share: going through steps by button and by key, and writing numbers.
"use strict";
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
let step = 0;

// The same rules as in text.py.
function number(value) {
  if (!Number.isFinite(value)) return "\u2014";
  const size = Math.abs(value);
  const plain = (text) => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  let text;
  if (size === 0) text = "0";
  else if (size < 1e-3 || size >= 1e5) {
    const [mantissa, exponent] = value.toExponential(1).split("e");
    text = plain(mantissa) + "e" + Number(exponent);
  } else if (size < 0.1) text = String(Number(value.toPrecision(2)));
  else text = plain(value.toFixed(size < 100 ? 2 : size < 1000 ? 1 : 0));
  return value < 0 ? text.replace("-", "\u2212") : text;
}

// Make an element with a class and with children, which are elements or text: text is never read as HTML.
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// Call show(step) for step 0 to last, now and at every button and key; what it marks as now is moved into sight.
function walk(last, show) {
  const go = (to) => {
    step = Math.max(0, Math.min(last, to));
    byId("first").disabled = byId("back").disabled = step === 0;
    byId("next").disabled = step === last;
    byId("count").textContent = step ? `step ${step} of ${last}` : `all ${last} steps`;
    show(step);
    document.documentElement.style.scrollPaddingTop = `${document.querySelector("header").offsetHeight}px`;
    const now = [...document.querySelectorAll(".scroll .now")].find((shape) => shape.getClientRects().length);
    if (now) now.scrollIntoView({ block: "nearest", inline: "center" });
  };
  byId("first").onclick = () => go(0);
  byId("back").onclick = () => go(step - 1);
  byId("next").onclick = () => go(step + 1);
  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  go(0);
}

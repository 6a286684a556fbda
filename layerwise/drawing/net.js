// A net: forward through its rows, then back. What there is to say was written beforehand.
const rows = data.rows, R = rows.length;

// Steps 1 to R: forward through row 0 to R - 1. Steps R + 1 to 2 R: back through row R - 1 to 0.
function show(step) {
  const forward = step === 0 || step > R ? R - 1 : step - 1, back = step === 0 ? 0 : step <= R ? R : 2 * R - step;
  const current = step === 0 ? -1 : step <= R ? forward : back;
  for (const shape of document.querySelectorAll(".net [data-row]")) {
    const row = Number(shape.dataset.row);
    shape.classList.toggle("now", row === current);
    for (const part of shape.querySelectorAll(".forward")) part.classList.toggle("hidden", row > forward);
    for (const part of shape.querySelectorAll(".backward")) part.classList.toggle("hidden", row < back);
  }
  const [heading, lines] = step === 0 ? ["The whole net", data.about]
    : step <= R ? [`Forward: ${rows[current].title}`, rows[current].forward]
    : [`Backward: ${rows[current].title}`, rows[current].backward];
  byId("step").replaceChildren(make("h2", "", heading), ...lines.map((line) => make("p", "", line)));
}

walk(2 * R, show);

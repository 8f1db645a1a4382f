"use strict";
// The filter. Without this script it stays hidden and all results are shown.
const form = document.getElementById("filter");
const rows = [...document.querySelectorAll("#results tr")];
function apply() {
  const outcomes = new Set([...form.querySelectorAll("[name=outcome]:checked")].map((box) => box.value));
  const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !(outcomes.has(row.dataset.outcome) && words.every((word) => text.includes(word)));
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length} results shown`;
}
form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(apply));
// A link leads also to a result that the filter hides.
addEventListener("hashchange", () => {
  const row = document.getElementById(location.hash.slice(1));
  if (row && row.hidden) {
    form.reset();
    setTimeout(() => row.scrollIntoView());
  }
});
document.getElementById("open").addEventListener("click", () => {
  for (const each of document.querySelectorAll("#results details")) each.open = true;
});

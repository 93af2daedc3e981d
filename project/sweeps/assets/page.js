// The jobs that are shown, which of them is pointed at, and the table.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const jobs = new Map(data.jobs.map((job) => [job.job, job]));
const rows = new Map([...document.querySelectorAll("#jobs tbody tr")].map((row) => [row.dataset.job, row]));
const limits = new Map(); // of each axis that something was chosen on: what a job must pass
const redraws = [];
let words = [];

const scored = data.jobs.filter((job) => job.value !== null);
const place = new Map(scored.map((job, index) => [job.job, 1 - index / Math.max(1, scored.length - 1)]));

/** The colour of a job's lines, by how it ranks. */
function colour(name) {
  const share = Math.round(100 * (place.get(name) ?? 0));
  return `color-mix(in oklch, var(--best) ${share}%, var(--worst))`;
}

function isShown(name) {
  const text = rows.get(name).textContent.toLowerCase();
  return words.every((word) => text.includes(word)) && [...limits.values()].every((passes) => passes(jobs.get(name)));
}

function redraw() {
  let number = 0;
  for (const [name, row] of rows) {
    row.hidden = !isShown(name);
    number += row.hidden ? 0 : 1;
  }
  document.getElementById("number").textContent = `${number} of ${rows.size}`;
  redraws.forEach((draw) => draw());
}

/** Point at a job everywhere; at none without a name. */
function light(name) {
  document.querySelectorAll(".lit").forEach((found) => found.classList.remove("lit"));
  if (name === undefined) return;
  document.querySelectorAll("[data-job]").forEach((found) => {
    if (found.dataset.job !== name) return;
    found.classList.add("lit");
    if (found.namespaceURI.endsWith("svg")) found.parentNode.append(found); // above the others
  });
}

function pointAt(event) {
  const found = event.target.closest("[data-job]");
  light(found?.dataset.job);
}

function key(row, column) {
  const text = row.cells[column].dataset.sort ?? row.cells[column].textContent;
  const number = text.trim() === "" ? NaN : Number(text);
  return Number.isNaN(number) ? text : number;
}

/** Numbers before texts before nothing, whichever way. */
function compared(one, other, sign) {
  if (one === "" || other === "") return (one === "") - (other === "");
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return sign * (typeof one === "number" ? one - other : one.localeCompare(other, undefined, { numeric: true }));
}

function sort(header) {
  const body = header.closest("table").tBodies[0];
  const sign = header.ariaSort === "ascending" ? -1 : 1;
  header.parentNode.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
  header.ariaSort = sign === 1 ? "ascending" : "descending";
  const column = header.cellIndex;
  const sorted = [...body.rows].sort((one, other) => compared(key(one, column), key(other, column), sign));
  body.append(...sorted);
}

/** An element of a drawing, with its attributes and its text. */
function svg(parent, tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

/** Give a drawing the size that there is room for, at least `least` wide, so that its texts are as large as others. */
function room(drawing, height, least) {
  drawing.style.minWidth = `${least}px`;
  const width = Math.max(drawing.clientWidth, least, 1);
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  return width;
}

/** The line of a job in a drawing. */
function drawJob(parent, name, points) {
  const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L");
  const made = svg(parent, "path", { d: `M${path}`, class: "job", "data-job": name });
  if (place.has(name)) made.style.stroke = colour(name);
  else made.classList.add("none");
  svg(made, "title", {}, `job ${name}  ${Object.entries(jobs.get(name).values).map((pair) => pair.join("=")).join("  ")}`);
  return made;
}

/** A number in a few digits. */
function digits(value) {
  const plain = +value.toPrecision(4);
  return plain !== 0 && (Math.abs(plain) >= 1e6 || Math.abs(plain) < 1e-4) ? plain.toExponential() : String(plain);
}

document.querySelectorAll("th button").forEach((button) => button.addEventListener("click", () => sort(button.parentNode)));
document.getElementById("filter").addEventListener("input", (event) => {
  words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  redraw();
});
document.addEventListener("pointerover", pointAt);
document.querySelector(".best button")?.addEventListener("click", (event) => {
  navigator.clipboard?.writeText(document.querySelector(".best pre").textContent);
  event.target.textContent = "copied";
});

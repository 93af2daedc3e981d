// Learning curves: one metric of the jobs that are shown, over the steps.
(() => {
  const section = document.getElementById("curves");
  const metrics = Object.keys(data.curves);
  if (!metrics.length) return;
  section.hidden = false;

  const [height, top, bottom, left, right] = [380, 12, 34, 70, 16];
  const drawing = section.querySelector("svg");
  const width = room(drawing, height, 0);
  const choice = section.querySelector("select");
  const logarithmic = section.querySelector("input");
  const said = section.querySelector("output");
  metrics.forEach((name) => choice.add(new Option(name, name, false, name === data.monitor)));
  choice.addEventListener("change", draw);
  logarithmic.addEventListener("change", draw);
  drawing.addEventListener("pointermove", (event) => tell(event.target.closest("[data-job]")?.dataset.job));
  redraws.push(draw);

  function tell(name) {
    if (name === undefined) return void (said.textContent = "");
    const [, values] = data.curves[choice.value][name];
    said.textContent = `job ${name}: last ${digits(values.at(-1))}, from ${digits(Math.min(...values))} to ${digits(Math.max(...values))}`;
  }

  /** Round numbers from low to high. */
  function ticks(low, high, number) {
    const rough = (high - low) / number || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
    const found = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) found.push(tick);
    return found;
  }

  function draw() {
    drawing.replaceChildren();
    const all = Object.entries(data.curves[choice.value]).filter(([name]) => isShown(name));
    const positive = ([step, value]) => !logarithmic.checked || value > 0;
    const curves = all
      .map(([name, [steps, values]]) => [name, steps.map((step, index) => [step, values[index]]).filter(positive)])
      .filter(([, points]) => points.length);
    if (!curves.length) return;
    const at = logarithmic.checked ? Math.log10 : (value) => value;
    const points = curves.flatMap(([, found]) => found);
    const range = (numbers) => numbers.reduce(([low, high], number) => [Math.min(low, number), Math.max(high, number)], [Infinity, -Infinity]);
    const [first, last] = range(points.map(([step]) => step));
    const [low, high] = range(points.map(([, value]) => at(value)));
    const x = (step) => left + ((step - first) / (last - first || 1)) * (width - left - right);
    const y = (value) => height - bottom - ((at(value) - low) / (high - low || 1)) * (height - top - bottom);
    for (const tick of ticks(low, high, 8)) {
      const value = logarithmic.checked ? 10 ** tick : tick;
      svg(drawing, "line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "grid" });
      svg(drawing, "text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, digits(value));
    }
    for (const tick of ticks(first, last, Math.min(8, width / 90))) svg(drawing, "text", { x: x(tick), y: height - bottom + 18, "text-anchor": "middle" }, digits(tick));
    svg(drawing, "text", { x: width - right, y: height - 2, "text-anchor": "end" }, "step");
    const lines = svg(drawing, "g", {});
    for (const [name, found] of curves.reverse()) {
      const drawn = found.map(([step, value]) => [x(step), y(value)]);
      drawJob(lines, name, drawn.length > 1 ? drawn : [...drawn, [drawn[0][0] + 3, drawn[0][1]]]);
    }
  }
})();
redraw();

// Parallel coordinates: an axis for each swept parameter, and one for the value or for each objective.
(() => {
  const section = document.getElementById("parallel");
  const axes = [...data.swept.map((path) => ({ name: path, of: (job) => job.values[path] }))];
  if (!axes.length || !scored.length || !data.monitor) return;
  const goals = Object.keys(data.objectives).map((name) => ({ name, of: (job) => job.reached[name] }));
  const asked = axes.length;
  axes.push(...(goals.length ? goals : [{ name: data.monitor, of: (job) => job.value }]));
  section.hidden = false;

  const [height, top, bottom, side, apart] = [380, 46, 24, 80, 170];
  const drawing = section.querySelector("svg");
  const width = room(drawing, height, axes.length * apart);

  /** Where values lie on an axis: by size if all are numbers, one below the other if not. */
  function scale(axis) {
    const values = data.jobs.map(axis.of).filter((value) => value !== null && value !== undefined);
    const numbers = values.map((value) => (value === "" ? NaN : Number(value)));
    if (numbers.every(Number.isFinite)) {
      const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
      const byMagnitude = low > 0 && high / low >= 30;
      const at = byMagnitude ? (value) => Math.log(Number(value)) : (value) => Number(value);
      const [from, to] = [at(low), at(high)];
      axis.share = (value) => (to === from ? 0.5 : (at(value) - from) / (to - from));
      const distinct = [...new Set(numbers)];
      const even = [0, 0.25, 0.5, 0.75, 1].map((share) => from + share * (to - from));
      axis.few = distinct.length <= 8;
      axis.ticks = axis.few ? distinct : even.map((value) => (byMagnitude ? Math.exp(value) : value));
      axis.said = digits;
    } else {
      const known = [...new Set(values)].sort((one, other) => other.localeCompare(one, undefined, { numeric: true }));
      axis.share = (value) => (known.length === 1 ? 0.5 : known.indexOf(value) / (known.length - 1));
      axis.few = known.length <= 20;
      axis.ticks = axis.few ? known : [];
      axis.said = (text) => (text.length > 22 ? `${text.slice(0, 21)}…` : text);
    }
  }

  axes.forEach((axis, index) => {
    scale(axis);
    // Where many lie on one point, the better ones lie a little higher.
    axis.spread = axis.few && index < asked ? 16 : 0;
    axis.x = side + (index * (width - 2 * side)) / (axes.length - 1);
    axis.y = (value) => height - bottom - axis.share(value) * (height - top - bottom);
  });

  const lines = svg(drawing, "g", {});
  for (const job of [...data.jobs].reverse()) {
    const crossed = axes.filter((axis) => (axis.of(job) ?? null) !== null);
    const points = crossed.map((axis) => [axis.x, axis.y(axis.of(job)) + axis.spread * (0.5 - (place.get(job.job) ?? -0.1))]);
    if (points.length > 1) drawJob(lines, job.job, points);
  }
  axes.forEach(drawAxis);
  redraws.push(() => lines.childNodes.forEach((line) => line.classList.toggle("out", !isShown(line.dataset.job))));

  function drawAxis(axis, index) {
    const last = index === axes.length - 1;
    const anchor = index === 0 ? "start" : last ? "end" : "middle";
    const x = index === 0 ? axis.x - side + 6 : last ? axis.x + side - 6 : axis.x;
    svg(drawing, "text", { x, y: 18, class: "name", "text-anchor": anchor }, axis.name);
    svg(drawing, "line", { x1: axis.x, x2: axis.x, y1: top, y2: height - bottom, class: "axis" });
    let free = Infinity;
    for (const tick of [...axis.ticks].sort((one, other) => axis.y(other) - axis.y(one))) {
      if (free - axis.y(tick) < 13) continue; // it would be written over the one below
      free = axis.y(tick);
      const place = last ? { x: axis.x + 8 } : { x: axis.x - 8, "text-anchor": "end" };
      svg(drawing, "text", { ...place, y: axis.y(tick) + 4 }, axis.said(tick));
    }
    brush(axis);
  }

  function brush(axis) {
    const mark = svg(drawing, "rect", { x: axis.x - 9, width: 18, y: top, height: 0, class: "brush" });
    const handle = svg(drawing, "rect", { x: axis.x - 14, width: 28, y: top - 8, height: height - top - bottom + 16, class: "handle" });
    let start = null;
    const at = (event) => {
      const box = drawing.getBoundingClientRect();
      return ((event.clientY - box.top) * height) / box.height;
    };
    handle.addEventListener("pointerdown", (event) => {
      start = at(event);
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => start !== null && choose(start, at(event)));
    handle.addEventListener("pointerup", (event) => {
      if (Math.abs(at(event) - start) < 4) choose(0, 0);
      start = null;
    });

    function choose(one, other) {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      mark.setAttribute("y", from);
      mark.setAttribute("height", to - from);
      if (to > from) limits.set(axis, (job) => (axis.of(job) ?? null) !== null && axis.y(axis.of(job)) >= from && axis.y(axis.of(job)) <= to);
      else limits.delete(axis);
      redraw();
    }
  }
})();

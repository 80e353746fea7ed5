"use strict";
// The pictures of the tests, drawn when a test is opened, and the filter. Nothing here asks the network.
(() => {
  const STATES = {
    line: ["inactive", "active", "indeterminate"],
    stage: ["low", "high", "float"],
    contact: ["open", "closed"],
    level: ["off", "on"],
  };
  const LEFT = 52; // px for the axis on the left of both panels, so that their times stand under each other
  const LANE = 34; // px of height for each line
  const CALM_LANES = 8; // more lanes than this: those that never change are only named
  const CROWD = 24; // more curves than this: what stands on the buses waits in the legend, to be clicked
  const AXES = 4; // what has yet another unit waits as well: each takes an axis of its own

  const UNITS = { degC: "\u00b0C", ohm: "\u03a9" };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  /** Differences of microseconds become seconds; every signal reaches to the end of the test. */
  function curve(signal, end) {
    let now = 0;
    const times = signal.times.map((step) => (now += step) / 1e6);
    const values = signal.values;
    if (times.at(-1) < end) {
      times.push(end);
      values.push(values.at(-1));
    }
    return { ...signal, times, values };
  }

  /** The index of the change in force at a time, or -1. */
  function inForce(times, time) {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Whether it has more than one value after all that was applied at the start of the test. */
  function changes(lane) {
    const first = Math.max(inForce(lane.times, 0), 0);
    return lane.values.slice(first).some((value) => value !== lane.values[first]);
  }

  const byName = (a, b) => a.name.localeCompare(b.name, "en", { numeric: true });
  const isSupply = (signal) => signal.name.startsWith("supply");

  function scaleOf(signal) {
    if (isSupply(signal)) return "supply";
    return signal.unit || "value";
  }

  function clockText(seconds, step) {
    if (step >= 60 && seconds >= 60) {
      const whole = Math.round(seconds);
      const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
      const text = parts.map((part) => String(part).padStart(2, "0"));
      return whole >= 3600 || step >= 3600 ? text.join(":") : text.slice(1).join(":");
    }
    const decimals = step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
    return `${seconds.toFixed(decimals)} s`;
  }

  const timeTicks = (_plot, splits) => splits.map((s) => clockText(s, splits.length > 1 ? splits[1] - splits[0] : 1));

  function timeAxis(show) {
    return {
      scale: "x", stroke: () => colour("--muted"), grid: { stroke: () => colour("--grid"), width: 1 }, ticks: { show: false },
      values: show ? timeTicks : () => [], size: show ? 30 : 8, font: "12px system-ui, sans-serif",
    };
  }

  function valueAxis(scale, side) {
    const label = scale === "supply" ? "V" : scale === "value" ? "" : (UNITS[scale] ?? scale);
    return {
      scale, side, stroke: () => colour("--muted"), ticks: { show: false }, size: LEFT, font: "12px system-ui, sans-serif",
      grid: { show: side === 3, stroke: () => colour("--grid"), width: 1 }, gap: 6,
      values: (_plot, splits) => splits.map((v, i) => (i === splits.length - 1 ? `${+v.toPrecision(6)} ${label}` : `${+v.toPrecision(6)}`)),
    };
  }

  /** Steps as dashed lines with their numbers, as far as these find room. */
  function drawMarks(marks, withNumbers) {
    return (plot) => {
      const { ctx, bbox } = plot;
      const ratio = devicePixelRatio;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, 0, bbox.width, plot.height * ratio);
      ctx.clip();
      ctx.strokeStyle = colour("--mark");
      ctx.fillStyle = colour("--mark");
      ctx.lineWidth = ratio;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.font = `${10 * ratio}px system-ui, sans-serif`;
      ctx.textBaseline = "bottom";
      ctx.textAlign = "left";
      let free = -Infinity;
      let lastX = -Infinity;
      marks.forEach(([time], number) => {
        const x = Math.round(plot.valToPos(time / 1e6, "x", true));
        if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) return;
        if (x !== lastX) {
          ctx.globalAlpha = 0.55;
          ctx.beginPath();
          ctx.moveTo(x + 0.5, bbox.top);
          ctx.lineTo(x + 0.5, bbox.top + bbox.height);
          ctx.stroke();
          lastX = x;
        }
        const width = ctx.measureText(number + 1).width;
        if (withNumbers && x >= free && x + width + 2 * ratio < bbox.left + bbox.width) {
          ctx.globalAlpha = 1;
          ctx.fillText(number + 1, x + 2 * ratio, bbox.top - 1 * ratio);
          free = x + width + 6 * ratio;
        }
      });
      ctx.restore();
    };
  }

  function drawLanes(lanes) {
    return (plot) => {
      const { ctx, bbox } = plot;
      const ratio = devicePixelRatio;
      const height = bbox.height / lanes.length;
      const at = (time) => plot.valToPos(time, "x", true);
      const { min, max } = plot.scales.x;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      lanes.forEach((lane, row) => {
        const top = bbox.top + row * height + 15 * ratio;
        const bottom = bbox.top + (row + 1) * height - 4 * ratio;
        const middle = (top + bottom) / 2;
        const tint = colour(lane.name.startsWith("line.") ? "--lane" : "--supply");
        ctx.lineWidth = 1.5 * ratio;
        let before = null;
        for (let i = Math.max(inForce(lane.times, min), 0); i < lane.times.length && lane.times[i] <= max; i++) {
          const left = at(lane.times[i]);
          const right = i + 1 < lane.times.length ? at(lane.times[i + 1]) : bbox.left + bbox.width;
          const value = lane.values[i];
          const y = value === 1 ? top : value === 0 ? bottom : middle;
          ctx.strokeStyle = ctx.fillStyle = value === 0 || value === 1 ? tint : colour("--unsure");
          if (value === 1) {
            ctx.globalAlpha = 0.25;
            ctx.fillRect(left, top, right - left, bottom - top);
            ctx.globalAlpha = 1;
          }
          if (value !== 0 && value !== 1) ctx.setLineDash([4 * ratio, 3 * ratio]);
          ctx.beginPath();
          ctx.moveTo(left, y);
          ctx.lineTo(right, y);
          ctx.stroke();
          ctx.setLineDash([]);
          if (before !== null && before !== y) {
            ctx.beginPath();
            ctx.moveTo(left, before);
            ctx.lineTo(left, y);
            ctx.stroke();
          }
          before = y;
        }
        ctx.fillStyle = colour("--ink");
        ctx.font = `${11 * ratio}px system-ui, sans-serif`;
        ctx.textBaseline = "top";
        ctx.textAlign = "left";
        ctx.fillText(lane.name, bbox.left + 4 * ratio, bbox.top + row * height + 2 * ratio);
        const now = lane.cursor;
        if (now !== undefined) {
          const offset = ctx.measureText(`${lane.name}  `).width;
          ctx.fillStyle = colour("--muted");
          ctx.fillText(now, bbox.left + 4 * ratio + offset, bbox.top + row * height + 2 * ratio);
        }
      });
      ctx.restore();
    };
  }

  const stateName = (lane, time) => {
    const value = lane.values[inForce(lane.times, time)];
    return value === undefined ? "unknown" : (STATES[lane.kind]?.[value] ?? String(value));
  };

  function analogSeries(signals) {
    let cell = 0;
    const crowded = signals.length > CROWD;
    const inCrowd = (signal) => crowded && /^(can|bus)\./.test(signal.name);
    const others = signals.filter((signal) => !isSupply(signal) && !inCrowd(signal)).map(scaleOf);
    const scales = [...new Set(["V", "A", "degC"].filter((scale) => others.includes(scale)).concat(others))].slice(0, AXES);
    const waits = (signal) => isSupply(signal) || inCrowd(signal) || !scales.includes(scaleOf(signal));
    return signals.map((signal) => {
      const scale = scaleOf(signal);
      const warm = scale === "degC";
      const name = isSupply(signal) ? "--supply" : warm ? "--warm" : `--c${cell % 8}`;
      const dash = warm ? [6, 3] : Math.floor(cell / 8) % 2 ? [3, 2] : undefined;
      if (!warm && !isSupply(signal)) cell++;
      return {
        label: signal.name, scale, show: !waits(signal), stroke: () => colour(name), width: 1.5, dash,
        paths: uPlot.paths.stepped({ align: 1 }), points: { show: false },
        value: (plot, _raw, _series, index) => {
          if (index === null || index === undefined) return "";
          const now = signal.values[inForce(signal.times, plot.data[0][index])];
          return now === undefined ? "unknown" : now === null ? "open" : `${now} ${UNITS[signal.unit] ?? signal.unit}`;
        },
      };
    });
  }

  function analogPlot(signals, end, marks, sync, width) {
    const scales = [...new Set(signals.map(scaleOf))];
    const first = scales.includes("V") ? "V" : scales[0];
    const axes = [timeAxis(true), valueAxis(first, 3)];
    for (const scale of scales) if (scale !== first) axes.push(valueAxis(scale, 1));
    const data = uPlot.join(signals.map((signal) => [signal.times, signal.values]));
    // Noise of a millivolt or a tenth of a degree must not fill the picture. No range: nothing is shown on this scale.
    const leastSpan = { V: 0.1, supply: 1, degC: 10 };
    const roomy = (_plot, low, high, scale) => {
      if (low === null) return [null, null];
      const least = leastSpan[scale] ?? Math.max(Math.abs(high) * 0.01, 1e-6);
      const room = Math.max((high - low) * 0.08, (least - (high - low)) / 2);
      return [low - room, high + room];
    };
    return {
      options: {
        width, height: 300, padding: [16, scales.length > 1 ? 0 : 12, 0, 0],
        scales: { x: { time: false, range: (_plot, low, high) => [low ?? 0, high ?? end] }, ...Object.fromEntries(scales.map((s) => [s, { range: roomy }])) },
        axes, series: [{ label: "time", value: (_plot, time) => (time === null ? "" : `${time.toFixed(6).replace(/0{1,5}$/, "")} s`) }, ...analogSeries(signals)],
        cursor: { sync: { key: sync, scales: ["x", null] }, drag: { x: true, y: false }, y: false, points: { show: false } },
        legend: { live: true }, hooks: { drawClear: [drawMarks(marks, true)] },
      },
      data,
    };
  }

  function lanePlot(lanes, end, marks, sync, width, peer) {
    const alignRight = () => {
      const plot = peer();
      return plot ? plot.width - (plot.bbox.left + plot.bbox.width) / devicePixelRatio : 12;
    };
    const times = [...new Set([0, end, ...lanes.flatMap((lane) => lane.times)])].sort((a, b) => a - b);
    return {
      options: {
        width, height: lanes.length * LANE + (peer() ? 18 : 40), padding: [6, alignRight, 0, 0],
        scales: { x: { time: false, range: (_plot, low, high) => [low ?? 0, high ?? end] }, y: { range: [0, 1] } },
        axes: [timeAxis(!peer()), { scale: "y", size: LEFT, values: () => [], grid: { show: false }, ticks: { show: false } }],
        series: [{}, { scale: "y", paths: () => null, points: { show: false } }],
        cursor: { sync: { key: sync, scales: ["x", null] }, drag: { x: true, y: false }, y: false, points: { show: false } },
        legend: { show: false },
        hooks: {
          draw: [drawMarks(marks, !peer()), drawLanes(lanes)],
          setCursor: [(plot) => {
            const { left } = plot.cursor;
            const time = left >= 0 ? plot.posToVal(left, "x") : null;
            for (const lane of lanes) lane.cursor = time === null ? undefined : stateName(lane, time);
            plot.redraw(false, false);
          }],
        },
      },
      data: [times, times.map(() => null)],
    };
  }

  /** Names of many curves that wait to be clicked fill a screen: they are folded behind a button. */
  function foldWaiting(plot) {
    const waiting = [...plot.root.querySelectorAll(".u-legend .u-off")];
    if (waiting.length <= CROWD) return;
    for (const row of waiting) row.classList.add("folded");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "unfold";
    button.textContent = `${waiting.length} more signals`;
    button.addEventListener("click", () => {
      for (const row of waiting) row.classList.remove("folded");
      button.remove();
    });
    plot.root.after(button);
  }

  /** The text of the nearest step, beside the pointer. */
  function addTip(holder, plot, marks) {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    plot.over.append(tip);
    plot.over.addEventListener("mouseleave", () => { tip.hidden = true; });
    plot.over.addEventListener("mousemove", () => {
      const { left, top } = plot.cursor;
      const near = marks
        .map(([time, text], number) => ({ text: `${number + 1}  ${text}`, x: plot.valToPos(time / 1e6, "x") }))
        .filter((mark) => Math.abs(mark.x - left) <= 6);
      tip.hidden = near.length === 0 || left < 0;
      if (tip.hidden) return;
      const shown = near.slice(0, 5).map((mark) => mark.text);
      if (near.length > 5) shown.push(`and ${near.length - 5} more here: zoom in`);
      tip.replaceChildren(...shown.flatMap((text, i) => (i ? [document.createElement("br"), text] : [text])));
      const width = plot.over.clientWidth;
      tip.style.left = left > width / 2 ? "" : `${near[0].x + 10}px`;
      tip.style.right = left > width / 2 ? `${width - near[0].x + 10}px` : "";
      tip.style.top = `${Math.max(top - 10, 0)}px`;
    });
  }

  const drawn = [];

  function draw(figure, content) {
    const end = Math.max(content.end / 1e6, 1e-6);
    const signals = content.signals.map((signal) => curve(signal, end));
    const analog = signals.filter((s) => s.kind === "analog" && s.values.some((v) => v !== null))
      .sort((a, b) => isSupply(a) - isSupply(b) || (a.unit === "degC") - (b.unit === "degC") || byName(a, b));
    let lanes = signals.filter((s) => s.kind !== "analog");
    const rank = (s) => (s.name.startsWith("line.") ? 0 : s.name.startsWith("uut.") ? 1 : 2);
    lanes.sort((a, b) => rank(a) - rank(b) || byName(a, b));
    let calm = [];
    if (lanes.length > CALM_LANES) {
      const many = lanes.filter((lane) => lane.name.startsWith("line.")).length > CALM_LANES;
      const moves = (lane) => (!many && lane.name.startsWith("line.")) || changes(lane);
      calm = lanes.filter((lane) => !moves(lane));
      lanes = lanes.filter(moves);
    }
    const holder = figure.querySelector(".plots");
    holder.replaceChildren();
    const width = () => Math.max(holder.clientWidth, 240);
    const sync = figure.dataset.trace;
    const plots = [];
    let upper = null;
    if (analog.length) {
      const { options, data } = analogPlot(analog, end, content.marks, sync, width());
      upper = new uPlot(options, data, holder);
      plots.push(upper);
      foldWaiting(upper);
    }
    if (lanes.length) {
      const { options, data } = lanePlot(lanes, end, content.marks, sync, width(), () => upper);
      const lower = new uPlot(options, data, holder);
      if (upper) {
        upper.hooks.setSeries = [() => requestAnimationFrame(() => lower.redraw(false, true))];
        lower.redraw(false, true);
      }
      plots.push(lower);
    }
    for (const plot of plots) addTip(holder, plot, content.marks);
    if (calm.length) {
      const note = document.createElement("p");
      note.className = "muted sub";
      note.textContent = `Unchanged: ${calm.map((lane) => `${lane.name} ${stateName(lane, end)}`).join(", ")}.`;
      holder.append(note);
    }
    holder.setAttribute("role", "img");
    holder.setAttribute("aria-label", `Readings and lines over ${clockText(end, 1)}: ${signals.map((s) => s.name).join(", ")}. The steps are listed below.`);
    figure.querySelector(".hint").hidden = false;
    new ResizeObserver(() => {
      for (const plot of plots) if (Math.abs(plot.width - width()) > 1) plot.setSize({ width: width(), height: plot.height });
    }).observe(holder);
    drawn.push(...plots);
  }

  async function open(figure) {
    if (figure.dataset.state) return;
    figure.dataset.state = "drawn";
    const holder = figure.querySelector(".plots");
    try {
      draw(figure, await unpack(document.getElementById(figure.dataset.trace).textContent));
    } catch (problem) {
      holder.textContent = `The picture cannot be drawn in this browser (${problem}).`;
    }
  }

  // Drawn when they come into view: a run with many failures opens many tests at once.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) open(entry.target);
  }, { rootMargin: "400px" });
  for (const figure of document.querySelectorAll(".picture")) {
    figure.querySelector(".waiting").textContent = "";
    seen.observe(figure);
  }
  addEventListener("beforeprint", () => {
    for (const plot of drawn) plot.redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const plot of drawn) plot.redraw();
  });

  // A link to a test opens it.
  function follow() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#test-']");
    if (link && link.hash === location.hash) follow();
  });
  follow();

  const box = document.getElementById("filter");
  const choice = document.getElementById("filter-verdict");
  const count = document.getElementById("filter-count");
  const items = [...document.querySelectorAll(".item")].map((element) => ({
    element, test: element.matches("details"), verdict: element.dataset.verdict,
    words: [...(element.matches("details") ? element.querySelectorAll("summary, .message, .test-meta, .name") : [element])]
      .map((part) => part.textContent).join(" ").toLowerCase(),
  }));
  const groups = [...document.querySelectorAll(".group")];
  function apply() {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = choice.value;
    const shown = { true: 0, false: 0 };
    for (const item of items) {
      const fits = !wanted || item.verdict === wanted || (wanted === "not-pass" && item.verdict !== "pass");
      item.element.hidden = !(fits && words.every((word) => item.words.includes(word)));
      if (!item.element.hidden) shown[item.test]++;
    }
    // A heading without a measurement below it says nothing.
    for (const group of groups) {
      let row = group.nextElementSibling;
      while (row?.hidden && row.matches(".item")) row = row.nextElementSibling;
      group.hidden = !row?.matches(".item");
    }
    const filtered = wanted || words.length;
    count.textContent = filtered ? `${shown.true} tests, ${shown.false} measurements` : "";
    document.getElementById("nothing-found").hidden = !filtered || shown.true > 0;
  }
  document.querySelector(".filter").hidden = false;
  let waiting = 0;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  choice.addEventListener("input", apply);
})();

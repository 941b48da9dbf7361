// A plane of states as SVG: regions of the labels, the cloud of real texts, paths of words; with zoom, and saved as SVG or PNG.
//
// plane: titles [2 or 3], logits [K][3] or null, labels [K], label_colours [K], show_chance (whether the upper edge tells the
// probability of the second label). Everything is drawn with its own colours, so that a saved picture looks as it does here.

const EDGE = { left: 52, right: 14, top: 30, bottom: 42 };
const CHANCES = [0.01, 0.1, 0.5, 0.9, 0.99];
const DOT = 4.5;

/** Numbers that `packed` in ui/states_views.py put into text: rows of numbers between -limit and limit. */
function unpack({ data, columns, limit }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const values = new Int16Array(bytes.buffer);
  const rows = [];
  for (let at = 0; at < values.length; at += columns) rows.push(Array.from(values.subarray(at, at + columns), (v) => (v * limit) / 32767));
  return rows;
}

/** Even numbers between two ends, about `count` of them. */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((first) => first * power).find((size) => size >= rough);
  const found = [];
  for (let at = Math.ceil(low / step); at * step <= high; at++) found.push(at * step);
  return found.map((value) => Number(value.toPrecision(6)));
}

/** The part of a polygon on which a·x + b·y + c is not negative. */
function clip(polygon, [a, b, c]) {
  const found = [];
  polygon.forEach((point, i) => {
    const next = polygon[(i + 1) % polygon.length];
    const [here, there] = [point, next].map(([x, y]) => a * x + b * y + c);
    if (here >= 0) found.push(point);
    if (here >= 0 !== there >= 0) {
      const share = here / (here - there);
      found.push([point[0] + share * (next[0] - point[0]), point[1] + share * (next[1] - point[1])]);
    }
  });
  return found;
}

function smallButton(text, label, action) {
  const node = el("button", "small", text);
  node.type = "button";
  node.title = label;
  node.setAttribute("aria-label", label);
  node.addEventListener("click", action);
  return node;
}

/** Hands a file to the visitor. */
function save(name, blob) {
  const link = el("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Saves a drawn SVG element on the page's background, as SVG or PNG. */
function savePicture(picture, name, type, theme) {
  const [width, height] = [picture.clientWidth, picture.clientHeight];
  const copy = picture.cloneNode(true);
  for (const [key, value] of Object.entries({ width, height, "font-family": "sans-serif" })) copy.setAttribute(key, value);
  copy.prepend(svg("rect", { width, height, fill: `rgb(${theme.background.join(",")})` }));
  const source = new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  if (type === "svg") return save(`${name}.svg`, source);
  const image = new Image();
  image.onload = () => {
    const canvas = el("canvas");
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(`${name}.png`, blob));
    URL.revokeObjectURL(image.src);
  };
  image.src = URL.createObjectURL(source);
}

class StatePlane {
  constructor(label, name) {
    this.name = name;
    this.zoom = { at: [0, 0], by: 1 };
    this.turn = { yaw: 0.35, pitch: 0.3 };
    this.picture = svg("svg", { class: "plane", role: "img", "aria-label": label });
    const tools = [
      smallButton("+", "Zoom in", () => this.zoomBy(1.4)),
      smallButton("−", "Zoom out", () => this.zoomBy(1 / 1.4)),
      smallButton("Fit", "Show everything", () => this.fit()),
      el("span", "gap"),
      smallButton("SVG", "Save the picture as SVG", () => savePicture(this.picture, this.name, "svg", this.theme)),
      smallButton("PNG", "Save the picture as PNG", () => savePicture(this.picture, this.name, "png", this.theme)),
    ];
    this.node = el("div", "plane-box", [this.picture, el("div", "tools", tools)]);
    this.listen();
    new ResizeObserver(() => this.draw?.()).observe(this.node);
  }

  listen() {
    let from = null;
    this.picture.addEventListener("pointerdown", (event) => {
      from = [event.clientX, event.clientY];
      this.picture.setPointerCapture(event.pointerId);
    });
    this.picture.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
      from = [event.clientX, event.clientY];
      if (this.space) {
        this.turn.yaw += dx / 120;
        this.turn.pitch = Math.max(-1.5, Math.min(1.5, this.turn.pitch + dy / 120));
      } else {
        this.zoom.at[0] -= dx / (this.unit[0] * this.zoom.by);
        this.zoom.at[1] += dy / (this.unit[1] * this.zoom.by);
      }
      this.draw();
    });
    for (const end of ["pointerup", "pointercancel"]) this.picture.addEventListener(end, () => (from = null));
    this.picture.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the page
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY / 200));
    }, { passive: false });
  }

  zoomBy(factor) {
    this.zoom.by = Math.max(0.2, Math.min(60, this.zoom.by * factor));
    this.draw();
  }

  fit() {
    this.zoom = { at: this.middle.slice(), by: this.whole };
    this.draw();
  }

  /** A plane, and all points that shall be in sight at first; what the visitor zoomed to stays while the plane is the same. */
  set(plane, points, theme) {
    const known = this.plane && JSON.stringify(this.plane.titles) === JSON.stringify(plane.titles);
    this.plane = plane;
    this.theme = theme;
    this.space = plane.titles.length === 3;
    this.radius = Math.max(...points.flat().map(Math.abs), 1e-6);
    const flat = this.space ? [[-this.radius, -this.radius], [this.radius, this.radius]] : points;
    const ends = [0, 1].map((axis) => {
      const values = flat.map((point) => point[axis]);
      const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
      const margin = Math.max(0.06 * (high - low), 1e-4);
      return [low - margin, high + margin];
    });
    this.ends = ends;
    this.middle = ends.map(([low, high]) => (low + high) / 2);
    this.whole = this.space ? 1.5 : 1; // the corners of a space are empty
    if (!known) this.zoom = { at: this.middle.slice(), by: this.whole };
    this.ink = rgb(getComputedStyle(this.node).color);
  }

  colour(share) {
    return `rgba(${this.ink.join(",")},${share})`;
  }

  /** A colour "#rrggbb" drawn towards the ink, so that a word in it can be read on a light and on a dark page. */
  inked(colour) {
    const own = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return `rgb(${own.map((value, i) => Math.round(0.6 * value + 0.4 * this.ink[i])).join(",")})`;
  }

  /** A place in the plane (or space) as pixels. */
  pixel(point) {
    let [x, y, z] = point;
    if (this.space) {
      const { yaw, pitch } = this.turn;
      [x, z] = [x * Math.cos(yaw) + z * Math.sin(yaw), z * Math.cos(yaw) - x * Math.sin(yaw)];
      y = y * Math.cos(pitch) - z * Math.sin(pitch);
    }
    return [
      EDGE.left + this.inner[0] / 2 + (x - this.zoom.at[0]) * this.unit[0] * this.zoom.by,
      EDGE.top + this.inner[1] / 2 - (y - this.zoom.at[1]) * this.unit[1] * this.zoom.by,
    ];
  }

  /** The frame, the regions and the axes; what stands in them is added by the view, to `this.content`. */
  begin() {
    const width = Math.max(280, this.node.clientWidth);
    const height = Math.max(290, Math.min(480, Math.round(width * 0.62)));
    this.size = [width, height];
    this.inner = [width - EDGE.left - EDGE.right, height - EDGE.top - EDGE.bottom];
    this.unit = this.ends.map(([low, high], axis) => this.inner[axis] / (high - low));
    if (this.space) this.unit = [Math.min(...this.unit), Math.min(...this.unit)];
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.style.height = `${height}px`;
    const frame = { x: EDGE.left, y: EDGE.top, width: this.inner[0], height: this.inner[1] };
    const id = `inside-${this.name}`;
    this.content = svg("g", { "clip-path": `url(#${id})` });
    const clipping = svg("clipPath", { id }, [svg("rect", frame)]);
    this.picture.replaceChildren(svg("defs", {}, [clipping]), this.content);
    if (this.space) return this.spaceAxes();
    if (this.plane.logits) this.regions();
    this.axes(frame);
  }

  text(words, x, y, more = {}) {
    const node = svg("text", { x, y, "font-size": 12, fill: this.colour(0.75), "text-anchor": "middle", ...more });
    node.textContent = words;
    return node;
  }

  window() {
    const half = this.inner.map((size, axis) => size / 2 / (this.unit[axis] * this.zoom.by));
    return [0, 1].map((axis) => [this.zoom.at[axis] - half[axis], this.zoom.at[axis] + half[axis]]);
  }

  axes(frame) {
    const [[left, right], [low, high]] = this.window();
    this.picture.append(svg("rect", { ...frame, fill: "none", stroke: this.colour(0.35) }));
    for (const value of ticks(left, right, Math.max(3, this.inner[0] / 90))) {
      this.picture.append(this.text(String(value), this.pixel([value, low])[0], this.size[1] - EDGE.bottom + 16));
    }
    for (const value of ticks(low, high, 5)) {
      const more = { "text-anchor": "end", "dominant-baseline": "middle" };
      this.picture.append(this.text(String(value), EDGE.left - 6, this.pixel([left, value])[1], more));
    }
    const [x, y] = this.plane.titles;
    const middle = EDGE.top + this.inner[1] / 2;
    const fitting = (title, room) => [title, title.replace(" of the variance", ""), title.replace(/ \(.*/, "")].find((one) => one.length * 6.4 < room) ?? "";
    this.picture.append(
      this.text(fitting(x, this.inner[0]), EDGE.left + this.inner[0] / 2, this.size[1] - 6, { fill: this.colour(1) }),
      this.text(fitting(y, this.inner[1]), 12, middle, { transform: `rotate(-90 12 ${middle})`, fill: this.colour(1) }),
    );
    if (this.plane.show_chance) this.chances();
  }

  /** Along the upper edge: where the answer has which probability. */
  chances() {
    const [no, yes] = this.plane.logits;
    const slope = yes[0] - no[0];
    let last = -Infinity;
    for (const chance of CHANCES) {
      const [x] = this.pixel([(Math.log(chance / (1 - chance)) - (yes[2] - no[2])) / slope, 0]);
      if (x < EDGE.left || x > this.size[0] - EDGE.right || (chance !== 0.5 && Math.abs(x - last) < 44)) continue;
      last = x;
      this.picture.append(
        svg("line", { x1: x, x2: x, y1: EDGE.top - 5, y2: EDGE.top, stroke: this.colour(0.5) }),
        this.text(`${Math.round(100 * chance)} %`, x, EDGE.top - 9),
      );
    }
  }

  regions() {
    const { logits, labels, label_colours } = this.plane;
    const [[left, right], [low, high]] = this.window();
    const all = [[left, low], [right, low], [right, high], [left, high]];
    logits.forEach((own, label) => {
      let part = all;
      logits.forEach((other, number) => {
        if (number !== label) part = clip(part, own.map((value, i) => value - other[i]));
      });
      if (part.length < 3) return;
      const corners = part.map((point) => this.pixel(point));
      const colour = label_colours[label];
      this.content.append(
        svg("polygon", { points: corners.join(" "), fill: colour, "fill-opacity": 0.09, stroke: this.colour(0.55), "stroke-width": 1.2 }),
      );
      const [xs, ys] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
      const room = Math.max(...xs) - Math.min(...xs);
      if (room < 50 || Math.max(...ys) - Math.min(...ys) < 22) return;
      const [x, y] = [(Math.max(...xs) + Math.min(...xs)) / 2, Math.min(...ys) + 17];
      const name = labels[label].length * 8 > room ? `${labels[label].slice(0, Math.max(1, Math.floor(room / 8) - 1))}…` : labels[label];
      this.content.append(this.text(name, x, y, { fill: this.inked(colour), "font-size": 14, "font-weight": 700 }));
    });
  }

  spaceAxes() {
    this.plane.titles.forEach((title, axis) => {
      const ends = [-1, 1].map((sign) => [0, 1, 2].map((i) => (i === axis ? sign * this.radius : 0)));
      const [[x1, y1], [x2, y2]] = ends.map((end) => this.pixel(end));
      this.content.append(svg("line", { x1, y1, x2, y2, stroke: this.colour(0.3) }));
      this.content.append(this.text(title, x2, y2 - 6, { fill: this.colour(0.9) }));
    });
  }

  /** Points of one colour as one element, each a dot. */
  dots(points, colour, opacity) {
    const d = points.map((point) => `M${this.pixel(point).map((v) => v.toFixed(1)).join(" ")}h0`).join("");
    this.content.append(svg("path", { d, stroke: colour, "stroke-width": DOT, "stroke-linecap": "round", "stroke-opacity": opacity, fill: "none" }));
  }

  cloud(points, labels) {
    this.plane.label_colours.forEach((colour, label) => this.dots(points.filter((_, i) => labels[i] === label), colour, this.theme.dark ? 0.5 : 0.3));
  }

  line(points, colour, more = {}) {
    if (points.length < 2) return;
    const d = points.map((point, i) => `${i ? "L" : "M"}${this.pixel(point).map((v) => v.toFixed(1)).join(" ")}`).join("");
    this.content.append(svg("path", { d, fill: "none", stroke: colour, "stroke-width": 2.2, "stroke-linejoin": "round", ...more }));
  }

  ring(point, colour, radius = 7) {
    const [cx, cy] = this.pixel(point);
    const paper = `rgb(${this.theme.background.join(",")})`;
    this.content.append(svg("circle", { cx, cy, r: radius, fill: colour, stroke: paper, "stroke-width": 2 }));
    return [cx, cy];
  }

  /** Words at points, the first ones first; a word that would cover another is left out. */
  words(list) {
    const taken = [];
    const paper = `rgb(${this.theme.background.join(",")})`;
    for (const { point, word, bold } of list) {
      const [x, y] = this.pixel(point);
      const width = word.length * (bold ? 8 : 7) + 4;
      const place = [[0, -11], [0, 20], [width / 2 + 10, 4], [-width / 2 - 10, 4]]
        .map(([dx, dy]) => ({ x: x + dx, y: y + dy, left: x + dx - width / 2, right: x + dx + width / 2, top: y + dy - 12, bottom: y + dy + 4 }))
        .find((box) => {
          const inside = box.left > EDGE.left && box.right < this.size[0] - EDGE.right && box.top > EDGE.top && box.bottom < this.size[1] - EDGE.bottom;
          return inside && !taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top);
        });
      if (!place) continue;
      taken.push(place);
      const more = { fill: this.colour(bold ? 1 : 0.8), "font-size": bold ? 14 : 12, "font-weight": bold ? 700 : 400, stroke: paper, "stroke-width": 3, "paint-order": "stroke" };
      this.content.append(this.text(word, place.x, place.y, more));
    }
  }
}

// Units by words as a picture of colour, played word by word; a cell that is clicked is told to Python for its arithmetic.
//
// data: words [T], unknown [T], units [W] (their numbers from 0, from the top), values and shown (packed [W][T]), limit, scale,
//   quantity, unit (the chosen one), name (of a saved file).

const ROW_PX = [4, 17];
const COLUMN_PX = [15, 44];
const HEAT_EDGE = { left: 42, top: 6, bottom: 74, right: 26 };

class HeatView {
  constructor(stage, player) {
    this.player = player;
    this.picture = svg("svg", { class: "heat", role: "img", "aria-label": "Units by words" });
    this.scroller = scrollable("Units by words. The up and down keys choose a unit.", this.picture);
    this.scroller.addEventListener("keydown", (event) => this.key(event));
    this.legend = el("div", "legend");
    const tools = [
      el("span", "gap"),
      smallButton("SVG", "Save the picture as SVG", () => savePicture(this.picture, this.data.name, "svg", this.theme)),
      smallButton("PNG", "Save the picture as PNG", () => savePicture(this.picture, this.data.name, "png", this.theme)),
    ];
    stage.append(this.scroller, el("div", "tools", [this.legend, ...tools]));
    this.picture.addEventListener("pointermove", (event) => this.point(event));
    this.picture.addEventListener("pointerleave", () => (this.player.words.textContent = this.describe(this.step)));
    this.picture.addEventListener("click", (event) => {
      const cell = this.cellAt(event);
      if (cell) this.player.choose(cell.step, { unit: this.data.units[cell.row] });
    });
    new ResizeObserver(() => this.data && this.draw()).observe(stage);
  }

  update(data, theme) {
    this.data = data;
    this.theme = theme;
    this.values = unpack(data.values);
    this.canvas = el("canvas");
    paint(this.canvas, unpack(data.shown), data.limit, theme);
    this.ink = rgb(getComputedStyle(this.scroller).color);
    if (data.unit !== this.given) this.player.picked.unit = this.given = data.unit;
    const full = data.scale === "absolute" ? [[data.quantity, data.limit]] : [["the ends of each unit's own range, drawn as", 1]];
    fillLegend(this.legend, full, "", theme);
    this.draw();
  }

  get row() {
    return this.data.units.indexOf(this.player.picked.unit);
  }

  draw() {
    const { data } = this;
    const [steps, units] = [data.words.length, data.units.length];
    const within = (value, [least, most]) => Math.max(least, Math.min(most, Math.floor(value)));
    this.column = within((this.scroller.clientWidth - HEAT_EDGE.left - HEAT_EDGE.right) / steps, COLUMN_PX);
    this.height = within(340 / units, ROW_PX);
    const [width, height] = [this.column * steps, this.height * units];
    const all = [width + HEAT_EDGE.left + HEAT_EDGE.right, height + HEAT_EDGE.top + HEAT_EDGE.bottom];
    this.picture.setAttribute("viewBox", `0 0 ${all.join(" ")}`);
    [this.picture.style.width, this.picture.style.height] = all.map((size) => `${size}px`);
    const image = svg("image", {
      x: HEAT_EDGE.left, y: HEAT_EDGE.top, width, height, preserveAspectRatio: "none", style: "image-rendering: pixelated", href: this.canvas.toDataURL(),
    });
    const frame = svg("rect", { x: HEAT_EDGE.left, y: HEAT_EDGE.top, width, height, fill: "none", stroke: this.colour(0.35) });
    this.marks = svg("g", { fill: "none", stroke: this.colour(1), "stroke-width": 1.5 });
    this.labels = data.words.map((word, step) => this.word(word, step, height));
    this.picture.replaceChildren(image, frame, ...this.unitLabels(), ...this.labels, this.marks);
    if (this.step !== undefined) this.mark();
  }

  colour(share) {
    return `rgba(${this.ink.join(",")},${share})`;
  }

  word(word, step, height) {
    const [x, y] = [HEAT_EDGE.left + (step + 0.65) * this.column, HEAT_EDGE.top + height + 10];
    const node = svg("text", { x, y, "font-size": 12, fill: this.colour(0.8), "text-anchor": "end", transform: `rotate(-50 ${x} ${y})` });
    node.textContent = word.length > 11 ? `${word.slice(0, 10)}…` : word;
    if (this.data.unknown[step]) node.setAttribute("font-style", "italic");
    return node;
  }

  unitLabels() {
    const every = Math.max(1, Math.ceil(13 / this.height));
    return this.data.units.flatMap((unit, row) => {
      if (row % every) return [];
      const y = HEAT_EDGE.top + (row + 0.5) * this.height;
      const more = { "text-anchor": "end", "dominant-baseline": "middle" };
      const node = svg("text", { x: HEAT_EDGE.left - 6, y, "font-size": 11, fill: this.colour(0.7), ...more });
      node.textContent = String(unit + 1);
      return [node];
    });
  }

  cellAt(event) {
    const box = this.picture.getBoundingClientRect();
    const step = Math.floor((event.clientX - box.left - HEAT_EDGE.left) / this.column);
    const row = Math.floor((event.clientY - box.top - HEAT_EDGE.top) / this.height);
    return step >= 0 && step < this.data.words.length && row >= 0 && row < this.data.units.length ? { step, row } : null;
  }

  point(event) {
    const cell = this.cellAt(event);
    if (cell) this.player.words.textContent = this.say(cell.step, cell.row);
  }

  say(step, row) {
    const { data } = this;
    return `Unit ${data.units[row] + 1} after “${data.words[step]}”: ${signed(this.values[row][step], 3)}. Click it for its arithmetic.`;
  }

  key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const row = Math.max(0, Math.min(this.data.units.length - 1, Math.max(0, this.row) + by));
    this.player.choose(this.player.step, { unit: this.data.units[row] });
  }

  show(step) {
    const first = this.step === undefined;
    this.step = step;
    this.mark();
    const column = { offsetLeft: HEAT_EDGE.left + step * this.column, offsetWidth: this.column };
    keepInSight(this.scroller, column, first);
  }

  mark() {
    const { column, height, row } = this;
    const [x, y] = [HEAT_EDGE.left + this.step * column, HEAT_EDGE.top];
    const all = height * this.data.units.length;
    this.marks.replaceChildren(svg("rect", { x, y: y - 2, width: column, height: all + 4, rx: 2 }));
    if (row >= 0) {
      const wide = column * this.data.words.length;
      this.marks.append(svg("rect", { x: HEAT_EDGE.left - 2, y: y + row * height, width: wide + 4, height, rx: 2, "stroke-opacity": 0.5 }));
    }
    this.labels.forEach((label, step) => label.setAttribute("font-weight", step === this.step ? 700 : 400));
  }

  describe(step) {
    const { data } = this;
    if (this.row >= 0) return this.say(step, this.row);
    const column = this.values.map((values) => values[step]);
    const largest = column.reduce((best, value, row) => (Math.abs(value) > Math.abs(column[best]) ? row : best), 0);
    return `After “${data.words[step]}” unit ${data.units[largest] + 1} is farthest from zero: ${signed(column[largest], 2)}.`;
  }
}

function createView(stage, player) {
  return new HeatView(stage, player);
}

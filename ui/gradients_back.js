// The gradient on its way back: its norm at the state after each word, what each step multiplies it by, and all steps together.
// Forward in the playback is one word back in the text: step 0 is the loss, step k the k-th word from the end.
//
// data: words [T] in the order in which the layer read them; logs [T], cell_logs [T] or null (natural logarithms of norms, null
//   for 0); left [T], products [T] (logarithms: what is left of the gradient at the last word, the product of the greatest factors);
//   stretches [T], factors [T] (plain numbers, null where there is none); shares [T] (of the recurrent kernel's gradient);
//   gradients (packed [T][W], each word's as a share of its greatest), units, shown_units; logarithmic, colour, loss, label,
//   probability, direct (whether the loss reaches every state, not only the last), backward, name.

const ROOM = { left: 58, right: 12, gap: 34, norm: 190, factor: 92, product: 92 };
const MOST_NAMED = 45; // words up to which each stands under its place
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const FEW = 1.3; // powers of ten that leave room for ticks between them
const LN10 = Math.log(10);

function raised(exponent) {
  return (exponent < 0 ? "⁻" : "") + [...String(Math.abs(exponent))].map((digit) => RAISED[digit]).join("");
}

/** A number known by its natural logarithm, in words; null is 0. */
function said(log) {
  if (log === null) return "0";
  const exponent = Math.floor(log / LN10 + 1e-12);
  if (exponent >= -3 && exponent < 4) return String(Number(Math.exp(log).toPrecision(3)));
  return `${Math.exp(log - exponent * LN10).toFixed(1)} · 10${raised(exponent)}`;
}

function shareSaid(log) {
  if (log === null) return "nothing";
  return log > -7 && log < 7 ? `${(100 * Math.exp(log)).toFixed(1)} %` : said(log);
}

class BackView {
  constructor(stage, player) {
    this.player = player;
    this.picture = svg("svg", { class: "back", role: "img", "aria-label": "The gradient on its way back through the words" });
    const tools = ["svg", "png"].map((type) =>
      smallButton(type.toUpperCase(), `Save the picture as ${type.toUpperCase()}`, () => savePicture(this.picture, this.data.name, type, this.theme)));
    this.node = el("div", "plane-box", [this.picture, el("div", "tools", [el("span", "gap"), ...tools])]);
    this.word = el("strong", "word");
    this.norm = el("div", "line");
    this.units = el("div", "faint");
    this.strip = el("canvas", "strip");
    this.strip.setAttribute("aria-hidden", "true");
    this.factor = el("div", "line");
    this.left = el("div", "line");
    this.leftMeter = el("div", "meter", [el("i", "share")]);
    this.sum = el("div", "line");
    this.sumMeter = el("div", "meter moved", [el("i", "share")]);
    const card = [el("div", "now-word", [this.word]), this.norm, this.units, this.strip, this.factor, this.left, this.leftMeter, this.sum, this.sumMeter];
    stage.append(el("div", "split", [this.node, el("div", "side", [el("div", "card", card)])]));
    this.picture.addEventListener("click", (event) => this.pick(event));
    new ResizeObserver(() => this.data && this.draw()).observe(this.node);
  }

  update(data, theme) {
    this.data = data;
    this.theme = theme;
    this.rows = unpack(data.gradients);
    this.ink = rgb(getComputedStyle(this.node).color);
  }

  /** The word that the gradient has reached; the number of words before it has. */
  reached(step) {
    return this.data.words.length - step;
  }

  pick(event) {
    const { words } = this.data;
    const place = event.clientX - this.picture.getBoundingClientRect().left - ROOM.left;
    const word = Math.floor((place / this.inner) * words.length);
    if (word >= 0 && word < words.length) this.player.choose(words.length - word);
  }

  show(step) {
    this.step = step;
    this.fill(step);
    this.draw();
  }

  fill(step) {
    const { data } = this;
    const [count, at] = [data.words.length, this.reached(step)];
    const begun = step > 0;
    this.word.textContent = begun ? data.words[at] || "padding" : "the loss";
    this.norm.textContent = begun ? `gradient here: ${said(data.logs[at])}` : `loss: ${data.loss.toPrecision(3)}`;
    this.units.textContent = data.units > data.shown_units ? `at the first ${data.shown_units} of ${data.units} units, signed` : `at its ${data.units} units, signed`;
    for (const node of [this.units, this.strip, this.left, this.leftMeter, this.sum, this.sumMeter]) node.hidden = !begun;
    this.factor.hidden = !begun || at === count - 1;
    if (!begun) return;
    paint(this.strip, [this.rows[at]], 1, this.theme);
    if (at < count - 1) this.factor.textContent = `× ${this.factorSaid(data.stretches[at + 1])} in this step, × ${this.factorSaid(data.factors[at + 1])} at most`;
    this.left.textContent = `left of the last word's: ${shareSaid(data.left[at])}`;
    const left = data.left[at] === null ? 0 : Math.min(1, Math.exp(data.left[at]));
    this.leftMeter.firstChild.style.width = `${100 * left}%`;
    this.leftMeter.firstChild.style.background = data.colour;
    const sum = data.shares.slice(at).reduce((a, b) => a + b, 0);
    this.sum.textContent = `kernel's gradient so far: ${(100 * sum).toFixed(0)} %`.replace("-", "−");
    this.sumMeter.firstChild.style.width = `${100 * Math.max(0, Math.min(1, sum))}%`;
  }

  factorSaid(factor) {
    return factor === null ? "?" : Number(factor.toPrecision(3)).toString();
  }

  colour(share) {
    return `rgba(${this.ink.join(",")},${share})`;
  }

  text(words, x, y, more = {}) {
    const node = svg("text", { x, y, "font-size": 12, fill: this.colour(0.75), ...more });
    node.textContent = words;
    return node;
  }

  x(word) {
    return ROOM.left + ((word + 0.5) / this.data.words.length) * this.inner;
  }

  draw() {
    const { data } = this;
    const width = Math.max(280, this.node.clientWidth);
    this.inner = width - ROOM.left - ROOM.right;
    const named = data.words.length <= MOST_NAMED && this.inner / data.words.length > 14;
    this.picture.replaceChildren();
    let top = ROOM.gap;
    top = this.panel(top, ROOM.norm, ...this.normLines());
    top = this.factors(top);
    const products = [{ values: data.left, colour: data.colour, dash: "" }, { values: data.products, colour: this.colour(0.65), dash: "2 4" }];
    top = this.panel(top, ROOM.product, "all steps so far: what is left, and (dotted) the product of the most", products, true, [0]);
    const height = top - ROOM.gap + (named ? 84 : 40);
    this.places(top - ROOM.gap, named);
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.style.height = `${height}px`;
  }

  normLines() {
    const { data } = this;
    const last = data.logs[data.logs.length - 1] ?? 0;
    const asDrawn = (logs) => (data.logarithmic ? logs : logs.map((log) => (log === null ? 0 : Math.exp(Math.min(log - last, 700)))));
    const lines = [{ values: asDrawn(data.logs), colour: data.colour, dash: "", dots: true }];
    if (data.cell_logs) lines.push({ values: asDrawn(data.cell_logs), colour: data.colour, dash: "7 4", dots: true });
    const cell = data.cell_logs ? " (dashed: at the cell state)" : "";
    const title = data.logarithmic ? `norm of the gradient at the state${cell}` : `norm as a share of the last word's${cell}`;
    return [title, lines, data.logarithmic, []];
  }

  /** One panel of lines over the words; gives back where the next one begins. */
  panel(top, height, title, lines, logarithmic, also) {
    const known = [...lines.flatMap((line) => line.values), ...also].filter((value) => value !== null && Number.isFinite(value));
    let [low, high] = [Math.min(...known, ...(logarithmic ? [] : [0])), Math.max(...known, logarithmic ? -Infinity : 0)];
    if (!known.length) [low, high] = [-1, 1];
    if (logarithmic) [low, high] = this.powers(low, high);
    const y = (value) => top + height - ((value - low) / (high - low || 1)) * height;
    this.frame(top, height, title);
    for (const [value, name] of this.ticks(low, high, logarithmic, height)) this.tick(y(value), name);
    for (const line of lines) this.line(line, y);
    return top + height + ROOM.gap;
  }

  /** A range of logarithms whose ends have ticks: powers of ten, or 1, 2 and 5 times one where the numbers lie close together. */
  powers(low, high) {
    if (high - low > FEW * LN10) return [LN10 * Math.floor(low / LN10 - 0.05), LN10 * Math.ceil(high / LN10 + 0.05)];
    const places = this.between(low - 2 * LN10, high + 2 * LN10);
    return [places.filter((place) => place < low - 0.02).at(-1), places.find((place) => place > high + 0.02)];
  }

  between(low, high) {
    const found = [];
    for (let power = Math.floor(low / LN10); power <= Math.ceil(high / LN10); power++) {
      for (const first of [1, 2, 5]) found.push(power * LN10 + Math.log(first));
    }
    return found.filter((place) => place >= low - 1e-9 && place <= high + 1e-9);
  }

  ticks(low, high, logarithmic, height) {
    const most = Math.max(2, Math.floor(height / 34));
    if (logarithmic && high - low <= (FEW + 1) * LN10) {
      const places = this.between(low, high);
      const by = Math.ceil(places.length / (most + 2));
      return places.filter((_, i) => i % by === 0).map((place) => [place, said(place)]);
    }
    if (!logarithmic) return ticks(low, high || 1, most).map((value) => [value, `${Number((100 * value).toPrecision(3))} %`]);
    const [first, last] = [Math.round(low / LN10), Math.round(high / LN10)];
    const by = Math.max(1, Math.ceil((last - first) / most));
    const found = [];
    for (let at = Math.ceil(first / by) * by; at <= last; at += by) found.push([at * LN10, at === 0 ? "1" : at === 1 ? "10" : `10${raised(at)}`]);
    return found;
  }

  frame(top, height, title) {
    this.picture.append(
      svg("rect", { x: ROOM.left, y: top, width: this.inner, height, fill: "none", stroke: this.colour(0.25) }),
      this.text(this.fitting(title), ROOM.left, top - 8, { fill: this.colour(1) }),
    );
    const at = this.reached(this.step);
    if (at < this.data.words.length) {
      const wide = Math.max(2, this.inner / this.data.words.length);
      this.picture.append(svg("rect", { x: this.x(at) - wide / 2, y: top, width: wide, height, fill: this.colour(0.08) }));
    }
  }

  fitting(title) {
    const short = title.split(/[:(]/)[0].trim();
    return title.length * 6.1 < this.inner ? title : short;
  }

  tick(y, name) {
    this.picture.append(
      svg("line", { x1: ROOM.left, x2: ROOM.left + this.inner, y1: y, y2: y, stroke: this.colour(0.12) }),
      this.text(name, ROOM.left - 6, y, { "text-anchor": "end", "dominant-baseline": "middle" }),
    );
  }

  /** Faint where the gradient has not yet come to, full behind it. */
  line({ values, colour, dash, dots }, y) {
    const at = this.reached(this.step);
    const path = (from, to) => {
      let d = "";
      let pen = "M";
      for (let word = from; word < to; word++) {
        if (values[word] === null) pen = "M";
        else {
          d += `${pen}${this.x(word).toFixed(1)} ${y(values[word]).toFixed(1)}`;
          pen = "L";
        }
      }
      return d;
    };
    const style = { fill: "none", stroke: colour, "stroke-dasharray": dash, "stroke-linejoin": "round" };
    this.picture.append(svg("path", { ...style, d: path(0, Math.min(at + 1, values.length)), "stroke-width": 1.4, "stroke-opacity": 0.4 }));
    this.picture.append(svg("path", { ...style, d: path(at, values.length), "stroke-width": 2.2 }));
    if (!dots) return;
    const radius = Math.max(1.2, Math.min(3.2, this.inner / values.length / 3));
    for (let word = at; word < values.length; word++) {
      if (values[word] === null) continue;
      const now = word === at;
      this.picture.append(svg("circle", { cx: this.x(word), cy: y(values[word]), r: now ? radius + 3 : radius, fill: colour }));
    }
  }

  /** Bars of what each step did to this gradient under a line of the most that it could do to any. */
  factors(top) {
    const { data } = this;
    const height = ROOM.factor;
    const known = [...data.stretches, ...data.factors].filter((value) => value !== null && Number.isFinite(value));
    const high = 1.08 * Math.max(1, ...known);
    const y = (value) => top + height - (value / high) * height;
    this.frame(top, height, "factor of each step: what it did, and (line) the most it could do");
    for (const value of ticks(0, high, 2)) this.tick(y(value), String(value));
    const at = this.reached(this.step);
    const wide = Math.max(1, (0.7 * this.inner) / data.words.length);
    for (let word = 1; word < data.words.length; word++) {
      const [did, could] = [data.stretches[word], data.factors[word]];
      const seen = word > at;
      if (did !== null) {
        this.picture.append(svg("rect", { x: this.x(word) - wide / 2, y: y(did), width: wide, height: Math.max(0, top + height - y(did)), fill: data.colour, "fill-opacity": seen ? 0.6 : 0.2 }));
      }
      if (could !== null) {
        const half = this.inner / data.words.length / 2;
        this.picture.append(svg("line", { x1: this.x(word) - half, x2: this.x(word) + half, y1: y(could), y2: y(could), stroke: data.colour, "stroke-width": 2, "stroke-opacity": seen ? 1 : 0.4 }));
      }
    }
    this.picture.append(svg("line", { x1: ROOM.left, x2: ROOM.left + this.inner, y1: y(1), y2: y(1), stroke: this.colour(0.6), "stroke-dasharray": "2 3" }));
    return top + height + ROOM.gap;
  }

  /** The words under their places, or their numbers where there is no room. */
  places(top, named) {
    const { words } = this.data;
    const at = this.reached(this.step);
    if (named) {
      words.forEach((word, i) => {
        const [x, y] = [this.x(i), top + 14];
        const short = word.length > 12 ? `${word.slice(0, 11)}…` : word || "·";
        this.picture.append(this.text(short, x, y, { "text-anchor": "end", transform: `rotate(-50 ${x} ${y})`, fill: this.colour(i === at ? 1 : 0.75), "font-weight": i === at ? 700 : 400 }));
      });
      return;
    }
    const every = Math.max(1, Math.ceil((words.length * 34) / this.inner));
    for (let i = 0; i < words.length; i += every) this.picture.append(this.text(String(i + 1), this.x(i), top + 16, { "text-anchor": "middle" }));
    this.picture.append(this.text("word", ROOM.left + this.inner / 2, top + 33, { "text-anchor": "middle", fill: this.colour(1) }));
  }

  describe(step) {
    const { data } = this;
    const [count, at] = [data.words.length, this.reached(step)];
    const name = (word) => (data.words[word] ? `“${data.words[word]}”` : "padding");
    if (step === 0) {
      return `The loss stands after the last word: the answer gives “${data.label}” ${(100 * data.probability).toFixed(1)} %, and −ln of that is ${data.loss.toPrecision(3)}. Nothing has been passed back yet.`;
    }
    const norm = said(data.logs[at]);
    if (at === count - 1) return `At the state after ${name(at)}, the last word, a gradient of norm ${norm} arrives from the output layer.`;
    const before = count - 1 - at;
    const direct = data.direct ? " Some of it comes straight from the output layer, which reads every state." : "";
    return `At the state after ${name(at)}, ${before} ${before === 1 ? "word" : "words"} before the last, a gradient of norm ${norm} arrives: ${shareSaid(data.left[at])} of the last word's. The step through ${name(at + 1)} multiplied it by ${this.factorSaid(data.stretches[at + 1])}; at most it could have been ${this.factorSaid(data.factors[at + 1])}.${direct}`;
  }
}

function createView(stage, player) {
  return new BackView(stage, player);
}

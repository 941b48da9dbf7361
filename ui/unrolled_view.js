// The network drawn twice: as a loop, and unrolled into one copy of the cell per word, the state passed along as a strip.
//
// data: words [T], unknown [T], lost [words that are not read], cell (its name), inputs [T][D], input_limit, state_limit,
//   rows (layers from the bottom up: name, backward, states [T+1][U] in reading order with the start state first, weights or
//   null), answers [T] of {label, share, index} or null, asked ("last", "every" or "so far"), label_colours, unit or null.

const STRIP_PX = [72, 112]; // least and most height of a state strip
const KERNELS = [
  { name: "recurrent", letter: "U", from: "unit", title: "Recurrent weight" },
  { name: "kernel", letter: "W", from: "feature", title: "Input weight" },
];

function stripHeight(units) {
  return Math.max(STRIP_PX[0], Math.min(STRIP_PX[1], units * 8));
}

class UnrolledView {
  constructor(stage, player) {
    this.stage = stage;
    this.player = player;
    this.kernels = new Kernels(stage, "Point at one weight: the same number lights up in every copy.");
    this.loop = el("div", "loop");
    this.copies = el("div", "copies");
    this.scroller = scrollable("The network unrolled over the words", this.copies);
    this.legend = el("div", "legend");
    const loopPart = el("figure", "part loop-part", [el("figcaption", "", "The loop"), this.loop]);
    const copiesPart = el("figure", "part", [el("figcaption", "", "The same loop, unrolled in time"), this.scroller]);
    stage.append(el("div", "pictures", [loopPart, copiesPart]), this.kernels.words, this.legend);
  }

  update(data, theme) {
    this.data = data;
    this.theme = theme;
    this.steps = data.words.length;
    this.kernels.clear();
    data.rows.forEach((row, number) => this.addKernels(row, number));
    const width = this.kernels.width;
    this.stage.style.setProperty("--cell", `${Math.max(CELL_PX, width ? width + 36 : 0)}px`);
    this.stage.style.setProperty("--strip", `${stripHeight(data.rows[0].states[0].length)}px`);
    this.columns = data.words.map((word, t) => this.column(word, t));
    this.copies.replaceChildren(this.starts(false), ...this.columns.map((column) => column.node));
    if (data.rows.some((row) => row.backward)) this.copies.append(this.starts(true));
    if (data.lost.length) this.copies.append(this.lostWords(data.lost));
    this.loopColumn = this.column(data.words[0], 0, true);
    this.loop.replaceChildren(this.loopColumn.node);
    this.drawLegend();
    this.kernels.point(this.kernels.pointed);
  }

  addKernels(row, number) {
    if (!row.weights) return;
    const copies = this.steps === 1 ? "the one copy" : `all ${this.steps} copies`;
    for (const { name, from, title } of KERNELS) {
      this.kernels.add(`${name}-${number}`, row.weights[name], row.weights.limit, this.theme, (gate, r, c, value) => {
        const into = row.weights.gates.length > 1 ? `, ${row.weights.gates[gate]}` : "";
        const place = `from ${from} ${r + 1} to unit ${c + 1}${into}`;
        return `${title} ${place}: ${signed(value, 3)} in ${copies}. It is stored once and used at every step.`;
      });
    }
  }

  /** One copy of every layer's cell over one word. */
  column(word, t, isLoop = false) {
    const { data } = this;
    const node = el("div", isLoop ? "col is-loop" : "col");
    const layers = data.rows.map((row, number) => this.layer(row, number, t, isLoop));
    const input = el("div", "input", [strip([data.inputs[t]], data.input_limit, this.theme)]);
    const name = el("div", data.unknown[t] ? "word unknown" : "word", word);
    name.title = data.unknown[t] ? `${word}: not in the vocabulary, read as the unknown word` : word;
    const answer = el("div", "answer");
    node.append(answer, ...layers.map((layer) => layer.node).reverse(), el("div", "up"), input, name, el("div", "tag reads", "reads"));
    if (!isLoop) node.addEventListener("click", () => this.player.choose(t));
    return { node, layers, input, name, answer, t, isLoop };
  }

  layer(row, number, t, isLoop) {
    const at = row.backward ? this.steps - 1 - t : t; // how many states came before this one in reading order
    const state = this.state(row, number, at + 1);
    const body = el("div", "body", [el("div", "pass"), this.cell(row, number, isLoop), el("div", "pass out"), state.node]);
    if (isLoop) body.append(el("div", "around"), el("div", "around-up"));
    const node = el("div", row.backward ? "layer backward" : "layer", [body]);
    if (number > 0) node.append(el("div", "up"));
    if (isLoop && row.name) node.append(el("div", "layer-name", row.name));
    return { node, state, at, row };
  }

  cell(row, number, isLoop) {
    const cell = el("div", "cell", [el("div", "cell-name", this.data.cell)]);
    if (row.weights) cell.append(...KERNELS.map(({ name, letter }) => this.kernels.copy(`${name}-${number}`, letter, isLoop)));
    return cell;
  }

  /** The strip of one state: `count` words have been read. */
  state(row, number, count) {
    const canvas = strip(row.states[count].map((value) => [value]), this.data.state_limit, this.theme);
    canvas.style.height = `${stripHeight(row.states[0].length)}px`;
    const mark = el("i", "unit-mark");
    const frame = el("div", "frame", [canvas, mark]);
    const node = el("div", "state", [el("div", "tag", ""), frame, el("div", "name", `h${subscript(count)}`)]);
    const unitAt = (event) => {
      const box = frame.getBoundingClientRect();
      const units = row.states[0].length;
      return Math.max(0, Math.min(units - 1, Math.floor(((event.clientY - box.top) / box.height) * units)));
    };
    frame.addEventListener("pointermove", (event) => {
      const unit = unitAt(event);
      frame.title = `unit ${unit + 1}: ${signed(row.states[this.countOf(node, count)][unit], 3)}`;
    });
    frame.addEventListener("click", (event) => {
      event.stopPropagation();
      const step = Math.max(0, this.countOf(node, count) - 1);
      const place = row.backward ? this.steps - 1 - step : step;
      this.player.choose(place, { unit: unitAt(event), layer: number });
    });
    return { node, frame, canvas, mark, count };
  }

  countOf(node, count) {
    return node.closest(".is-loop") ? this.step + 1 : count;
  }

  /** The state before the first word, at the left end, or at the right end for the layers that read backwards. */
  starts(backward) {
    const node = el("div", "col starts");
    const layers = this.data.rows.map((row, number) => {
      const ghost = this.cell(row, number, false); // as high as the copies, so that the strip stands beside them
      ghost.classList.add("ghost");
      const body = el("div", "body", [ghost, ...(row.backward === backward ? [this.state(row, number, 0).node] : [])]);
      const layer = el("div", row.backward ? "layer backward" : "layer", [body]);
      if (number > 0) layer.append(el("div", "up none"));
      return layer;
    });
    node.append(el("div", "answer"), ...layers.reverse(), el("div", "up none"), el("div", "start-words", "start: zeros"));
    return node;
  }

  lostWords(words) {
    const list = el("div", "lost-list", words.map((word) => el("s", "", word)));
    return el("div", "col lost", [el("strong", "", `${words.length} ${words.length === 1 ? "word" : "words"} not read`), list]);
  }

  /** What the output layer says of the state after word t, or that it has not been asked yet. */
  fillAnswer({ answer: place, t, isLoop }, step) {
    const answer = this.data.answers?.[t];
    const last = t === this.steps - 1;
    place.replaceChildren();
    const unasked = this.data.asked === "last" && !last;
    if (this.data.asked === "so far" && t > step && !last) return;
    if (!answer || (unasked && !isLoop)) return;
    const box = el("div", "box");
    place.append(box);
    if (t > step || unasked) {
      box.classList.add("waiting");
      box.append(el("span", "", "answer"), el("div", "up"));
      return;
    }
    box.classList.toggle("so-far", this.data.asked === "so far" && !last);
    const share = el("i", "share");
    share.style.width = `${100 * answer.share}%`;
    share.style.background = this.data.label_colours[answer.index % this.data.label_colours.length];
    const label = el("span", "label", answer.label);
    label.title = answer.label;
    box.append(label, el("span", "percent", percent(answer.share)), el("div", "meter", [share]), el("div", "up"));
  }

  drawLegend() {
    const { data } = this;
    const limits = [["state h", data.state_limit], ["word", data.input_limit]];
    const weights = data.rows.find((row) => row.weights)?.weights;
    if (weights) limits.push(["weights", weights.limit]);
    fillLegend(this.legend, limits, weights?.cropped ?? "", this.theme);
  }

  show(step) {
    for (const column of this.columns) {
      column.node.classList.toggle("now", column.t === step);
      column.node.classList.toggle("future", column.t > step);
      this.fillAnswer(column, step);
      for (const { node, state, at, row } of column.layers) {
        const now = row.backward ? at === step : column.t === step;
        node.classList.toggle("now", now);
        node.classList.toggle("future", at > step);
        state.node.classList.toggle("read", at + 1 === step);
        state.node.querySelector(".tag").textContent = now ? "writes" : at + 1 === step ? "reads" : "";
      }
    }
    for (const state of this.copies.querySelectorAll(".starts .state")) {
      state.classList.toggle("read", step === 0);
      state.querySelector(".tag").textContent = step === 0 ? "reads" : "";
    }
    this.showLoop(step);
    this.markUnit();
    keepInSight(this.scroller, this.columns[step].node, this.step === undefined);
    this.step = step;
  }

  showLoop(step) {
    const { data, loopColumn } = this;
    paint(loopColumn.input.firstChild, [data.inputs[step]], data.input_limit, this.theme);
    loopColumn.name.textContent = data.words[step];
    loopColumn.node.classList.add("now");
    for (const { state, row } of loopColumn.layers) {
      paint(state.canvas, row.states[step + 1].map((value) => [value]), data.state_limit, this.theme);
      state.node.querySelector(".name").textContent = `h${subscript(step + 1)}`;
    }
    this.fillAnswer({ ...loopColumn, t: step }, step);
  }

  markUnit() {
    const { unit } = this.player.picked.unit === undefined ? this.data : this.player.picked;
    this.stage.classList.toggle("with-unit", Number.isInteger(unit));
    if (!Number.isInteger(unit)) return;
    const units = this.data.rows[0].states[0].length;
    this.stage.style.setProperty("--unit-top", `${(100 * unit) / units}%`);
    this.stage.style.setProperty("--unit-height", `${100 / units}%`);
  }

  describe(step) {
    const { data } = this;
    const word = `“${data.words[step]}”${data.unknown[step] ? " (not in the vocabulary: read as the unknown word)" : ""}`;
    const before = step === 0 ? "the start state, all zeros" : `the state after “${data.words[step - 1]}”`;
    const sentence = `Step ${step + 1}: the cell reads ${word} and ${before}, and writes the state h${subscript(step + 1)}.`;
    const answer = data.answers?.[step];
    const asked = data.asked !== "last" || step === this.steps - 1;
    if (!answer || !asked) return sentence;
    const name = data.asked === "so far" && step < this.steps - 1 ? "Answer so far" : "Answer";
    return `${sentence} ${name}: ${answer.label}, ${percent(answer.share)}.`;
  }
}

function createView(stage, player) {
  return new UnrolledView(stage, player);
}

// A network without a loop, drawn as the unrolled one is: a fixed number of places, and in red what does not fit.
//
// data: kind ("dense" or "conv1d"), places [P word or null for padding], inputs [P][D], input_limit, lost [words], head (the box
//   above all places), kernels [P][D][U] for dense, [1][k][D] (the first filter) for conv1d, weight_limit, kernel_size, cropped.

class WindowView {
  constructor(stage, player) {
    this.stage = stage;
    this.player = player;
    this.kernels = new Kernels(stage, "Point at one weight to see where it is used.");
    this.copies = el("div", "copies");
    this.head = el("div", "head");
    this.canvas = el("div", "window", [this.head, this.copies]);
    this.scroller = scrollable("The places of the network and the words in them", this.canvas);
    this.legend = el("div", "legend");
    stage.append(this.scroller, this.kernels.words, this.legend);
  }

  update(data, theme) {
    this.data = data;
    this.theme = theme;
    this.kernels.clear();
    data.kernels.forEach((block, number) => this.addKernel(block, number));
    this.stage.style.setProperty("--cell", `${Math.max(CELL_PX, this.kernels.width + 40)}px`);
    this.stage.style.setProperty("--places", data.places.length);
    this.head.replaceChildren(el("span", "", data.head));
    this.columns = [...data.places.map((word, p) => this.place(word, p)), ...data.lost.map((word) => this.lost(word))];
    this.copies.replaceChildren(...this.columns);
    this.columns.forEach((node, t) => node.addEventListener("click", () => this.player.choose(t)));
    fillLegend(this.legend, [["word", data.input_limit], ["weights", data.weight_limit]], data.cropped, theme);
    this.kernels.point(this.kernels.pointed);
  }

  addKernel(block, number) {
    const { data } = this;
    const shared = data.kind === "conv1d";
    this.kernels.add(`place-${number}`, [block], data.weight_limit, this.theme, (gate, r, c, value) => {
      if (shared) {
        const name = `First filter, word ${r + 1} of ${data.kernel_size} under it, feature ${c + 1}`;
        return `${name}: ${signed(value, 3)}, used at all ${data.places.length} places.`;
      }
      const name = `Place ${number + 1}, feature ${r + 1} to unit ${c + 1}`;
      return `${name}: ${signed(value, 3)}, used at this place and at no other: every place has weights of its own.`;
    });
  }

  place(word, p) {
    const { data } = this;
    const shared = data.kind === "conv1d";
    const cell = el("div", "cell", [
      el("div", "cell-name", shared ? "filters" : `place ${p + 1}`),
      this.kernels.copy(`place-${shared ? 0 : p}`, shared ? "F" : `W${subscript(p + 1)}`, p === 0),
    ]);
    const empty = word === null;
    const input = el("div", "input", [strip([data.inputs[p]], data.input_limit, this.theme)]);
    const node = el("div", empty ? "col padded" : "col", [el("div", "up"), el("div", "body", [cell]), el("div", "up"), input]);
    node.append(el("div", "word", empty ? "padding" : word));
    return node;
  }

  lost(word) {
    const cross = el("div", "cell", [el("strong", "cross", "✕"), el("span", "", "no place")]);
    const name = el("div", "word", [el("s", "", word)]);
    return el("div", "col lost", [el("div", "body", [cross]), el("div", "up none"), name, el("div", "tag", "lost")]);
  }

  show(step) {
    const { data } = this;
    const half = data.kind === "conv1d" ? Math.floor(data.kernel_size / 2) : 0;
    const last = step + data.kernel_size - 1 - Math.floor((data.kernel_size - 1) / 2);
    this.columns.forEach((node, t) => {
      node.classList.toggle("now", t === step);
      const under = data.kind === "conv1d" && step < data.places.length && t < data.places.length;
      node.classList.toggle("under", under && t >= last - data.kernel_size + 1 && t <= last && half > 0);
    });
    keepInSight(this.scroller, this.columns[step], this.step === undefined);
    this.step = step;
  }

  describe(step) {
    const { data } = this;
    if (step >= data.places.length) {
      return `“${data.lost[step - data.places.length]}” is word ${this.wordNumber(step)}: there is no place for it, so it is cut off and the network never sees it.`;
    }
    const word = data.places[step];
    if (data.kind === "dense") {
      if (word === null) return `Place ${step + 1} is empty: it is padded with zeros, and its weights have nothing to do.`;
      return `Place ${step + 1}: “${word}” meets the weights W${subscript(step + 1)}, which serve this place alone.`;
    }
    const last = step + data.kernel_size - 1 - Math.floor((data.kernel_size - 1) / 2);
    const under = data.places.slice(Math.max(0, last - data.kernel_size + 1), last + 1).filter((name) => name !== null);
    if (!under.length) return `Place ${step + 1}: nothing but padding is under the filters.`;
    return `Place ${step + 1}: the filters, the same as everywhere, see “${under.join(" ")}” and nothing else.`;
  }

  wordNumber(step) {
    return this.data.places.filter((word) => word !== null).length + step - this.data.places.length + 1;
  }
}

function createView(stage, player) {
  return new WindowView(stage, player);
}

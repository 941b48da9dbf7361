// The hidden state after every word as a path, played word by word; beside it the word, the state as a strip, the answer so far.
//
// data: plane (see states_plane.js), cloud [M][D], cloud_labels [M], name (of a saved file), limit (of the states), quantity,
//   paths of {words, unknown, start [D], points [T][D], moved [T], shares [T][K] or null, states (packed [T][W]), colour, title}.

const MOST_WORDS_DRAWN = 60;

class PathView {
  constructor(stage, player) {
    this.player = player;
    this.side = el("div", "side");
    this.plane = new StatePlane("The path of the hidden state through the plane", "states");
    this.plane.draw = () => this.data && this.draw();
    stage.append(el("div", "split", [this.plane.node, this.side]));
    this.plane.picture.addEventListener("click", (event) => this.pick(event));
  }

  update(data, theme) {
    this.data = data;
    this.theme = theme;
    this.strips = data.paths.map((path) => (path.states ? unpack(path.states) : null));
    const points = [...data.cloud, ...data.paths.flatMap((path) => [path.start, ...path.points])];
    this.plane.name = data.name;
    this.plane.set(data.plane, points, theme);
    this.cards = data.paths.map((path, number) => this.card(path, number));
    this.side.replaceChildren(...this.cards.map((card) => card.node));
    this.side.classList.toggle("many", data.paths.length > 2);
  }

  card(path, number) {
    const few = this.data.paths.length <= 2;
    const word = el("strong", "word");
    const answer = el("span", "answer");
    const meter = el("div", "meter", [el("i", "share")]);
    const strip = el("canvas", "strip");
    strip.setAttribute("aria-hidden", "true");
    const moved = el("div", "meter moved", [el("i", "share")]);
    const movedText = el("span", "faint");
    const dot = el("i", "dot");
    dot.style.background = path.colour;
    const title = this.data.paths.length > 1 ? [el("div", "title", [dot, el("span", "", `${number + 1}. ${path.title}`)])] : [];
    const node = el("div", "card", [...title, el("div", "now-word", [word]), el("div", "line", [answer]), meter]);
    if (few) {
      const named = path.units > path.shown_units ? `${this.data.quantity}: first ${path.shown_units} of ${path.units} units` : `${this.data.quantity}: ${path.units} units`;
      node.append(el("div", "faint", named), strip, el("div", "line", [movedText]), moved);
    }
    return { node, word, answer, meter, strip, moved, movedText };
  }

  /** A click near a point of the first path goes to its step. */
  pick(event) {
    const box = this.plane.picture.getBoundingClientRect();
    const at = [event.clientX - box.left, event.clientY - box.top];
    let best = [18, -1];
    this.data.paths[0].points.forEach((point, step) => {
      const distance = Math.hypot(...this.plane.pixel(point).map((value, i) => value - at[i]));
      if (distance < best[0]) best = [distance, step];
    });
    if (best[1] >= 0) this.player.choose(best[1]);
  }

  show(step) {
    this.step = step;
    this.data.paths.forEach((path, number) => this.fill(path, number, Math.min(step, path.points.length - 1)));
    this.draw();
  }

  fill(path, number, t) {
    const card = this.cards[number];
    card.word.textContent = path.words[t];
    card.word.classList.toggle("unknown", path.unknown[t]);
    card.word.title = path.unknown[t] ? "not in the vocabulary: read as the unknown word" : "";
    card.node.classList.toggle("ended", this.step > t);
    card.meter.hidden = !path.shares;
    if (path.shares) {
      const best = path.shares[t].indexOf(Math.max(...path.shares[t]));
      const bar = card.meter.firstChild;
      bar.style.width = `${100 * path.shares[t][best]}%`;
      bar.style.background = this.data.plane.label_colours[best];
      card.answer.textContent = `${this.data.plane.labels[best]} ${(100 * path.shares[t][best]).toFixed(0)} %`;
    }
    const states = this.strips[number];
    if (states) paint(card.strip, [states[t]], this.data.limit, this.theme);
    card.movedText.textContent = `moved ${path.moved[t].toFixed(2)}`;
    card.moved.firstChild.style.width = `${(100 * path.moved[t]) / Math.max(...path.moved, 1e-9)}%`;
  }

  draw() {
    const { plane, data } = this;
    plane.begin();
    plane.cloud(data.cloud, data.cloud_labels);
    const many = data.paths.length > 2;
    const words = [];
    data.paths.forEach((path, number) => {
      const t = Math.min(this.step, path.points.length - 1);
      const all = [path.start, ...path.points];
      plane.line(all.slice(t + 1), path.colour, { "stroke-opacity": 0.25, "stroke-width": 1.6 });
      plane.line(all.slice(0, t + 2), path.colour);
      plane.dots([path.start], path.colour, 0.5);
      if (!many) plane.dots(path.points.slice(0, t + 1), path.colour, 1);
      plane.ring(path.points[t], path.colour, many ? 8 : 7);
      words.push({ point: path.points[t], word: many ? `${number + 1}` : path.words[t], bold: true, order: -1 });
      if (!many) path.points.forEach((point, i) => {
        if (i < t && t - i < MOST_WORDS_DRAWN) words.push({ point, word: path.words[i], bold: false, order: t - i });
      });
      if (number === 0) words.push({ point: path.start, word: "start", bold: false, order: 0.5 });
    });
    plane.words(words.sort((a, b) => a.order - b.order));
  }

  describe(step) {
    return this.data.paths.slice(0, 2).map((path) => {
      const t = Math.min(step, path.points.length - 1);
      const moved = path.moved.slice().sort((a, b) => a - b)[Math.floor(path.moved.length / 2)];
      let sentence = `After “${path.words[t]}” (word ${t + 1} of ${path.words.length}) the ${this.data.quantity} has moved ${path.moved[t].toFixed(2)}, where ${moved.toFixed(2)} is usual in this text`;
      if (path.shares) {
        const best = path.shares[t].indexOf(Math.max(...path.shares[t]));
        sentence += `; the answer would be ${this.data.plane.labels[best]}, ${(100 * path.shares[t][best]).toFixed(0)} %`;
      }
      return `${sentence}.`;
    }).join(" ");
  }
}

function createView(stage, player) {
  return new PathView(stage, player);
}

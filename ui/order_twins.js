// Two sentences word under word, each word with the hidden state after it, and between the two states how far they are apart.
//
// data: words [2][S], lengths [2], unknown [2][S], states [2][S][U], limit, distance [S], farthest, answers [2][S] { label, share }.

class TwinsView {
  constructor(stage, player) {
    this.player = player;
    this.columns = el("div", "twins");
    this.scroller = scrollable("Both sentences, word by word", this.columns);
    this.legend = el("div", "legend");
    stage.append(this.scroller, this.legend);
  }

  update(data, theme) {
    this.data = data;
    this.nodes = data.distance.map((distance, t) => {
      const bar = el("i");
      bar.style.height = `${(100 * distance) / (data.farthest || 1)}%`;
      const apart = el("div", distance ? "apart" : "apart none", [bar, el("span", "", distance.toFixed(2))]);
      const node = el("div", "twin", [this.word(0, t), this.state(0, t, theme), apart, this.state(1, t, theme), this.word(1, t)]);
      node.classList.toggle("same", data.words[0][t] === data.words[1][t]);
      node.addEventListener("click", () => this.player.choose(t));
      return node;
    });
    this.columns.replaceChildren(...this.nodes);
    fillLegend(this.legend, [["state", data.limit]], "The bars between the two rows are the distance between the two states.", theme);
  }

  word(number, t) {
    const { words, unknown } = this.data;
    const node = el("div", unknown[number][t] ? "word unknown" : "word", words[number][t]);
    if (unknown[number][t]) node.title = "outside the vocabulary";
    return node;
  }

  state(number, t, theme) {
    return strip([this.data.states[number][t]], this.data.limit, theme);
  }

  show(step) {
    this.nodes.forEach((node, t) => {
      node.classList.toggle("now", t === step);
      node.classList.toggle("later", t > step);
    });
    keepInSight(this.scroller, this.nodes[step], this.step === undefined);
    this.step = step;
  }

  describe(step) {
    const { words, lengths, distance, answers } = this.data;
    const [one, other] = [0, 1].map((number) => {
      const answer = answers[number][step];
      return `${answer.label} ${percent(answer.share)}`;
    });
    const [word, twin] = [0, 1].map((number) => (step < lengths[number] ? `“${words[number][step]}”` : "its end"));
    const read = word === twin ? word : `${word} and ${twin}`;
    const apart = distance[step] ? `the states are ${distance[step].toFixed(3)} apart` : "the two states are the same, to the last bit";
    return `After ${read} ${apart}. Answer so far: ${one} for the first sentence, ${other} for the second.`;
  }
}

function createView(stage, player) {
  return new TwinsView(stage, player);
}

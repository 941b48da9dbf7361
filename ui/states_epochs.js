// One text's path through the network before its training and after epochs of it: the steps of the playback are epochs.
//
// data: plane (see states_plane.js; its logits are those of the last epoch), logits [E][K][3], words [T], starts [E][D],
//   points [E][T][D], shares [E][K] (the answer to the whole text), clouds [E][M][D], cloud_labels [M], names [E],
//   accuracies [E] of {value, low, high}, texts (how many real texts), colour, name.

class EpochsView {
  constructor(stage, player) {
    this.player = player;
    this.plane = new StatePlane("The same text through the network after an epoch", "epochs");
    this.plane.draw = () => this.data && this.draw();
    this.title = el("strong", "word");
    this.answer = el("div", "line");
    this.meter = el("div", "meter", [el("i", "share")]);
    this.accuracy = el("div", "line");
    this.accuracyMeter = el("div", "meter moved", [el("i", "share")]);
    const card = el("div", "card", [el("div", "now-word", [this.title]), this.answer, this.meter, this.accuracy, this.accuracyMeter]);
    stage.append(el("div", "split", [this.plane.node, el("div", "side", [card])]));
  }

  update(data, theme) {
    this.data = data;
    this.theme = theme;
    this.plane.name = data.name;
    this.plane.set(data.plane, [...data.clouds.flat(), ...data.points.flat(), ...data.starts], theme);
  }

  show(step) {
    this.step = step;
    const { data } = this;
    const best = data.shares[step].indexOf(Math.max(...data.shares[step]));
    this.title.textContent = data.names[step];
    this.answer.textContent = `this text: ${data.plane.labels[best]} ${(100 * data.shares[step][best]).toFixed(0)} %`;
    this.meter.firstChild.style.width = `${100 * data.shares[step][best]}%`;
    this.meter.firstChild.style.background = data.plane.label_colours[best];
    const { value, low, high } = data.accuracies[step];
    this.accuracy.textContent = `${data.texts.toLocaleString("en")} real texts: ${(100 * value).toFixed(1)} % right (${(100 * low).toFixed(0)} to ${(100 * high).toFixed(0)})`;
    this.accuracyMeter.firstChild.style.width = `${100 * value}%`;
    this.draw();
  }

  draw() {
    const { plane, data, step } = this;
    plane.plane = { ...data.plane, logits: data.logits[step] };
    plane.begin();
    plane.cloud(data.clouds[step], data.cloud_labels);
    const points = data.points[step];
    plane.line([data.starts[step], ...points], data.colour);
    plane.dots(points, data.colour, 1);
    const last = points.length - 1;
    plane.ring(points[last], data.colour);
    const rest = points.slice(0, last).map((point, i) => ({ point, word: data.words[i], bold: false })).reverse().slice(0, 40);
    plane.words([{ point: points[last], word: data.words[last], bold: true }, ...rest]);
  }

  describe(step) {
    const { data } = this;
    const best = data.shares[step].indexOf(Math.max(...data.shares[step]));
    const { value } = data.accuracies[step];
    const name = data.names[step][0].toUpperCase() + data.names[step].slice(1);
    return `${name}: ${(100 * value).toFixed(1)} % of the real texts get the right answer; this text gets ${data.plane.labels[best]}, ${(100 * data.shares[step][best]).toFixed(0)} %.`;
  }
}

function createView(stage, player) {
  return new EpochsView(stage, player);
}

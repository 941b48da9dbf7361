// The one way to move through time steps: step back, play or pause, step forward, scrub, and the same keys everywhere.
//
// A view's script is put after this one and defines
//   createView(stage, player) -> { update(data, theme), show(step), describe(step) }
// where stage is an empty element to draw in. Playing happens here, in the browser; Python hears of a step only when the
// visitor rests on it and the page asked for reports. Texts are set as textContent, never as HTML.

const PLAYERS = new WeakMap();
const SETTLED_MS = 350; // a visitor who stays this long on a step has chosen it
const WHOLE_TEXT_MS = 30000; // a long text plays faster, so that none takes longer than this
const SLOWEST_MS = 900;
const FASTEST_MS = 90;
const ICONS = {
  back: "M6 5v14M19 5 9 12l10 7z",
  play: "M7 4v16l13-8z",
  pause: "M7 4h3.5v16H7zM13.5 4H17v16h-3.5z",
  forward: "M18 5v14M5 5l10 7-10 7z",
};

/** An element with a class, and either text or children. */
function el(tag, className, content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (Array.isArray(content)) node.append(...content);
  else if (content !== undefined) node.textContent = content;
  return node;
}

/** An SVG element with attributes. */
function svg(tag, attributes, children = []) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Red, green and blue of any CSS colour. */
function rgb(colour) {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

/** The colours of the page as it stands: background, whether it is dark, and the two ends of the scale around zero. */
function readTheme(root, colours) {
  const background = rgb(getComputedStyle(root).getPropertyValue("--st-background-color") || "white");
  const dark = 0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2] < 128;
  const [negative, positive] = (dark ? colours.dark : colours.light).map(rgb);
  return { background, dark, negative, positive };
}

/** The colour of a number on the scale from -limit over 0 (the background) to +limit. */
function diverging(value, limit, theme) {
  const end = value < 0 ? theme.negative : theme.positive;
  const share = Math.min(1, Math.abs(value) / (limit || 1)) ** 0.75;
  return theme.background.map((zero, i) => Math.round(zero + (end[i] - zero) * share));
}

/** Draws rows of numbers as one pixel each; CSS makes the pixels large. */
function paint(canvas, rows, limit, theme) {
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((value, i) => image.data.set([...diverging(value, limit, theme), 255], 4 * i));
  context.putImageData(image, 0, 0);
}

function signed(value, digits = 2) {
  return (value < 0 ? "−" : "") + Math.abs(value).toFixed(digits);
}

function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" }, [svg("path", { d: ICONS[name] })]);
}

class Player {
  constructor(parent) {
    this.step = 0;
    this.steps = 0;
    this.picked = {}; // what else the visitor chose in the view, such as a unit
    this.timer = null;
    this.settling = null;
    this.root = el("section", "player");
    this.stage = el("div", "stage");
    this.buttons = {
      back: this.button("back", "Step back (left arrow)", () => this.move(-1)),
      play: this.button("play", "Play (space)", () => this.toggle()),
      forward: this.button("forward", "Step forward (right arrow)", () => this.move(1)),
    };
    this.scrub = el("input", "scrub");
    Object.assign(this.scrub, { type: "range", min: "0", step: "1" });
    this.scrub.setAttribute("aria-label", "Time step");
    this.scrub.addEventListener("input", () => this.choose(Number(this.scrub.value)));
    this.place = el("span", "place");
    this.words = el("p", "words");
    this.words.setAttribute("aria-live", "polite");
    const bar = el("div", "bar", [...Object.values(this.buttons), this.scrub, this.place]);
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Playback");
    this.root.append(this.stage, bar, this.words);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.follow = (event) => this.hear(event.detail);
    window.addEventListener("unrolled:step", this.follow);
    parent.append(this.root);
    this.view = createView(this.stage, this);
  }

  button(name, label, action) {
    const node = el("button", name, [icon(name)]);
    node.type = "button";
    node.setAttribute("aria-label", label);
    node.title = label;
    node.addEventListener("click", action);
    return node;
  }

  /** New data from Python, or a new theme: the visitor stays where they were, and at the end if they were at the end. */
  update(data, report) {
    const first = this.steps === 0;
    const atEnd = first || this.step === this.steps - 1;
    this.data = data;
    this.report = data.report ? report : null;
    this.steps = data.steps;
    if (first || (data.start !== this.start && data.start !== this.reported?.step)) this.step = data.start ?? this.steps - 1;
    else if (atEnd) this.step = this.steps - 1;
    this.start = data.start;
    this.step = Math.max(0, Math.min(this.step, this.steps - 1));
    if (first) this.reported = { step: this.step };
    this.root.setAttribute("aria-label", data.label);
    this.root.hidden = this.steps === 0;
    if (this.steps === 0) return this.stop();
    const theme = readTheme(this.root, data.colours);
    this.root.classList.toggle("dark", theme.dark);
    this.view.update(data.view, theme);
    this.scrub.max = String(this.steps - 1);
    this.scrub.disabled = this.steps < 2;
    this.show();
  }

  show() {
    this.view.show(this.step);
    const sentence = this.view.describe(this.step);
    const names = this.data.names;
    this.scrub.value = String(this.step);
    this.scrub.style.setProperty("--done", `${(100 * this.step) / Math.max(1, this.steps - 1)}%`);
    this.scrub.setAttribute("aria-valuetext", `${names[this.step]}, step ${this.step + 1} of ${this.steps}`);
    this.place.textContent = `${this.step + 1} / ${this.steps}`;
    this.words.textContent = sentence;
    this.buttons.back.disabled = this.step === 0;
    this.buttons.forward.disabled = this.step === this.steps - 1;
  }

  /** The visitor chose a step: playing ends. */
  choose(step, picked = {}) {
    this.stop();
    Object.assign(this.picked, picked);
    this.go(step);
  }

  move(by) {
    this.choose(this.step + by);
  }

  go(step) {
    this.step = Math.max(0, Math.min(step, this.steps - 1));
    this.show();
    if (this.data.group) {
      const detail = { group: this.data.group, step: this.step, from: this };
      window.dispatchEvent(new CustomEvent("unrolled:step", { detail }));
    }
    this.settle();
  }

  /** Another component of the same group moved. */
  hear({ group, step, from }) {
    if (from === this || !this.data?.group || group !== this.data.group || !this.steps) return;
    this.stop();
    this.step = Math.max(0, Math.min(step, this.steps - 1));
    this.show();
  }

  toggle() {
    if (this.timer !== null) {
      this.stop();
      this.settle();
      return;
    }
    if (this.step === this.steps - 1) this.go(0);
    clearTimeout(this.settling); // a visitor who plays does not rest
    this.words.setAttribute("aria-live", "off");
    this.setPlay("pause", "Pause (space)");
    const pace = Math.max(FASTEST_MS, Math.min(SLOWEST_MS, WHOLE_TEXT_MS / this.steps));
    this.timer = setInterval(() => {
      if (this.step < this.steps - 1) this.go(this.step + 1);
      if (this.step === this.steps - 1) {
        this.stop();
        this.settle();
      }
    }, pace);
  }

  stop() {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    this.words.setAttribute("aria-live", "polite");
    this.setPlay("play", "Play (space)");
  }

  setPlay(name, label) {
    this.buttons.play.replaceChildren(icon(name));
    this.buttons.play.setAttribute("aria-label", label);
    this.buttons.play.title = label;
  }

  /** Tells Python where the visitor rests, once they do. */
  settle() {
    clearTimeout(this.settling);
    if (this.timer !== null || !this.report) return;
    this.settling = setTimeout(() => {
      const at = { step: this.step, ...this.picked };
      if (JSON.stringify(at) === JSON.stringify(this.reported)) return;
      this.reported = at;
      this.report("at", at);
    }, SETTLED_MS);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const onButton = event.composedPath()[0]?.tagName === "BUTTON";
    const actions = {
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      Home: () => this.choose(0),
      End: () => this.choose(this.steps - 1),
      " ": () => this.toggle(),
    };
    if (!(event.key in actions) || (event.key === " " && onButton)) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }

  close() {
    this.stop();
    clearTimeout(this.settling);
    window.removeEventListener("unrolled:step", this.follow);
    this.root.remove();
  }
}

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  let player = PLAYERS.get(parentElement);
  if (!player) {
    player = new Player(parentElement);
    PLAYERS.set(parentElement, player);
  }
  player.update(data, setStateValue);
  return () => {
    player.close();
    PLAYERS.delete(parentElement);
  };
}

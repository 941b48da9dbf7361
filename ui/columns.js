// What every picture with one column per word is made of: strips of numbers, and kernels of which one weight can be pointed at.

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const CELL_PX = 74; // the least width of a cell
const MATRIX_PX = 56; // the width that a block of weights aims at
const GATE_GAP = 3;

function subscript(number) {
  return [...String(number)].map((digit) => SUBSCRIPTS[digit]).join("");
}

function percent(share) {
  return `${(100 * share).toFixed(0)} %`;
}

/** Rows of numbers as a strip of colour. */
function strip(rows, limit, theme) {
  const canvas = el("canvas", "strip");
  canvas.setAttribute("aria-hidden", "true");
  paint(canvas, rows, limit, theme);
  return canvas;
}

/** Scrolls the columns, never the page, so that one of them is in sight; at once where it is shown for the first time. */
function keepInSight(scroller, column, first) {
  const left = column.offsetLeft - 50;
  const right = column.offsetLeft + column.offsetWidth + 40;
  if (left >= scroller.scrollLeft && right <= scroller.scrollLeft + scroller.clientWidth) return;
  const still = first || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const centred = column.offsetLeft - (scroller.clientWidth - column.offsetWidth) / 2;
  scroller.scrollTo({ left: centred, behavior: still ? "auto" : "smooth" });
}

function scrollable(label, child) {
  const node = el("div", "scroller", [child]);
  node.tabIndex = 0;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", label);
  return node;
}

/** The scale of colour, and what full colour means for each kind of number. */
function fillLegend(node, limits, note, theme) {
  const ramp = el("canvas", "ramp");
  ramp.setAttribute("aria-hidden", "true");
  paint(ramp, [Array.from({ length: 41 }, (_, i) => (i - 20) / 20)], 1, theme);
  const scale = el("span", "scale", [el("span", "", "negative"), ramp, el("span", "", "positive")]);
  const full = limits.map(([name, limit]) => `${name} ±${limit.toPrecision(2)}`).join(", ");
  node.replaceChildren(scale, el("span", "", `Full colour: ${full}. ${note}`));
}

/** How the blocks of the gates lie in one picture of a kernel. */
function layOut(blocks) {
  const [rows, columns] = [blocks[0].length, blocks[0][0].length];
  const pixel = Math.max(2, Math.min(7, Math.floor(MATRIX_PX / Math.max(rows, columns) / (blocks.length > 1 ? 1.35 : 1))));
  const across = blocks.length > 1 ? 2 : 1;
  const [blockWidth, blockHeight] = [columns * pixel, rows * pixel];
  const down = Math.ceil(blocks.length / across);
  return {
    rows,
    columns,
    pixel,
    width: across * blockWidth + (across - 1) * GATE_GAP,
    height: down * blockHeight + (down - 1) * GATE_GAP,
    corner: (gate) => [(gate % across) * (blockWidth + GATE_GAP), Math.floor(gate / across) * (blockHeight + GATE_GAP)],
  };
}

/** Kernels that stand in many copies: each is one picture, and a weight that is pointed at lights up wherever it is used. */
class Kernels {
  constructor(stage, hint) {
    this.stage = stage;
    this.hint = hint;
    this.known = new Map(); // id -> { blocks [G][R][C], layout, say(gate, row, column, value) }
    this.pointed = null;
    this.words = el("p", "weight-words");
    this.words.setAttribute("aria-live", "polite");
  }

  clear() {
    this.known.clear();
  }

  /** Keeps a kernel under an id; `say` tells in words what one weight of it is. */
  add(id, blocks, limit, theme, say) {
    const layout = layOut(blocks);
    this.known.set(id, { blocks, layout, say });
    this.stage.style.setProperty(`--picture-${id}`, this.picture(blocks, layout, limit, theme));
  }

  get width() {
    return Math.max(0, ...[...this.known.values()].map(({ layout }) => layout.width));
  }

  picture(blocks, layout, limit, theme) {
    const canvas = el("canvas");
    [canvas.width, canvas.height] = [layout.width, layout.height];
    const context = canvas.getContext("2d");
    blocks.forEach((block, gate) => {
      const [left, top] = layout.corner(gate);
      block.forEach((row, r) => row.forEach((value, c) => {
        context.fillStyle = `rgb(${diverging(value, limit, theme).join(",")})`;
        context.fillRect(left + c * layout.pixel, top + r * layout.pixel, layout.pixel, layout.pixel);
      }));
    });
    return `url(${canvas.toDataURL()})`;
  }

  /** One copy; the focusable one can be walked with the arrow keys. */
  copy(id, letter, focusable) {
    const { layout } = this.known.get(id);
    const ring = el("i", "ring");
    ring.style.width = ring.style.height = `${layout.pixel + 4}px`;
    const node = el("div", `matrix of-${id}`, [ring]);
    Object.assign(node.style, { width: `${layout.width}px`, height: `${layout.height}px`, backgroundImage: `var(--picture-${id})` });
    const aim = (event) => {
      const box = node.getBoundingClientRect();
      this.point(this.at(id, event.clientX - box.left, event.clientY - box.top));
    };
    node.addEventListener("pointermove", aim);
    node.addEventListener("pointerdown", aim);
    node.addEventListener("click", (event) => event.stopPropagation());
    if (focusable) {
      node.tabIndex = 0;
      node.setAttribute("role", "application");
      node.setAttribute("aria-label", `Weights ${letter}. The arrow keys point at one weight.`);
      node.addEventListener("focus", () => this.point({ id, gate: 0, row: 0, column: 0 }));
      node.addEventListener("keydown", (event) => this.walk(event));
    }
    return el("div", "kernel", [el("span", "letter", letter), node]);
  }

  at(id, x, y) {
    const { blocks, layout } = this.known.get(id);
    for (let gate = 0; gate < blocks.length; gate++) {
      const [left, top] = layout.corner(gate);
      const [column, row] = [Math.floor((x - left) / layout.pixel), Math.floor((y - top) / layout.pixel)];
      if (column >= 0 && column < layout.columns && row >= 0 && row < layout.rows) return { id, gate, row, column };
    }
    return this.pointed;
  }

  walk(event) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (!(event.key in moves) || !this.pointed) return;
    event.preventDefault(); // and so the playback leaves this key alone
    const { layout } = this.known.get(this.pointed.id);
    const [down, right] = moves[event.key];
    const within = (value, most) => Math.max(0, Math.min(most - 1, value));
    const row = within(this.pointed.row + down, layout.rows);
    this.point({ ...this.pointed, row, column: within(this.pointed.column + right, layout.columns) });
  }

  point(weight) {
    const kernel = weight && this.known.get(weight.id);
    const value = kernel?.blocks[weight.gate]?.[weight.row]?.[weight.column];
    this.pointed = value === undefined ? null : weight;
    this.words.hidden = this.known.size === 0;
    this.words.textContent = this.pointed ? kernel.say(weight.gate, weight.row, weight.column, value) : this.hint;
    this.stage.querySelectorAll(".matrix.lit").forEach((node) => node.classList.remove("lit"));
    if (!this.pointed) return;
    const [left, top] = kernel.layout.corner(weight.gate);
    this.stage.style.setProperty("--ring-x", `${left + weight.column * kernel.layout.pixel - 2}px`);
    this.stage.style.setProperty("--ring-y", `${top + weight.row * kernel.layout.pixel - 2}px`);
    this.stage.querySelectorAll(`.of-${weight.id}`).forEach((node) => node.classList.add("lit"));
  }
}

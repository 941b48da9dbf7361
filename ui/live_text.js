// A text box that tells the server what is in it while the visitor still types, after a short pause.
const PAUSE = 200; // milliseconds without a key

export default function (component) {
  const { parentElement, data, setStateValue } = component;
  const box = parentElement.querySelector("textarea");
  const label = parentElement.querySelector("label");
  const count = parentElement.querySelector("output");
  label.firstChild.textContent = data.label;
  box.rows = data.rows;
  box.placeholder = data.placeholder;

  // The server's text wins only where it is new: an answer to an older text must not undo what was typed since.
  if (box.dataset.version !== data.version) {
    box.dataset.version = data.version;
    box.value = data.text;
  }
  const show = () => {
    const words = box.value.split(/\s+/).filter(Boolean).length;
    count.textContent = words === 1 ? "1 word" : `${words.toLocaleString("en")} words`;
  };
  const send = () => setStateValue("text", box.value);
  let timer = null;
  box.oninput = () => {
    show();
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  };
  box.onchange = () => {
    clearTimeout(timer);
    send();
  };
  show();
  return () => clearTimeout(timer);
}

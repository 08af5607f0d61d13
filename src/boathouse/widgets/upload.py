"""Takes a file from the browser: chosen, or dropped on it."""

from __future__ import annotations

from collections.abc import Callable

import anywidget
import traitlets

from boathouse.errors import BoathouseError

_SCRIPT = """
export default {
  render({ model, el }) {
    el.classList.add("bh-drop");
    const input = Object.assign(document.createElement("input"), { type: "file", hidden: true });
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Upload a file" });
    button.className = "jupyter-widgets jupyter-button widget-button";
    const hint = Object.assign(document.createElement("span"), { textContent: "or drop it here" });
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    const say = (words) => { said.textContent = words; };
    const take = async (files) => {
      const [file] = files, largest = model.get("largest");
      if (files.length > 1) return say("one file at a time");
      if (file.size > largest) return say(`${file.name} has ${file.size.toLocaleString()} bytes, of ${largest.toLocaleString()} at most`);
      say(`sending ${file.name} …`);
      try {
        model.send({ name: file.name }, undefined, [await file.arrayBuffer()]);
      } catch (error) {  // a folder, say
        say(`${file.name} cannot be read`);
      }
    };
    button.onclick = () => input.click();
    input.onchange = () => { if (input.files.length) take(input.files); input.value = ""; };
    const dropped = (event) => {
      event.preventDefault();
      event.stopPropagation();
      el.classList.toggle("bh-over", event.type === "dragenter" || event.type === "dragover");
      if (event.type === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files);
    };
    requestAnimationFrame(() => {  // once it is in the page: all of the view takes a file
      const view = el.closest(".bh-view") ?? el;
      for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) view.addEventListener(kind, dropped);
    });
    model.on("msg:custom", ({ said }) => say(said));
    el.append(button, hint, said, input);
  },
};
"""
_STYLE = """
.bh-drop {border: 1px dashed var(--jp-border-color1, #888); border-radius: 6px; padding: 10px 14px; display: flex; flex-flow: row wrap;
          align-items: center; gap: 10px; max-width: 560px; box-sizing: border-box}
.bh-drop .widget-button {width: auto} .bh-drop.bh-over {background: var(--jp-layout-color2, #eef3f7); border-style: solid}
"""
_AROUND = 10_000  # bytes that a message has beside its file


class Upload(anywidget.AnyWidget):
    """A place to drop a file on, with a button to choose one; `largest` is what a message may have, in bytes."""

    _esm, _css = _SCRIPT, _STYLE
    largest = traitlets.Int().tag(sync=True)

    def __init__(self, largest: int):
        super().__init__(largest=max(0, largest - _AROUND))

    def on_file(self, told: Callable[[str, bytes], str]) -> None:
        """Has each file told, by its name and its content; what comes back is said."""

        def came(_: Upload, content: dict[str, str], buffers: list[memoryview]) -> None:
            said = "something went wrong"
            try:
                said = told(content["name"], bytes(buffers[0]))
            except BoathouseError as error:
                said = error.render()
            except OSError as error:
                said = f"{content['name']} cannot be kept: {error.strerror}"
            finally:
                self.send({"said": said})

        self.on_msg(came)

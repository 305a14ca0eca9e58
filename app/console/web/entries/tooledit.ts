// The editor of HTTP tools: its draft, the file with its mistakes marked, and rows that are added to the form.
import { edit, setDiagnostics, type Diagnostic, type EditorView } from "./editor";
import { onEach } from "../shared/page";
import { ToolDraft } from "../tools/draft";

interface Finding {
  line: number;
  what: string;
  severity: "error" | "hint";
}

function marked(view: EditorView, found: Finding[]): Diagnostic[] {
  return found.map((one) => {
    const line = view.state.doc.line(Math.min(Math.max(one.line, 1), view.state.doc.lines));
    return { from: line.from, to: line.to, severity: one.severity === "error" ? "error" : "info", message: one.what };
  });
}

onEach("[data-tool-text]", (place) => {
  const field = document.getElementById(place.dataset.for ?? "");
  if (!(field instanceof HTMLTextAreaElement)) return;
  const view = edit(place, field);
  const found = JSON.parse(place.dataset.findings ?? "[]") as Finding[];
  view.dispatch(setDiagnostics(view.state, marked(view, found)));
});

onEach<HTMLFormElement>("form[data-tool-draft]", (form) => new ToolDraft(form));

// What is not kept as it is written is not left without a question.
onEach<HTMLFormElement>("form[data-unsent]", (form) => {
  let unsent = form.dataset.unsent === "true";
  form.addEventListener("input", () => (unsent = true));
  form.addEventListener("submit", () => (unsent = false));
  window.addEventListener("beforeunload", (event) => {
    if (unsent) event.preventDefault();
  });
});

onEach("[data-add-row]", (button) => {
  button.addEventListener("click", (event) => {
    const last = document.getElementById(button.dataset.addRow ?? "")?.lastElementChild;
    if (!(last instanceof HTMLElement)) return;
    event.preventDefault();
    const row = last.cloneNode(true) as HTMLElement;
    for (const field of row.querySelectorAll("input")) field.value = field.defaultValue;
    last.after(row);
    row.querySelector<HTMLElement>("input, select")?.focus();
  });
});

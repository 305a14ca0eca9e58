// One file of a draft in its editor: what is written, what is kept, and where `check` has found something.
import { type Text } from "@codemirror/state";
import { type EditorView, edit, setDiagnostics, type Diagnostic } from "../entries/editor";
import { completesFor, type Offers } from "./completes";
import type { Problem } from "./server";

export class Pane {
  readonly place: string;
  readonly view: EditorView;
  kept: string;
  private readonly state: HTMLElement;

  constructor(readonly form: HTMLFormElement, offers: Offers, written: (pane: Pane) => void) {
    this.place = form.dataset.pane ?? "";
    this.state = form.querySelector<HTMLElement>("[data-state]")!;
    const field = form.querySelector<HTMLTextAreaElement>("textarea")!;
    this.kept = field.value;
    this.view = edit(form.querySelector<HTMLElement>("[data-write]")!, field, [], completesFor(this.place, offers));
    field.addEventListener("input", () => written(this));
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  get isKept(): boolean {
    return this.text === this.kept;
  }

  say(text: string, tone = ""): void {
    this.state.textContent = text;
    this.state.className = tone || "quiet";
  }

  replace(text: string): void {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  underline(problems: readonly Problem[]): void {
    const doc = this.view.state.doc;
    const found = problems.map((one) => diagnostic(doc, one)).sort((a, b) => a.from - b.from);
    this.view.dispatch(setDiagnostics(this.view.state, found));
  }

  reveal(number: number): void {
    const line = this.view.state.doc.line(Math.max(1, Math.min(number, this.view.state.doc.lines)));
    this.view.dispatch({ selection: { anchor: line.from }, scrollIntoView: true });
    this.view.focus();
  }
}

function diagnostic(doc: Text, one: Problem): Diagnostic {
  const line = doc.line(Math.max(1, Math.min(one.line, doc.lines)));
  const indent = line.text.length - line.text.trimStart().length;
  return { from: line.from + indent, to: line.to, severity: one.severity === "error" ? "error" : "info", message: one.what };
}

// Two people wrote the same file: both texts beside each other, and a choice.
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, extensions } from "../entries/editor";

export interface Choice {
  text: string;
  ours: boolean;
}

export class ClashBox {
  private merge: MergeView | null = null;

  /** `behind` is hidden meanwhile: there is one place to write in. */
  constructor(
    private readonly box: HTMLElement,
    private readonly behind: HTMLElement,
    private readonly names: { theirs: string; ours: string },
  ) {}

  get open(): boolean {
    return !this.box.hidden;
  }

  /** Show both; `chosen` is called once, with what is to be kept. */
  show(title: string, theirs: string, ours: string, language: string, chosen: (choice: Choice) => void): void {
    this.merge?.destroy();
    this.box.querySelector<HTMLElement>("[data-clash-title]")!.textContent = title;
    const fixed = [EditorState.readOnly.of(true), EditorView.editable.of(false)];
    const merge = (this.merge = new MergeView({
      a: { doc: theirs, extensions: [extensions(language, this.names.theirs), fixed] },
      b: { doc: ours, extensions: extensions(language, this.names.ours) },
      parent: this.box.querySelector<HTMLElement>("[data-clash-texts]")!,
      revertControls: "a-to-b",
      gutter: true,
    }));
    const decide = (selector: string, choice: () => Choice) => {
      this.box.querySelector<HTMLElement>(selector)!.onclick = () => {
        const decided = choice();
        this.box.hidden = true;
        this.behind.hidden = false;
        merge.destroy();
        this.merge = null;
        chosen(decided);
      };
    };
    decide("[data-take-theirs]", () => ({ text: theirs, ours: false }));
    decide("[data-keep-ours]", () => ({ text: merge.b.state.doc.toString(), ours: true }));
    this.box.hidden = false;
    this.behind.hidden = true;
    this.box.focus();
  }
}

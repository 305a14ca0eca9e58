// The editor for prompts and tools: `<div data-editor data-language="markdown" data-for="id of a textarea">`.
import { autocompletion, type CompletionSource } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { MergeView } from "@codemirror/merge";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { nonce, onEach } from "../shared/page";

export type { CompletionSource, Diagnostic };
export { EditorView, setDiagnostics };

// Without underlined headings: what stands above a --- in a prompt is its greeting.
const prose = () => markdown({ extensions: { remove: ["SetextHeading"] } });
const LANGUAGES: Record<string, () => Extension> = { markdown: prose, json };

/** What every editor has; `completes` offers words, such as the variables of a prompt. */
export function extensions(language: string, label: string, completes?: CompletionSource): Extension[] {
  return [
    EditorView.cspNonce.of(nonce()),
    lineNumbers(),
    history(),
    bracketMatching(),
    search({ top: true }),
    lintGutter(),
    EditorView.lineWrapping,
    syntaxHighlighting(classHighlighter),
    autocompletion(completes ? { override: [completes] } : {}),
    LANGUAGES[language]?.() ?? [],
    // By tabindex, for what scrolls is to be reached by the keyboard also where it cannot be edited.
    EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
  ];
}

/** An editor in the place of a textarea, which keeps what a form sends. */
export function edit(place: HTMLElement, field: HTMLTextAreaElement, more: Extension = [], completes?: CompletionSource): EditorView {
  const keep = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    field.value = update.state.doc.toString();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const label = place.dataset.label ?? field.labels?.[0]?.textContent ?? field.name;
  field.hidden = true;
  return new EditorView({
    doc: field.value,
    extensions: [extensions(place.dataset.language ?? "", label, completes), keep, more],
    parent: place,
  });
}

/** Two texts side by side, what differs marked; neither can be changed. */
export function compare(place: HTMLElement, before: string, after: string, language: string): MergeView {
  const fixed = [EditorState.readOnly.of(true), EditorView.editable.of(false)];
  const side = (doc: string, label: string) => ({ doc, extensions: [extensions(language, label), fixed] });
  return new MergeView({
    a: side(before, place.dataset.before ?? "before"),
    b: side(after, place.dataset.after ?? "after"),
    parent: place,
    collapseUnchanged: { margin: 3, minSize: 6 },
    gutter: true,
  });
}

onEach("[data-editor]", (place) => {
  const field = document.getElementById(place.dataset.for ?? "");
  if (field instanceof HTMLTextAreaElement) edit(place, field);
});

onEach("[data-compare]", (place) => {
  const text = (id?: string) => document.getElementById(id ?? "")?.textContent ?? "";
  compare(place, text(place.dataset.from), text(place.dataset.to), place.dataset.language ?? "");
});

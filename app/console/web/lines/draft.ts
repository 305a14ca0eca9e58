// The draft of a line on its page: saved as it is written, proven after it, and never written over by somebody else.
import { told } from "../shared/page";
import { ClashBox } from "./clash";
import type { Offers } from "./completes";
import { Pane } from "./pane";
import { type Clash, type Problem, type Proof, proven, saved } from "./server";

const REST_MS = 700; // so long nobody writes before a file is saved
const AGAIN_MS = 4_000; // the house did not answer

type Texts = Record<"saved" | "saving" | "unsaved" | "failed" | "clash" | "gone" | "theirs" | "ours" | "elsewhere", string>;

export class DraftPage {
  private readonly address: string;
  private readonly texts: Texts;
  private readonly panes: Pane[];
  private readonly clash: ClashBox;
  private revision: number;
  private timer = 0;
  private saving: Promise<void> = Promise.resolve();
  private looking = new AbortController();

  constructor(private readonly page: HTMLElement) {
    this.address = page.dataset.draft ?? "";
    this.revision = Number(page.dataset.revision);
    this.texts = told<Texts>(page, "texts");
    const offers = told<Offers>(page, "completes");
    const forms = [...page.querySelectorAll<HTMLFormElement>("[data-pane]")];
    this.panes = forms.map((form) => new Pane(form, offers, (pane) => this.written(pane)));
    const panes = page.querySelector<HTMLElement>("[data-panes]")!;
    this.clash = new ClashBox(page.querySelector<HTMLElement>("[data-clash]")!, panes, this.texts);
    this.shown(told<Record<string, Problem[]>>(page, "problems"));
    this.listen();
  }

  private listen(): void {
    for (const pane of this.panes) {
      pane.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.save();
      });
    }
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
      event.preventDefault();
      this.save();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.panes.some((pane) => !pane.isKept)) event.preventDefault();
    });
    // Whoever goes to another page of the line takes along what they wrote a moment ago.
    document.addEventListener("click", (event) => {
      const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[data-leave]");
      if (!link || event.ctrlKey || event.metaKey || this.panes.every((pane) => pane.isKept)) return;
      event.preventDefault();
      void this.save().then(() => {
        if (this.panes.every((pane) => pane.isKept)) location.assign(link.href);
      });
    });
    this.page.addEventListener("click", (event) => this.jumped(event));
    const line = /^#line-(\d+)$/.exec(location.hash);
    if (line) this.panes[0]?.reveal(Number(line[1]));
  }

  /** A finding of a file that is open leads to its line without loading the page again. */
  private jumped(event: MouseEvent): void {
    const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("[data-proof] a[href]");
    if (!link) return;
    const address = new URL(link.href);
    const pane = this.panes.find((one) => one.place === address.searchParams.get("file"));
    if (!pane) return;
    event.preventDefault();
    pane.reveal(Number(address.hash.replace("#line-", "")) || 1);
  }

  private written(pane: Pane): void {
    if (pane.isKept || this.clash.open) return;
    pane.say(this.texts.unsaved);
    this.later(REST_MS);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), ms);
  }

  /** One after the other, each over the revision that the one before has made. */
  private save(): Promise<void> {
    clearTimeout(this.timer);
    this.saving = this.saving.then(async () => {
      for (const pane of this.panes) if (!pane.isKept && !this.clash.open) await this.keep(pane);
    });
    return this.saving;
  }

  private async keep(pane: Pane): Promise<void> {
    const text = pane.text;
    pane.say(this.texts.saving);
    try {
      const answer = await saved(this.address, pane.place, text, this.revision);
      if (typeof answer === "number") this.done(pane, text, answer);
      else await this.met(pane, text, answer);
    } catch {
      pane.say(this.texts.failed, "state-bad");
      this.later(AGAIN_MS);
    }
  }

  private done(pane: Pane, text: string, revision: number, by = ""): void {
    pane.kept = text;
    this.revision = revision;
    for (const field of document.querySelectorAll<HTMLInputElement>("[data-revision-field]")) field.value = String(revision);
    for (const one of document.querySelectorAll<HTMLElement>("[data-when-drafted]")) one.hidden = false;
    const now = new Date().toLocaleTimeString(document.documentElement.lang);
    pane.say(by ? this.texts.elsewhere.replace("{name}", by) : `${this.texts.saved} · ${now}`);
    if (!pane.isKept) this.written(pane);
    void this.prove();
  }

  /** Somebody has saved since. Where it was another file, ours goes on top; else both texts are shown. */
  private async met(pane: Pane, ours: string, clash: Clash): Promise<void> {
    const theirs = clash.text ?? "";
    this.revision = clash.revision;
    if (theirs === ours) return this.done(pane, ours, clash.revision, clash.by);
    if (clash.revision && theirs === pane.kept) {
      const again = await saved(this.address, pane.place, ours, clash.revision);
      if (typeof again === "number") return this.done(pane, ours, again, clash.by);
      return this.met(pane, ours, again);
    }
    const title = clash.revision ? this.texts.clash.replace("{name}", clash.by) : this.texts.gone;
    pane.say(this.texts.unsaved, "state-bad");
    this.clash.show(title, theirs, pane.text, pane.form.querySelector<HTMLElement>("[data-write]")!.dataset.language ?? "", (choice) => {
      pane.kept = theirs;
      pane.replace(choice.text);
      if (pane.isKept) pane.say(this.texts.saved);
      else void this.save();
      void this.prove();
    });
  }

  private async prove(): Promise<void> {
    this.looking.abort();
    const looking = (this.looking = new AbortController());
    try {
      const proof = await proven(this.address, looking.signal);
      if (!looking.signal.aborted) this.show(proof);
    } catch {
      // the next save looks again
    }
  }

  private show(proof: Proof): void {
    this.page.querySelector<HTMLElement>("[data-proof]")!.innerHTML = proof.panel;
    this.shown(proof.problems);
    for (const link of this.page.querySelectorAll<HTMLElement>("[data-place]")) {
      link.querySelector<HTMLElement>("[data-changed]")!.hidden = !proof.changed.includes(link.dataset.place ?? "");
    }
  }

  private shown(problems: Record<string, Problem[]>): void {
    for (const pane of this.panes) pane.underline(problems[pane.place] ?? []);
    for (const link of this.page.querySelectorAll<HTMLElement>("[data-place]")) {
      const mistakes = (problems[link.dataset.place ?? ""] ?? []).filter((one) => one.severity === "error").length;
      const mark = link.querySelector<HTMLElement>("[data-mistakes]")!;
      mark.hidden = !mistakes;
      mark.textContent = String(mistakes);
    }
  }
}

// The draft of a tool: all that stands in its editor is kept as it is written, and never over what others have saved.
import { told } from "../shared/page";

const REST_MS = 700; // so long nobody writes before it is saved
const AGAIN_MS = 4_000; // the house did not answer

type Texts = Record<"saved" | "saving" | "unsaved" | "failed" | "clash" | "gone", string>;

/** `clash` is who was faster, empty where there is no draft any more; a `problem` keeps it from being a file at all. */
interface Answer {
  revision?: string;
  problem?: string;
  clash?: string;
}

export class ToolDraft {
  private readonly texts: Texts;
  private readonly state: HTMLElement;
  private timer = 0;
  private written = 0; // counts what is typed
  private kept = 0;
  private saving: Promise<void> | null = null;
  private met = false; // somebody was faster: what stands here goes no further by itself
  private leaving = false;

  constructor(private readonly form: HTMLFormElement) {
    this.texts = told<Texts>(form, "texts");
    this.state = form.querySelector<HTMLElement>("[data-state]")!;
    form.addEventListener("input", () => this.typed());
    form.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
      event.preventDefault();
      void this.save();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.written !== this.kept && !this.leaving) event.preventDefault();
    });
  }

  private typed(): void {
    this.written += 1;
    this.leaving = false;
    if (this.met) return;
    this.say(this.texts.unsaved);
    this.later(REST_MS);
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), ms);
  }

  /** What is sent goes over the revision that the save before it has made: it waits for that. */
  private submitted(event: SubmitEvent): void {
    this.leaving = true;
    if (!this.saving) return;
    event.preventDefault();
    void this.saving.then(() => this.form.requestSubmit(event.submitter));
  }

  private save(): Promise<void> {
    clearTimeout(this.timer);
    if (this.met || this.written === this.kept) return Promise.resolve();
    this.saving ??= this.keep().finally(() => {
      this.saving = null;
    });
    return this.saving;
  }

  private async keep(): Promise<void> {
    const written = this.written;
    this.say(this.texts.saving);
    try {
      const body = new URLSearchParams([...new FormData(this.form)] as [string, string][]);
      const sent = await fetch(this.form.dataset.toolDraft ?? "", { method: "POST", body });
      if (!sent.ok) throw new Error(`${sent.status}`);
      this.answered((await sent.json()) as Answer, written);
    } catch {
      this.say(this.texts.failed, "state-bad");
      this.later(AGAIN_MS);
    }
  }

  private answered(answer: Answer, written: number): void {
    if (answer.clash !== undefined) {
      this.met = true;
      this.form.querySelector<HTMLElement>("[data-see-both]")!.hidden = false;
      return this.say(answer.clash ? this.texts.clash.replace("{name}", answer.clash) : this.texts.gone, "state-bad");
    }
    if (answer.revision === undefined) return this.say(`${this.texts.unsaved}: ${answer.problem ?? ""}`, "state-bad");
    this.kept = written;
    for (const field of document.querySelectorAll<HTMLInputElement>("[data-revision-field]")) field.value = answer.revision;
    for (const one of document.querySelectorAll<HTMLElement>("[data-when-drafted]")) one.hidden = answer.revision === "0";
    this.say(`${this.texts.saved} · ${new Date().toLocaleTimeString(document.documentElement.lang)}`);
    if (this.written !== written) this.later(REST_MS);
  }

  private say(text: string, tone = "quiet"): void {
    this.state.textContent = text;
    this.state.className = tone;
  }
}

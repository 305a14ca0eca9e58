/** What is said and done in a call, as its news tell it. */

import { element, shown } from "./dom";
import type { News } from "./server";
import { filled, type Texts } from "./texts";

type Side = "caller" | "assistant";

export class Transcript {
  readonly root: HTMLElement;
  private readonly list: HTMLElement;
  private readonly empty: HTMLElement;
  private readonly running = new Map<Side, HTMLElement>();
  private readonly tools = new Map<string, HTMLElement>();

  constructor(private readonly texts: Texts) {
    this.list = element("div", { class: "phone-said", role: "log", "aria-live": "polite", "aria-label": texts.transcript, tabindex: "0" });
    this.empty = element("p", { class: "quiet" }, texts.nothingYet);
    this.root = element("div", {}, this.empty, this.list);
  }

  clear(): void {
    this.list.replaceChildren();
    this.running.clear();
    this.tools.clear();
    shown(this.empty, true);
  }

  take(news: News): void {
    switch (news.kind) {
      case "now":
        return this.standing(news);
      case "words":
        return this.words(news.side as Side, String(news.text));
      case "turn":
        return this.turn(news);
      case "tool":
        return this.tool(news);
      case "text":
        return this.note(filled(this.texts.text, { to: String(news.to) }), String(news.body), "phone-text");
      case "flag":
        return this.note(this.texts.flag, `${String(news.name)} ${String(news.detail)}`.trim());
      case "handoff":
        return this.note("", this.texts.handoffNote);
      case "session":
        if (news.what === "renewed") this.note("", this.texts.renewed);
        else if (news.what === "lost") this.note("", this.texts.lost);
    }
  }

  note(title: string, text: string, kind = ""): void {
    const head = title ? [element("strong", {}, `${title} `)] : [];
    this.add(element("div", { class: `phone-note ${kind}`.trim() }, ...head, text));
  }

  private standing(news: News): void {
    if (this.list.childElementCount) return; // the same page again, after its connection broke
    for (const turn of (news.turns as { side: Side; text: string }[]) ?? []) this.add(this.bubble(turn.side, turn.text));
    for (const side of ["caller", "assistant"] as const) this.words(side, String(news[side] ?? ""));
  }

  /** The turn that goes on, each time the whole of it; empty once it is on record. */
  private words(side: Side, text: string): void {
    const there = this.running.get(side);
    if (!text) return;
    if (there) there.querySelector("p")!.textContent = text;
    else this.running.set(side, this.add(this.bubble(side, text, "phone-running")));
    this.follow();
  }

  private turn(news: News): void {
    const side = news.side as Side;
    const bubble = this.bubble(side, String(news.heard ?? ""));
    if (news.unheard) {
      bubble.querySelector("p")!.append(" ", element("s", { class: "phone-unheard", title: this.texts.notHeard }, String(news.unheard)));
    }
    if (typeof news.gap_ms === "number") bubble.append(element("div", { class: "phone-wait" }, this.wait(news)));
    const running = this.running.get(side);
    this.running.delete(side);
    if (running) running.replaceWith(bubble);
    else this.add(bubble);
    this.follow();
  }

  private wait(news: News): string {
    const [gap, told, model] = [news.gap_ms, news.told_ms, news.model_ms].map((ms) => (typeof ms === "number" ? ms : null));
    if (told == null || model == null || model < told) return filled(this.texts.partsShort, { gap: gap! });
    return filled(this.texts.parts, { gap: gap!, told, model: model - told, rest: gap! - model });
  }

  private tool(news: News): void {
    const id = String(news.id);
    const running = news.status === "running";
    const badge = element("span", { class: `tag ${running ? "tag-info" : news.status === "ok" ? "tag-good" : "tag-warn"}` });
    badge.textContent = running ? this.texts.toolRuns : `${String(news.ended)} · ${String(news.took_ms)} ms`;
    const name = element("summary", {}, element("code", {}, String(news.name)), " ", badge);
    const parts = [element("pre", {}, JSON.stringify(news.args ?? {}, null, 2))];
    if (!running) parts.push(element("pre", {}, JSON.stringify(news.response ?? {}, null, 2)));
    const made = element("details", { class: "phone-tool" }, name, ...parts);
    const there = this.tools.get(id);
    if (there) there.replaceWith(made);
    else this.add(made);
    this.tools.set(id, made);
  }

  private bubble(side: Side, text: string, kind = ""): HTMLElement {
    const who = side === "caller" ? this.texts.you : this.texts.assistant;
    return element("div", { class: `phone-turn phone-${side} ${kind}`.trim() }, element("strong", {}, who), element("p", {}, text));
  }

  private add(part: HTMLElement): HTMLElement {
    shown(this.empty, false);
    this.list.append(part);
    this.follow();
    return part;
  }

  private follow(): void {
    this.list.scrollTop = this.list.scrollHeight;
  }
}

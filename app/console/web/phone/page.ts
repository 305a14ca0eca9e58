/** The phone as people see it. */

import { PhoneCall, type Ears } from "./call";
import { choice, element, field, offer, shown } from "./dom";
import { FAIR, type Weather } from "./line";
import { median, type Measured } from "./meter";
import type { Pace } from "./network";
import { type News, type Offered, type Placed, Refused, Server, type Step, type Wish } from "./server";
import { shareBox } from "./share";
import { Sound } from "./sound";
import { filled, textsFor, type Texts } from "./texts";
import { Transcript } from "./transcript";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const LIVE = "live";
const FULL_DB = 50; // what a level's bar spans

type Way = "microphone" | "voice" | "writing";

/** Where things are: `worklet` the address of the worklet's script, `page` that of a call's own page, `{call}` in it.
 * `shares`: links may be made here. */
export interface Places {
  api: string;
  worklet: string;
  page: string;
  shares: boolean;
}

export class PhonePage {
  private readonly texts: Texts = textsFor(document.documentElement.lang);
  private readonly server: Server;
  private readonly transcript = new Transcript(this.texts);
  private lines: Offered[] = [];
  private call: PhoneCall | null = null;
  private sound: Sound | null = null;
  private muted = false;
  private began = 0;
  private readonly times: Record<Measured["kind"], number[]> = { first: [], answer: [], bargeIn: [] };

  private readonly status = element("div", { class: "phone-status", role: "status", "aria-live": "polite" });
  private readonly clock = element("div", { class: "phone-clock", "aria-hidden": "true" });
  private readonly problem = element("div", { class: "notice notice-warn", role: "alert", hidden: true });
  private readonly panel = element("section", { class: "phone-panel", role: "alert", hidden: true });
  private readonly setUp = element("form", { submit: (event) => void this.start(event) });
  private readonly talking = element("div", { hidden: true });
  private readonly after = element("div", { class: "phone-after", hidden: true });
  private readonly refusals = element("ul", { class: "small mb-0" });
  private readonly refusalsBox = element("details", { class: "mt-3", hidden: true }, element("summary", {}, this.texts.problems), this.refusals);
  private readonly bars = { spoken: meterBar(this.texts.you), heard: meterBar(this.texts.assistant) };
  private readonly figures = { first: figure(), answer: figure(), bargeIn: figure() };
  private readonly muteButton = button(this.texts.mute, "btn", () => this.toggleMute());
  private readonly callButton = element("button", { type: "submit", class: "btn btn-primary w-100 mt-3 phone-call" }, this.texts.call);
  private readonly sayButton = element("button", { type: "submit", class: "btn btn-primary phone-say" }, this.texts.speak);
  private readonly sentence: HTMLInputElement;
  private readonly line: HTMLSelectElement;
  private readonly language: HTMLSelectElement;
  private readonly version: HTMLSelectElement;
  private readonly caller: HTMLInputElement;
  private readonly spoilers: HTMLSelectElement[] = [];

  constructor(
    root: HTMLElement,
    private readonly places: Places,
    link = "",
  ) {
    this.server = new Server(places.api, link);
    const texts = this.texts;
    const [lineBox, line] = choice(texts.line, [], { change: () => this.lineChosen(), name: "line" });
    const [languageBox, language] = choice(texts.language, [], { name: "language" });
    const [versionBox, version] = choice(texts.version, [[LIVE, texts.live]], { name: "version" });
    const [callerBox, caller] = field(texts.caller, texts.callerHint, { autocomplete: "off", inputmode: "tel", placeholder: "+1…" });
    const [sentenceBox, sentence] = field(texts.typeLabel, texts.typeHint, { autocomplete: "off", maxlength: "300" });
    [this.line, this.language, this.version, this.caller, this.sentence] = [line, language, version, caller, sentence];
    const recordBox = this.recording();
    if (link) for (const box of [versionBox, callerBox, recordBox]) shown(box, false);
    const choices = element("div", { class: "row g-2" }, column(lineBox), column(languageBox), column(versionBox), column(callerBox));
    this.setUp.append(choices, this.ways(), recordBox, this.callButton);
    const sharing = places.shares ? [shareBox(this.texts, this.server, () => this.wish, (error) => this.complain(error))] : [];
    this.talking.append(this.controls(), this.typing(sentenceBox), this.spoiling());
    root.replaceChildren(
      element("div", { class: "row g-3" },
        element("div", { class: "col-lg-5" },
          card(texts.phone, this.head(), this.problem, this.panel, this.setUp, this.talking, this.after, this.refusalsBox, ...sharing),
          element("p", { class: "quiet small" }, texts.limits)),
        element("div", { class: "col-lg-7" }, this.waits(), card(texts.transcript, this.transcript.root))),
    );
    document.addEventListener("keydown", (event) => this.keyDown(event));
    addEventListener("pagehide", () => void this.call?.hangUp());
    setInterval(() => this.tickClock(), 500);
    this.say(texts.idle);
    void this.load();
  }

  // ---- before the call

  private async load(): Promise<void> {
    try {
      this.lines = await this.server.offers();
    } catch (error) {
      return this.complain(error);
    }
    this.callButton.disabled = !this.lines.length;
    if (!this.lines.length) this.warn(this.texts.noLines);
    offer(this.line, this.lines.map((line) => [line.name, line.business ? `${line.name} · ${line.business}` : line.name]));
    const wished = new URLSearchParams(location.search);
    for (const [name, select] of [["line", this.line]] as const) choose(select, wished.get(name));
    this.lineChosen();
    choose(this.language, wished.get("language"));
    choose(this.version, wished.get("version"));
  }

  private lineChosen(): void {
    const line = this.lines.find((one) => one.name === this.line.value);
    if (!line) return;
    const names = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" });
    offer(this.language, line.languages.map((tag) => [tag, names.of(tag) ?? tag]));
    const versions = (line.versions ?? []).map(({ id, note, by }): [string, string] => {
      return [id, [id === "draft" ? this.texts.draft : id, note, by].filter(Boolean).join(" · ")];
    });
    offer(this.version, [[LIVE, this.texts.live], ...versions]);
  }

  private ways(): HTMLElement {
    const ways: [Way, string][] = [["microphone", this.texts.microphone], ["voice", this.texts.voice], ["writing", this.texts.writing]];
    const made = ways.map(([way, text], number) =>
      element("label", { class: "form-check" },
        element("input", { class: "form-check-input", type: "radio", name: "way", value: way, checked: number === 0 }),
        element("span", { class: "form-check-label" }, text)));
    return element("fieldset", { class: "mt-2" }, element("legend", { class: "form-label" }, this.texts.sound), ...made);
  }

  /** Who speaks here may be recorded though callers are not: the call's page then has its sound. */
  private recording(): HTMLElement {
    return element("label", { class: "form-check mt-2" },
      element("input", { class: "form-check-input", type: "checkbox", name: "record", value: "yes", checked: true }),
      element("span", { class: "form-check-label" }, this.texts.record));
  }

  private get wish(): Wish {
    const record = new FormData(this.setUp).get("record") ? "yes" : "";
    return { line: this.line.value, language: this.language.value, version: this.version.value, caller: this.caller.value, record };
  }

  private get way(): Way {
    return new FormData(this.setUp).get("way") as Way;
  }

  private async start(event: Event): Promise<void> {
    event.preventDefault();
    if (this.call) return;
    this.begin();
    try {
      this.sound = await Sound.open(this.places.worklet, this.way === "microphone");
      if (this.sound.missing) this.warn(this.texts[this.sound.missing]);
      this.sound.audible = this.way !== "writing";
      this.call = new PhoneCall(this.server, this.sound, this.ears());
      this.spoil();
      await this.call.place(this.wish);
    } catch (error) {
      void this.sound?.close();
      this.stop();
      this.complain(error);
    }
  }

  private begin(): void {
    for (const part of [this.problem, this.panel, this.after, this.refusalsBox]) shown(part, false);
    this.transcript.clear();
    this.refusals.replaceChildren();
    for (const kind of ["first", "answer", "bargeIn"] as const) {
      this.times[kind] = [];
      this.figures[kind].textContent = "–";
    }
    this.callButton.disabled = true;
    this.say(this.texts.calling);
  }

  // ---- the call

  private ears(): Ears {
    return {
      connected: (call) => this.connected(call),
      waits: (step) => this.waitsFor(step),
      ended: (step) => this.ended(step),
      level: (spoken, heard) => {
        setBar(this.bars.spoken, spoken);
        setBar(this.bars.heard, heard);
      },
      measured: (measured) => this.measured(measured),
      news: (news) => this.take(news),
      complaint: (code, problem) => this.refusal(code, problem),
    };
  }

  private connected(call: Placed): void {
    this.began ||= performance.now();
    shown(this.panel, false);
    shown(this.setUp, false);
    shown(this.talking, true);
    this.sayButton.textContent = this.way === "writing" ? this.texts.send : this.texts.speak;
    this.say(this.texts.connected, `${call.caller} → ${call.called}`);
    if (this.way !== "microphone" || this.sound?.missing) this.sentence.focus();
    else this.muteButton.focus();
  }

  private waitsFor(step: Step): void {
    const texts = this.texts;
    if (step.kind === "dial") {
      const told = step.number ? filled(texts.dialNumber, { number: step.number }) : texts.dialPlain;
      this.say(texts.handedOff);
      this.ask(texts.dialTitle, told, step.say, [[texts.theyAnswer, () => this.choose("dial", "completed")], [texts.theyDoNot, () => this.choose("dial", "no-answer")]]);
    } else if (step.kind === "callback") {
      this.ask(texts.callbackTitle, texts.callbackHint, step.say, [[texts.pressOne, () => this.choose("offer", "1")], [texts.pressNothing, () => this.choose("offer", "")]]);
    } else if (step.kind === "voicemail") {
      this.ask(texts.voicemailTitle, texts.voicemailHint, step.say, [[texts.hangUp, () => void this.call?.hangUp()]]);
    }
  }

  private ask(title: string, text: string, say: string | undefined, answers: [string, () => void][]): void {
    const said = say ? [element("p", {}, filled(this.texts.says, { say }))] : [];
    const buttons = answers.map(([label, act], number) => button(label, number ? "btn" : "btn btn-primary", act));
    this.panel.replaceChildren(element("h3", {}, title), element("p", {}, text), ...said, element("div", { class: "btn-list" }, ...buttons));
    shown(this.panel, true);
    buttons[0]!.focus();
  }

  private choose(after: "dial" | "offer", told: string): void {
    shown(this.panel, false);
    this.call?.choose(after, told).catch((error: unknown) => this.complain(error));
  }

  private ended(step: Step | null): void {
    const { call } = this;
    this.stop();
    if (step?.kind === "reject") this.warn(this.texts.rejected);
    else if (step?.kind === "hang_up" && step.say) this.warn(filled(this.texts.says, { say: step.say }));
    const links: HTMLElement[] = [];
    if (call && !call.recording.empty) links.push(button(this.texts.saveSound, "btn", () => save(call)));
    if (call && this.places.page && this.began) {
      links.push(element("a", { class: "btn", href: this.places.page.replace("{call}", call.callSid) }, this.texts.openCall));
    }
    this.began = 0;
    this.after.replaceChildren(element("div", { class: "btn-list mt-3" }, ...links));
    shown(this.after, links.length > 0);
    this.say(this.texts.ended);
    this.callButton.textContent = this.texts.callAgain;
    this.callButton.focus();
  }

  private stop(): void {
    this.call = this.sound = null;
    this.setMuted(false);
    shown(this.panel, false);
    shown(this.talking, false);
    shown(this.setUp, true);
    this.callButton.disabled = false;
    this.say(this.texts.idle);
  }

  private take(news: News): void {
    this.transcript.take(news);
    if (news.kind === "handoff" && news.to === "representative") this.say(this.texts.handedOff);
    if (news.kind !== "end" || !news.disposition) return;
    const by = { caller: this.texts.byCaller, assistant: this.texts.byAssistant }[String(news.ended_by)] ?? this.texts.byHouse;
    this.transcript.note("", filled(this.texts.endedBy, { by, disposition: String(news.disposition).replaceAll("_", " ") }));
  }

  private measured({ kind, ms }: Measured): void {
    this.times[kind].push(ms);
    const all = this.times[kind];
    const { median: middle, last, ms: unit } = this.texts;
    this.figures[kind].textContent = all.length < 2 ? `${ms} ${unit}` : `${ms} ${unit} ${last}, ${median(all)} ${unit} ${middle}`;
  }

  private refusal(code: number, problem: string): void {
    shown(this.refusalsBox, true);
    if (this.refusals.childElementCount < 20) this.refusals.append(element("li", {}, `${code}: ${problem}`));
  }

  // ---- while it lasts

  private controls(): HTMLElement {
    const keys = KEYS.map((key) => button(key, "btn phone-key", () => this.press(key), `${this.texts.key} ${key}`));
    KEYS.forEach((key, number) => keys[number]!.setAttribute("data-key", key));
    return element("div", {},
      element("div", { class: "phone-bars" }, this.bars.spoken.box, this.bars.heard.box),
      element("div", { class: "btn-list my-3" }, this.muteButton, button(this.texts.hangUp, "btn btn-danger", () => void this.call?.hangUp())),
      element("div", { class: "phone-keys", role: "group", "aria-label": this.texts.keypad }, ...keys));
  }

  private typing(box: HTMLElement): HTMLElement {
    box.classList.add("flex-fill");
    return element("form", { class: "phone-typing mt-3", submit: (event) => void this.sayTyped(event) }, box, this.sayButton);
  }

  private spoiling(): HTMLElement {
    const texts = this.texts;
    const offered: [string, [string, string][]][] = [
      [texts.noise, [["", texts.noiseNone], ["20", texts.noiseSome], ["10", texts.noiseMuch]]],
      [texts.loss, [["0", texts.lossNone], ["0.03", texts.lossSome], ["0.15", texts.lossMuch]]],
      [texts.echo, [["", texts.echoNone], ["12", texts.echoSome]]],
      [texts.network, [["0 0", texts.networkFast], ["100 100", texts.networkSlow], ["300 300", texts.networkVerySlow]]],
    ];
    const boxes = offered.map(([label, options]) => {
      const [box, select] = choice(label, options, { change: () => this.spoil() });
      this.spoilers.push(select);
      return element("div", { class: "col-6" }, box);
    });
    return element("details", { class: "mt-3" },
      element("summary", {}, texts.spoil),
      element("p", { class: "form-hint" }, texts.spoilHint),
      element("div", { class: "row g-2" }, ...boxes));
  }

  private spoil(): void {
    const [noise, loss, echo, network] = this.spoilers.map((select) => select.value) as [string, string, string, string];
    const weather: Weather = { ...FAIR, noiseDb: noise ? Number(noise) : null, loss: Number(loss), echoDb: echo ? Number(echo) : null };
    const [delayMs, jitterMs] = network.split(" ").map(Number) as [number, number];
    const pace: Pace = { delayMs, jitterMs };
    this.call?.spoil(weather, pace);
  }

  private async sayTyped(event: Event): Promise<void> {
    event.preventDefault();
    const words = this.sentence.value.trim();
    const { call } = this;
    if (!words || !call) return;
    this.sayButton.disabled = true;
    shown(this.problem, false);
    try {
      if (this.way === "writing") await call.write(words);
      else call.say(await this.server.speak(words, this.language.value));
      this.sentence.value = "";
    } catch (error) {
      this.complain(error);
    }
    this.sayButton.disabled = false;
    this.sentence.focus();
  }

  private press(key: string): void {
    this.call?.press(key);
  }

  /** Keys of the keyboard are those of the phone while nothing is being written. */
  private keyDown(event: KeyboardEvent): void {
    const writes = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (writes || event.ctrlKey || event.metaKey || event.altKey || !this.call || !KEYS.includes(event.key)) return;
    this.press(event.key);
    this.talking.querySelector<HTMLElement>(`[data-key="${CSS.escape(event.key)}"]`)?.focus();
  }

  private toggleMute(): void {
    this.setMuted(!this.muted);
  }

  private setMuted(muted: boolean): void {
    this.muted = muted;
    this.call?.mute(muted);
    this.muteButton.textContent = muted ? this.texts.unmute : this.texts.mute;
    this.muteButton.setAttribute("aria-pressed", String(muted));
    this.muteButton.classList.toggle("phone-muted", muted);
  }

  // ---- parts

  private head(): HTMLElement {
    return element("div", { class: "phone-head" }, this.status, this.clock);
  }

  private waits(): HTMLElement {
    const texts = this.texts;
    const rows = ([["first", texts.first], ["answer", texts.answer], ["bargeIn", texts.bargeIn]] as const).map(([kind, label]) =>
      element("div", { class: "col-sm-4" }, element("div", { class: "quiet small" }, label), this.figures[kind]));
    return card(texts.waits, element("div", { class: "row g-2", "aria-live": "off" }, ...rows));
  }

  private tickClock(): void {
    const seconds = this.began ? Math.floor((performance.now() - this.began) / 1000) : 0;
    this.clock.textContent = this.began ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
  }

  private say(status: string, more = ""): void {
    this.status.replaceChildren(element("strong", {}, status), ...(more ? [element("span", { class: "quiet ms-2" }, more)] : []));
    this.status.dataset.talking = String(status === this.texts.connected);
  }

  private warn(text: string): void {
    this.problem.textContent = text;
    shown(this.problem, true);
  }

  private complain(error: unknown): void {
    this.warn(error instanceof Refused ? error.message : this.texts.unreachable);
  }
}

function card(title: string, ...children: Node[]): HTMLElement {
  return element("section", { class: "card-plain", "aria-label": title }, element("h2", {}, title), ...children);
}

function column(part: HTMLElement): HTMLElement {
  return element("div", { class: "col-sm-6" }, part);
}

function button(label: string, style: string, act: () => void, spoken = ""): HTMLButtonElement {
  const made = element("button", { type: "button", class: style, click: act }, label);
  if (spoken) made.setAttribute("aria-label", spoken);
  return made;
}

function figure(): HTMLElement {
  return element("div", { class: "phone-figure" }, "–");
}

interface Bar {
  box: HTMLElement;
  fill: HTMLElement;
}

function meterBar(label: string): Bar {
  const fill = element("span", { class: "phone-level" });
  return { box: element("div", { class: "phone-bar", "aria-hidden": "true" }, element("span", {}, label), element("span", { class: "phone-track" }, fill)), fill };
}

function setBar(bar: Bar, level: number): void {
  const db = level > 0 ? 20 * Math.log10(level / 32_768) : -100;
  bar.fill.style.transform = `scaleX(${Math.max(0, Math.min(1, 1 + (db + 10) / FULL_DB)).toFixed(3)})`;
}

function choose(select: HTMLSelectElement, value: string | null): void {
  if (value && [...select.options].some((one) => one.value === value)) select.value = value;
}

function save(call: PhoneCall): void {
  const address = URL.createObjectURL(new Blob([call.recording.wav()], { type: "audio/wav" }));
  element("a", { href: address, download: `${call.callSid}.wav` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

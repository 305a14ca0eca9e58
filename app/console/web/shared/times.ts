// Times are sent in UTC and shown in the browser's own zone.
const language = document.documentElement.lang || "en";
const forms: Record<string, Intl.DateTimeFormat> = {
  full: new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }),
  day: new Intl.DateTimeFormat(language, { dateStyle: "medium" }),
  clock: new Intl.DateTimeFormat(language, { timeStyle: "medium" }),
};
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

export function since(at: Date, now = Date.now()): string {
  const seconds = (at.getTime() - now) / 1_000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return ago.format(Math.round(seconds / size), unit);
}

export function shown(element: HTMLTimeElement): void {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) return;
  element.title = at.toLocaleString(language, { dateStyle: "full", timeStyle: "long" });
  const form = element.dataset.form ?? "full";
  element.textContent = form === "ago" ? since(at) : (forms[form] ?? forms.full!).format(at);
}

// Figures as the server writes them (`Words` in words.py): by the page's language.
export const language = document.documentElement.lang || "en";

export function fixed(value: number, digits: number): string {
  return value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const money = new Intl.NumberFormat(language, { style: "currency", currency: "USD" });
const sign = money.formatToParts(0).find((part) => part.type === "currency")?.value ?? "$";

/** `640 ms`, `1.3 s`. */
export function millis(ms: number): string {
  return Math.round(ms) < 1_000 ? `${Math.round(ms)} ms` : `${fixed(ms / 1_000, 1)} s`;
}

export function usd(value: number, digits = 4): string {
  return `${sign}${fixed(value, digits)}`;
}

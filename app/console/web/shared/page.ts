// What islands have in common: they begin when their element is on the page, also when htmx brings it later.

/** Call `begin` for every element that matches, now and after each swap, once each. */
export function onEach<T extends HTMLElement>(selector: string, begin: (element: T) => void): void {
  const begun = new WeakSet<HTMLElement>();
  const look = (root: ParentNode) => {
    for (const element of root.querySelectorAll<T>(selector)) {
      if (begun.has(element)) continue;
      begun.add(element);
      begin(element);
    }
  };
  const ready = () => look(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
  document.addEventListener("htmx:after:swap", ready);
}

/** The JSON of a `data-…` attribute. */
export function told<T>(element: HTMLElement, name: string): T {
  return JSON.parse(element.dataset[name] ?? "null") as T;
}

/** The nonce that the page's policy knows, for libraries that write styles of their own. */
export function nonce(): string {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
}

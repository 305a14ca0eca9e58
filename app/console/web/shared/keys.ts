// Keys for whoever lives in the console: / searches, g and a letter goes to a place, j and k walk through a list.
const WAIT_MS = 1_200;
let went = 0;

function writes(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.("input, textarea, select, [contenteditable], .cm-editor, dialog[open]");
}

function walked(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("tr[data-href]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  (next?.querySelector<HTMLElement>("a") ?? next)?.focus();
}

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
    if (Date.now() - went < WAIT_MS) {
      went = 0;
      document.querySelector<HTMLElement>(`[data-go="${CSS.escape(event.key)}"]`)?.click();
      return;
    }
    const search = document.querySelector<HTMLInputElement>("[data-search]");
    if (event.key === "g") went = Date.now();
    else if (event.key === "j") walked(1);
    else if (event.key === "k") walked(-1);
    else if (event.key === "?") document.querySelector<HTMLDialogElement>("#keys")?.showModal();
    else if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
}

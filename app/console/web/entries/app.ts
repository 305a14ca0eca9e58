// On every page: styles, htmx with its live events, and the few things that a page does by itself.
import "@tabler/core/dist/css/tabler.min.css";
import "../styles/console.css";
import htmx from "htmx.org";
import "../shared/htmx";
import "htmx.org/dist/ext/hx-sse.js";
import { listen } from "../shared/keys";
import { onEach } from "../shared/page";
import { switched } from "../shared/theme";
import { shown } from "../shared/times";

void htmx;
listen();

onEach<HTMLTimeElement>("time[datetime]", shown);
setInterval(() => document.querySelectorAll<HTMLTimeElement>('time[data-form="ago"]').forEach(shown), 30_000);

document.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  const on = (selector: string) => target.closest<HTMLElement>(selector);
  if (on("[data-theme-switch]")) switched();
  if (on("[data-keys]")) document.querySelector<HTMLDialogElement>("#keys")?.showModal();
  const toggle = on("[data-nav-toggle]");
  if (toggle) {
    const open = document.querySelector("[data-nav]")?.classList.toggle("open") ?? false;
    toggle.setAttribute("aria-expanded", String(open));
  }
  const dialog = on("[data-dialog]")?.dataset.dialog;
  if (dialog) (document.getElementById(dialog) as HTMLDialogElement | null)?.showModal();
  if (on("[data-dialog-close]")) target.closest("dialog")?.close();
  const copy = on("[data-copy]");
  if (copy) void copied(copy);
  const row = on("tr[data-href]");
  if (row && !target.closest("a, button, input, select, label, dialog") && !getSelection()?.toString()) {
    location.assign(row.dataset.href ?? "");
  }
});

async function copied(button: HTMLElement): Promise<void> {
  await navigator.clipboard.writeText(button.dataset.copy ?? "");
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1_500);
}

// What was told once is not told again when the page is loaded anew.
onEach("[data-flash]", () => {
  const address = new URL(location.href);
  address.searchParams.delete("told");
  history.replaceState(history.state, "", address);
});

// Where something takes a while, its button says so and cannot be pressed twice.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  const button = event.submitter as HTMLButtonElement | null;
  setTimeout(() => {
    button?.classList.add("working");
    button?.setAttribute("aria-disabled", "true");
  });
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll(".working")) {
    button.classList.remove("working");
    button.removeAttribute("aria-disabled");
  }
});

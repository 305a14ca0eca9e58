// Light or dark.
const KEY = "frontline-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** Put the theme on the page; it follows the system until somebody chooses. */
export function applied(): void {
  document.documentElement.dataset.bsTheme = chosen() ?? (dark.matches ? "dark" : "light");
}

export function switched(): void {
  const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // then it holds for this page
  }
  document.documentElement.dataset.bsTheme = next;
  document.dispatchEvent(new CustomEvent("frontline:theme"));
}

dark.addEventListener("change", applied);

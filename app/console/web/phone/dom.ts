/** Elements made from plain data; every text is text, whoever wrote it. */

type Attributes = Record<string, string | boolean | EventListener>;

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (typeof value === "boolean") made.toggleAttribute(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

let ids = 0;

/** A choice with its label. */
export function choice(label: string, options: [string, string][], attributes: Attributes = {}): [HTMLElement, HTMLSelectElement] {
  const id = `phone-${++ids}`;
  const select = element("select", { class: "form-select", id, ...attributes });
  offer(select, options);
  return [element("div", { class: "mb-2" }, element("label", { class: "form-label", for: id }, label), select), select];
}

export function offer(select: HTMLSelectElement, options: [string, string][]): void {
  const before = select.value;
  select.replaceChildren(...options.map(([value, text]) => element("option", { value }, text)));
  if (options.some(([value]) => value === before)) select.value = before;
}

/** A line to write in, with its label and a hint. */
export function field(label: string, hint: string, attributes: Attributes = {}): [HTMLElement, HTMLInputElement] {
  const id = `phone-${++ids}`;
  const input = element("input", { class: "form-control", id, type: "text", "aria-describedby": `${id}-hint`, ...attributes });
  const help = element("div", { class: "form-hint", id: `${id}-hint` }, hint);
  return [element("div", { class: "mb-2" }, element("label", { class: "form-label", for: id }, label), input, help), input];
}

export function shown(part: HTMLElement, on: boolean): void {
  part.hidden = !on;
}

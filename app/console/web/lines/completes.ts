// What is offered while a file of a line is written: variables in texts, settings and their values in line.toml.
import { type Completion, type CompletionContext, type CompletionResult, type CompletionSource } from "@codemirror/autocomplete";

export interface Offers {
  variables: { label: string; detail: string }[];
  tools: { label: string; detail: string }[];
  settings: string[];
  values: Record<string, string[]>;
}

function from(context: CompletionContext, pattern: RegExp, options: readonly Completion[]): CompletionResult | null {
  const before = context.matchBefore(pattern);
  return before && options.length ? { from: before.from, options, validFor: /^[{`"\w.-]*$/ } : null;
}

const quoted = (one: { label: string; detail: string }, sign: string): Completion => ({ ...one, label: sign + one.label });

function inText(offers: Offers): CompletionSource {
  const tools = offers.tools.map((one) => quoted(one, "`"));
  return (context) => from(context, /\{[\w.]*$/, offers.variables) ?? from(context, /`\w*$/, tools);
}

function inSettings(offers: Offers): CompletionSource {
  const tools = offers.tools.map((one) => quoted(one, '"'));
  const settings = offers.settings.map((label): Completion => ({ label, type: "property" }));
  return (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const written = line.text.slice(0, context.pos - line.from);
    const values = offers.values[/^\s*(\w+)\s*=\s*"[^"]*$/.exec(written)?.[1] ?? ""];
    if (values) return from(context, /"[^"]*$/, values.map((label) => ({ label: `"${label}` })));
    if (/^\s*("[^"]*",?\s*)*"\w*$/.test(written) || /^\s*tools\s*=\s*\[.*"\w*$/.test(written)) return from(context, /"\w*$/, tools);
    return /^\w+$/.test(written) ? from(context, /^\w+$/, settings) : null;
  };
}

/** What completes this file. */
export function completesFor(place: string, offers: Offers): CompletionSource {
  if (place.endsWith(".md")) return inText(offers);
  return place.endsWith("/line.toml") ? inSettings(offers) : () => null;
}

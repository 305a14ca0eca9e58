// Bundles every file of entries/ into ../static, with the hash of its content in its name, and writes down in
// ../static/manifest.json which file and which styles each entry became. The pages' icons go there, too.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const HERE = import.meta.dirname;
const OUT = join(HERE, "..", "static");
const FORMATS = { ".js": true, ".css": true, ".svg": true };

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

const entries = readdirSync(join(HERE, "entries")).filter((name) => name.endsWith(".ts"));
const alone = entries.filter((name) => /\.(worklet|head)\.ts$/.test(name));
const modules = entries.filter((name) => !alone.includes(name));
const common = {
  bundle: true,
  minify: true,
  metafile: true,
  target: ["es2022"],
  outdir: OUT,
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".svg": "dataurl", ".woff2": "file" },
  legalComments: "linked",
  logLevel: "warning",
};
const at = (name) => join(HERE, "entries", name);
const results = await Promise.all([
  build({ ...common, entryPoints: modules.map(at), format: "esm", splitting: true }),
  // An AudioWorklet, and what runs in a page's head: a file by itself, no module.
  build({ ...common, entryPoints: alone.map(at), format: "iife" }),
]);

const manifest = { files: {}, icons: icons() };
for (const { metafile } of results) {
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (!output.entryPoint) continue;
    const name = basename(output.entryPoint, ".ts");
    manifest.files[`${name}.js`] = basename(path);
    if (output.cssBundle) manifest.files[`${name}.css`] = basename(output.cssBundle);
  }
}
// The machine that serves them answers calls: it packs nothing itself.
for (const name of readdirSync(OUT)) {
  if (FORMATS[extname(name)]) writeFileSync(join(OUT, `${name}.gz`), gzipSync(readFileSync(join(OUT, name)), { level: 9 }));
}
const hash = createHash("sha256");
for (const name of Object.values(manifest.files).sort()) hash.update(name);
writeFileSync(join(OUT, "manifest.json"), JSON.stringify({ ...manifest, version: hash.digest("hex").slice(0, 12) }));
console.log(`console: ${Object.keys(manifest.files).length} files built`);

// What is drawn inside each icon that the pages may name; icons.txt lists them.
function icons() {
  const drawn = JSON.parse(readFileSync(join(HERE, "node_modules/@tabler/icons/tabler-nodes-outline.json"), "utf8"));
  const names = readFileSync(join(HERE, "icons.txt"), "utf8").split(/\s+/).filter(Boolean);
  const missing = names.filter((name) => !drawn[name]);
  if (missing.length) throw new Error(`no such icons: ${missing.join(", ")}`);
  const node = ([tag, attributes]) =>
    `<${tag} ${Object.entries(attributes).map(([name, value]) => `${name}="${value}"`).join(" ")}/>`;
  return Object.fromEntries(names.map((name) => [name, drawn[name].map(node).join("")]));
}

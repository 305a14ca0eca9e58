// What the bundler takes besides TypeScript.
declare module "*.css";
declare module "htmx.org/dist/ext/hx-sse.js";

// The extensions look for htmx on the window.
import htmx from "htmx.org";

Object.assign(window, { htmx });

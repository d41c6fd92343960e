// Keyboard use: "/" goes to the search box, "j" and "k" walk over the results or the removals, Enter opens a link by itself.
"use strict";

const STOPS = "a.stop, .raw .cut:not(.k-markup)";

function isTyping(target) {
  return target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
}

function walk(step) {
  const stops = [...document.querySelectorAll(STOPS)].filter((stop) => stop.offsetParent !== null);
  const at = stops.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : stops.length - 1) : at + step;
  const stop = stops[Math.min(Math.max(next, 0), stops.length - 1)];
  if (stop) {
    stop.focus({ preventScroll: true });
    stop.scrollIntoView({ block: "center" });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const box = document.getElementById("q");
  if (event.key === "Escape" && event.target === box) {
    box.blur();
  } else if (isTyping(event.target)) {
    return;
  } else if (event.key === "/") {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    walk(event.key === "j" ? 1 : -1);
  }
});

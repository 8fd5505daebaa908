"use strict";
// Without this script every page can be read. It adds the search, and opens what a link points to.
const form = document.getElementById("search"), query = document.getElementById("query");
const hits = document.getElementById("hits"), count = document.getElementById("hit-count");
const root = document.body.dataset.root;
const MOST_HITS = 12;

// A hit has every word. Names that begin with the text come first, then names that contain it.
function found(text) {
  const words = text.toLowerCase().split(/\s+/).filter(word => word !== "");
  if (words.length === 0) return [];
  const rank = entry => {
    const name = entry.name.toLowerCase(), whole = words.join(" ");
    return name.startsWith(whole) ? 0 : name.includes(words[0]) ? 1 : 2;
  };
  return window.searchEntries
    .filter(entry => words.every(word => `${entry.name} ${entry.text} ${entry.kind}`.toLowerCase().includes(word)))
    .sort((a, b) => rank(a) - rank(b));
}

function show() {
  const all = found(query.value);
  hits.replaceChildren(...all.slice(0, MOST_HITS).map(entry => {
    const item = document.createElement("li"), link = document.createElement("a"), small = document.createElement("small");
    link.href = root + entry.path;
    link.textContent = entry.name;
    small.textContent = `${entry.kind}: ${entry.text}`;
    link.append(small);
    item.append(link);
    return item;
  }));
  hits.hidden = all.length === 0;
  count.textContent = query.value === "" ? "" : `${all.length} found`;
}

function close() {
  hits.hidden = true;
}

const links = () => Array.from(hits.querySelectorAll("a"));

form.addEventListener("input", show);
form.addEventListener("submit", event => {
  event.preventDefault();
  const first = links()[0];
  if (first !== undefined) location.href = first.href;
});
form.addEventListener("keydown", event => {
  const all = links(), at = all.indexOf(document.activeElement);
  const move = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
  if (event.key === "Escape") {
    query.value = "";
    query.focus();
    close();
  } else if (move !== undefined && all.length > 0) {
    event.preventDefault();
    (move < 0 ? query : all[Math.min(move, all.length - 1)]).focus();
  }
});
document.addEventListener("click", event => { if (!form.contains(event.target)) close(); });
document.addEventListener("keydown", event => {
  const typing = event.target.closest("input, textarea");
  if (event.key === "/" && typing === null && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    query.focus();
  }
});

function open() {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (at === null) return;
  at.querySelectorAll("details.script").forEach(details => { details.open = true; });
  at.scrollIntoView({ block: "nearest" });
}
addEventListener("hashchange", open);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(details => { details.open = true; }));
form.hidden = false;
open();

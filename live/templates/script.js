"use strict";
const filter = document.getElementById("filter");
const boxes = Array.from(document.getElementsByName("word"));
const words = () => boxes.filter(box => box.checked).map(box => box.value);
const wanted = id => document.getElementById(id).value.toLowerCase();
const within = (element, text) => element.textContent.toLowerCase().includes(text);
// Opens and shows the element that the fragment of the URL names.
function open() {
  const at = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (at === null) return;
  let around = at.closest("details");
  while (around !== null) {
    around.open = true;
    around = around.parentElement.closest("details");
  }
  at.querySelectorAll("details").forEach(details => { details.open = true; });
  at.scrollIntoView({ block: "nearest" });
}
const all = () => document.querySelectorAll("details").forEach(details => { details.open = true; });
filter.addEventListener("input", show);
filter.addEventListener("submit", event => event.preventDefault());
addEventListener("hashchange", open);
addEventListener("beforeprint", all);
open();

"use strict";
// Webhook: JSON, its parts told apart by colour
function json(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2), node = el("pre", {});
  if (typeof value === "string" || text.length > 200000) { node.textContent = text; return node; }
  let at = 0;
  for (const match of text.matchAll(/"(?:\\.|[^"\\])*"(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g)) {
    const kind = match[1] ? "k" : match[0][0] === '"' ? "s" : "n";
    node.append(text.slice(at, match.index), el("span", { class: kind }, match[1] ? match[0].slice(0, -match[1].length) : match[0]), match[1] || "");
    at = match.index + match[0].length;
  }
  node.append(text.slice(at));
  return node;
}
const webhook = arrival => el("div", { class: "card" }, json(arrival.payload));

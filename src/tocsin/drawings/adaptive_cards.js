"use strict";
// Adaptive Cards: Teams and RingCentral
const CARD_MD = { first: /[\\*_[]/, list: [ESCAPE, STRONG, [/(?<![\p{L}\p{N}])__(?=\S)((?:\\.|[^_\\]){1,1000})__/uy, wrap("b")], ...EMPHASIS, MD_LINK] };
const cardText = text => lines(text, CARD_MD, LISTS);
const TINTS = { emphasis: "var(--muted)", good: "var(--good)", attention: "var(--bad)", warning: "var(--warn)", accent: "var(--link)" };
const word = value => str(value).toLowerCase();
function look(element) {
  return [element.size && `s-${word(element.size)}`, element.weight && `w-${word(element.weight)}`, element.color && `c-${word(element.color)}`, element.isSubtle && "subtle-text", word(element.fontType) === "monospace" && "mono"].filter(Boolean).join(" ");
}
function run(item) {
  if (typeof item === "string") return item;
  if (!item || typeof item !== "object") return "";
  let node = el("span", { class: look(item), style: item.isSubtle ? { color: "var(--muted)" } : {} }, str(item.text));
  for (const [name, tag] of [["italic", "i"], ["strikethrough", "s"], ["underline", "u"]]) if (item[name]) node = el(tag, {}, node);
  return item.selectAction ? link(item.selectAction.url, node) : node;
}
function column(item, depth) {
  const width = str(item.width), pixels = /^(\d{1,4})px$/.exec(width), weight = /^\d{1,3}$/.test(width);
  const tint = TINTS[word(item.style)];
  if (tint && !dicts(item.items).length) return el("div", { class: "stripe", style: { "--tint": tint } });
  return el("div", { class: `box ${width === "auto" ? "auto" : "stretch"}`, style: pixels ? { flex: `0 0 ${pixels[1]}px` } : weight ? { flex: `${width} 1 0` } : {} }, tinted(item, depth));
}
const children = (items, depth) => depth > MAX_DEPTH ? [] : dicts(items).map(item => element(item, depth + 1));
function tinted(item, depth) {
  const tint = TINTS[word(item.style)];
  return tint ? el("div", { class: "box tint", style: { "--tint": tint } }, children(item.items, depth)) : children(item.items, depth);
}
const action = item => button(item.url, str(item.title) || str(item.type), word(item.style) === "positive" ? "primary" : word(item.style) === "destructive" ? "danger" : "");
function cardBody(item, depth) {
  switch (item.type) {
    case "TextBlock": return el(word(item.style) === "heading" ? "h3" : "div", { class: `${look(item)} ${item.wrap ? "" : "cut"}`, style: item.isSubtle ? { color: "var(--muted)" } : {} }, cardText(item.text));
    case "RichTextBlock": return el("div", { class: "text" }, list(item.inlines).map(run));
    case "FactSet": return el("dl", {}, dicts(item.facts).map(fact => [el("dt", {}, cardText(fact.title)), el("dd", {}, cardText(fact.value))]));
    case "Container": return el("div", { class: "box" }, tinted(item, depth));
    case "ColumnSet": return el("div", { class: "cols" }, dicts(item.columns).map(each => column(each, depth)));
    case "ActionSet": return el("div", { class: "row" }, dicts(item.actions).map(action));
    case "Image": return picture(str(item.altText), item.url);
    case "ImageSet": return el("div", { class: "row" }, dicts(item.images).map(each => picture(str(each.altText), each.url)));
    case "Table": return el("table", { class: "grid" }, dicts(item.rows).map(row => el("tr", {}, dicts(row.cells).map(cell => el("td", {}, children(cell.items, depth))))));
    default: return el("span", { class: "picture" }, str(item.type) || "element");
  }
}
function element(item, depth) {
  const node = cardBody(item, depth);
  if (item.separator) node.classList.add("line-above");
  if (["large", "extralarge", "padding"].includes(word(item.spacing))) node.classList.add("gap-above");
  if (["none", "small"].includes(word(item.spacing))) node.classList.add(`${word(item.spacing)}-above`);
  return node;
}
const card = content => el("div", { class: "ac" }, children(content.body, 0), dicts(content.actions).length ? el("div", { class: "row gap-above" }, dicts(content.actions).map(action)) : null);
const cards = attachments => dicts(attachments).map(item => item.content && typeof item.content === "object" ? card(item.content) : card(item));
function teams(arrival) {
  return sender(arrival, "Workflows", "", true, arrival.payload.text && el("div", {}, cardText(arrival.payload.text)), cards(arrival.payload.attachments));
}
function ringcentral(arrival) {
  const payload = arrival.payload;
  return sender(arrival, str(payload.activity) || "tocsin", "APP", true, payload.title && el("b", {}, cardText(payload.title)), payload.text && el("div", {}, cardText(payload.text)), cards(payload.attachments));
}

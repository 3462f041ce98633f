"use strict";
// Inline markup: the first rule that matches at a position wins; what matches none is text.
function inline(text, rules, finish = plain => plain, depth = 0) {
  const nodes = []; let rest = "", at = 0;
  text = str(text).slice(0, MAX_INLINE);
  while (at < text.length) {
    let hit = null;
    if (depth < 6 && rules.first.test(text[at])) for (const [pattern, make] of rules.list) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match) { hit = make(match, inner => inline(inner, rules, finish, depth + 1)); at += match[0].length; break; }
    }
    if (hit === null) rest += text[at++];
    else { if (rest) nodes.push(finish(rest)); rest = ""; nodes.push(hit); }
  }
  if (rest) nodes.push(finish(rest));
  return nodes;
}
const wrap = tag => (match, inner) => el(tag, {}, inner(match[1]));
const entities = text => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const ESCAPE = [/\\([!-/:-@[-`{-~])/y, match => match[1]];
const MD_LINK = [/\[((?:\\.|[^\]\\\n]){1,1000})\]\(<?(https?:\/\/[^\s()<>]{1,3000}|mailto:[^\s()<>]{1,300})>?\)/y, (match, inner) => link(match[2], inner(match[1]))];
const STRONG = [/\*\*(?=\S)((?:\\.|[^*\\]|\*(?!\*)){1,1000})\*\*/y, wrap("b")];
const EMPHASIS = [[/\*(?=\S)((?:\\.|[^*\\\n]){1,1000})\*/y, wrap("i")], [/(?<![\p{L}\p{N}])_(?=\S)((?:\\.|[^_\\\n]){1,1000})_(?![\p{L}\p{N}])/uy, wrap("i")]];
// Lines of markdown: lists, quotes and headings; each kind of line by its pattern.
function lines(text, rules, marks) {
  const out = []; let open = null;
  for (const line of str(text).slice(0, MAX_INLINE).replace(/\r\n?/g, "\n").split("\n")) {
    const mark = marks.map(([pattern, tag, cls, item]) => [pattern.exec(line), tag, cls, item]).find(([match]) => match);
    if (!mark) {
      if (open && open.tag === "p") open.node.append("\n", ...inline(line, rules));
      else out.push((open = { tag: "p", node: el("div", { class: "text" }, inline(line, rules)) }).node);
    } else if (mark[3]) {
      if (!open || open.tag !== mark[1]) out.push((open = { tag: mark[1], node: el(mark[1], { class: mark[2] }) }).node);
      open.node.append(el(mark[3], {}, inline(mark[0][1], rules)));
    } else { out.push(el(mark[1], { class: mark[2] }, inline(mark[0][1], rules))); open = null; }
  }
  return out;
}
const LISTS = [[/^\s{0,3}[-*+] (.*)$/, "ul", "", "li"], [/^\s{0,3}\d{1,3}[.)] (.*)$/, "ol", "num", "li"]];

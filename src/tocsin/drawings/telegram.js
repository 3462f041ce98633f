"use strict";
// Telegram: the part of HTML that its messages know, and MarkdownV2
const TELEGRAM_TAGS = { ...CHAT_TAGS, pre: () => el("pre"), code: () => el("code"), "tg-spoiler": () => el("span", { class: "spoiler" }) };
function telegramText(text) {
  const root = el("div", { class: "text" }), open = [root]; let block = false; // the line break below a block of code is no line of its own
  for (const [, close, name, rest, plain] of str(text).slice(0, MAX_INLINE).matchAll(/<(\/?)(b|strong|i|em|u|ins|s|strike|del|code|pre|a|blockquote|span|tg-spoiler)\b([^<>]*)>|([^<]+|<)/g)) {
    const last = open[open.length - 1];
    if (plain !== undefined) last.append(entities(block ? plain.replace(/^\n/, "") : plain));
    else if (close) { if (open.length > 1) open.pop(); }
    else if (open.length < MAX_DEPTH) { const node = (TELEGRAM_TAGS[name] || (() => el(name)))(rest); last.append(node); open.push(node); }
    block = close && (name === "pre" || name === "blockquote");
  }
  return root;
}
const TELEGRAM_MD = { first: /[\\`*_~|[]/, list: [
  ESCAPE,
  [/`((?:\\.|[^`\\]){1,1000})`/y, match => el("code", {}, match[1].replace(/\\(.)/g, "$1"))], [/\*((?:\\.|[^*\\]){1,1000})\*/y, wrap("b")],
  [/__((?:\\.|[^_\\]|_(?!_)){1,1000})__/y, wrap("u")], [/_((?:\\.|[^_\\]){1,1000})_/y, wrap("i")], [/~((?:\\.|[^~\\]){1,1000})~/y, wrap("s")],
  [/\|\|((?:\\.|[^|\\]){1,1000})\|\|/y, (match, inner) => el("span", { class: "spoiler" }, inner(match[1]))],
  MD_LINK, [/\[((?:\\.|[^\]\\]){1,1000})\]\(tg:\/\/user\?id=\d{1,20}\)/y, (match, inner) => el("span", { class: "mention" }, inner(match[1]))],
] };
const telegramMarkdown = text => el("div", { class: "text" }, str(text).slice(0, MAX_INLINE).split(/(```(?:[a-z0-9+-]{0,20}\n)?[\s\S]{1,4000}?```)/).map((part, number) =>
  number % 2 ? el("pre", {}, part.slice(3, -3).replace(/^[a-z0-9+-]{0,20}\n/, "").replace(/\\(.)/g, "$1")) : inline(part, TELEGRAM_MD)));
const TELEGRAM_MODES = { HTML: telegramText, MarkdownV2: telegramMarkdown };
function telegram(arrival) {
  const { payload } = arrival, drawn = TELEGRAM_MODES[payload.parse_mode] || (text => el("div", { class: "text" }, str(text)));
  return sender(arrival, "tocsin", payload.disable_notification ? "BOT · SILENT" : "BOT", true, drawn(payload.text),
    list((payload.reply_markup || {}).inline_keyboard).map(row => el("div", { class: "row" }, dicts(row).map(item => button(item.url, str(item.text))))));
}

"use strict";
// Telegram: the part of HTML that its messages know
const TELEGRAM_TAGS = { ...CHAT_TAGS, pre: () => el("pre"), code: () => el("code") };
function telegramText(text) {
  const root = el("div", { class: "text" }), open = [root];
  for (const [, close, name, rest, plain] of str(text).slice(0, MAX_INLINE).matchAll(/<(\/?)(b|i|u|s|code|pre|a)\b([^<>]*)>|([^<]+|<)/g)) {
    const last = open[open.length - 1];
    if (plain !== undefined) last.append(entities(plain));
    else if (close) { if (open.length > 1) open.pop(); }
    else if (open.length < MAX_DEPTH) { const node = (TELEGRAM_TAGS[name] || (() => el(name)))(rest); last.append(node); open.push(node); }
  }
  return root;
}
function telegram(arrival) {
  const { payload } = arrival;
  return sender(arrival, "tocsin", payload.disable_notification ? "BOT · SILENT" : "BOT", true, payload.parse_mode === "HTML" ? telegramText(payload.text) : el("div", { class: "text" }, str(payload.text)));
}

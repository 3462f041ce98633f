"use strict";
// Google Chat: the part of HTML that its cards know
const CHAT_TAGS = { a: (rest, url = /href="([^"]*)"/.exec(rest)) => link(url ? entities(url[1]) : "", ""), font: (rest, tint = /color="(#[0-9a-f]{6})"/i.exec(rest)) => el("span", { style: tint ? { color: tint[1] } : {} }) };
function chatText(text) {
  const root = el("div", { class: "text" }), open = [root];
  for (const [, close, name, rest, plain] of str(text).slice(0, MAX_INLINE).matchAll(/<(\/?)(b|i|u|s|font|a|br)\b([^<>]*)>|([^<]+|<)/g)) {
    const last = open[open.length - 1];
    if (plain !== undefined) last.append(entities(plain));
    else if (name === "br") last.append("\n");
    else if (close) { if (open.length > 1) open.pop(); }
    else if (open.length < MAX_DEPTH) { const node = (CHAT_TAGS[name] || (() => el(name)))(rest); last.append(node); open.push(node); }
  }
  return root;
}
function chatWidget(widget) {
  const { textParagraph, decoratedText, buttonList } = widget;
  if (textParagraph) return textParagraph.textSyntax === "MARKDOWN" ? el("div", {}, discordText(textParagraph.text)) : chatText(textParagraph.text);
  if (decoratedText) return el("div", {}, decoratedText.topLabel && el("div", { class: "subtle" }, str(decoratedText.topLabel)), chatText(decoratedText.text));
  if (buttonList) return el("div", { class: "row" }, dicts(buttonList.buttons).map(item => button(((item.onClick || {}).openLink || {}).url, str(item.text))));
  return el("span", { class: "picture" }, Object.keys(widget)[0] || "widget");
}
function google_chat(arrival) {
  const { payload } = arrival, found = dicts(payload.cardsV2).map(item => item.card || {});
  return sender(arrival, "tocsin", "APP", true, payload.text && el("div", { class: "text" }, str(payload.text)), found.map(item => el("div", { class: "chat" },
    item.header && el("b", {}, str(item.header.title)), dicts(item.sections).map(part => el("div", { class: "section" }, part.header && el("b", {}, chatText(part.header)), dicts(part.widgets).map(chatWidget))))));
}

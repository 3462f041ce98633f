"use strict";
// Discord
const DISCORD_TIMES = { t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" }, f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" }, s: { dateStyle: "short", timeStyle: "short" }, S: { dateStyle: "short", timeStyle: "medium" } };
const discordTime = (at, form) => isNaN(new Date(at)) ? "" : new Date(at).toLocaleString([], DISCORD_TIMES[form] || DISCORD_TIMES.f);
const DISCORD_MD = { first: /[\\`*_~|[<h]/, list: [
  ESCAPE,
  [/``([^\n]{1,1000}?)``(?!`)/y, match => el("code", {}, match[1])], [/`([^`\n]{1,1000})`/y, match => el("code", {}, match[1])],
  STRONG, [/__(?=\S)((?:\\.|[^_\\]|_(?!_)){1,1000})__/y, wrap("u")], [/~~((?:\\.|[^~\\]){1,1000})~~/y, wrap("s")],
  [/\|\|((?:\\.|[^|\\]){1,1000})\|\|/y, (match, inner) => el("span", { class: "spoiler" }, inner(match[1]))],
  ...EMPHASIS, MD_LINK,
  [/<t:(-?\d{1,12})(?::([tTdDfFRsS]))?>/y, match => el("time", { class: "instant" }, discordTime(match[1] * 1000, match[2]))],
  [/<(@[!&]?|#)(\d{1,20})>/y, match => el("span", { class: "mention" }, match[1][0] + match[2])],
  [/<(https?:\/\/[^\s<>]{1,2000})>/y, match => link(match[1], match[1])], [/https?:\/\/[^\s<>]{0,1999}[^\s<>.,:;!?)\]'"*_|~\\]/y, match => link(match[0], match[0])],
] };
const discordLines = text => lines(text, DISCORD_MD, [[/^#{1,3} (.*)$/, "div", "header"], [/^-# (.*)$/, "div", "subtle"], [/^> (.*)$/, "blockquote", "", "div"], ...LISTS]);
// Blocks of code stand apart; the line break on either side of one is no line of its own.
const discordText = text => str(text).slice(0, MAX_INLINE).split(/\n?(```(?:[a-z0-9+-]{1,20}\n)?[\s\S]{1,4000}?```)\n?/).map((part, number) =>
  number % 2 ? el("pre", {}, part.slice(3, -3).replace(/^[a-z0-9+-]{1,20}\n/, "").replace(/^\n+|\n+$/g, "")) : part && discordLines(part));

function embed(item) {
  const tone = colour(item.color), author = item.author || {}, footer = item.footer || {};
  const tail = [str(footer.text), item.timestamp && !isNaN(new Date(item.timestamp)) ? new Date(item.timestamp).toLocaleString() : ""].filter(Boolean).join(" • ");
  return el("div", { class: "embed", style: tone ? { "--tone": tone } : {} },
    author.name && el("b", {}, link(author.url, str(author.name))),
    item.title && el("div", { class: "title" }, link(item.url, inline(item.title, DISCORD_MD))),
    item.description && el("div", {}, discordText(item.description)),
    dicts(item.fields).length ? el("div", { class: "cells" }, dicts(item.fields).map(field => el("div", { class: field.inline ? "inline" : "" }, el("b", {}, inline(field.name, DISCORD_MD)), discordText(field.value)))) : null,
    ["image", "thumbnail"].map(name => item[name] && picture("", item[name].url)),
    tail && el("div", { class: "footer" }, tail));
}
function discordRow(row, depth = 0) {
  if (row.type === 2) return button(row.url, str(row.label), row.style === 4 ? "danger" : "");
  if (row.type === 10) return el("div", {}, discordText(row.content));
  return depth > MAX_DEPTH ? null : el("div", { class: "row" }, dicts(row.components).map(item => discordRow(item, depth + 1)));
}
function discord(arrival) {
  const payload = arrival.payload;
  const node = sender(arrival, str(payload.username) || "tocsin", "APP", true, payload.content && discordText(payload.content), dicts(payload.embeds).map(embed), dicts(payload.components).map(row => discordRow(row)));
  node.classList.add("dc");
  return node;
}

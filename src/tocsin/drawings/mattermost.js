"use strict";
// Mattermost: a text and attachments in Markdown, of a webhook, or of a post that has them among its props
const MATTERMOST_MD = { first: DISCORD_MD.first, list: DISCORD_MD.list.filter(([pattern]) => !/\\\|\\\||<t:|<\(@/.test(pattern.source)) };
const mattermostText = text => str(text).slice(0, MAX_INLINE).split(/\n?(```\n[\s\S]{1,4000}?```)\n?/).map((part, number) =>
  number % 2 ? el("pre", {}, part.slice(4, -3).replace(/\n$/, "")) : part && lines(part, MATTERMOST_MD, [[/^#{1,6} (.*)$/, "div", "header"], [/^> (.*)$/, "blockquote", "", "div"], ...LISTS]));
function mattermost(arrival) {
  const { payload } = arrival, props = payload.props && typeof payload.props === "object" ? payload.props : {};
  const text = payload.text || payload.message, attachments = payload.attachments || props.attachments;
  return sender(arrival, str(payload.username) || "tocsin", "BOT", true, text && mattermostText(text),
    dicts(attachments).map(item => el("div", { class: "bar", style: colour(item.color) ? { "--tone": colour(item.color) } : {} },
      item.pretext && mattermostText(item.pretext), item.title && el("b", {}, link(item.title_link, str(item.title))), item.text && mattermostText(item.text),
      dicts(item.fields).length ? el("div", { class: "fields" }, dicts(item.fields).map(field => el("div", {}, el("b", {}, str(field.title)), mattermostText(field.value)))) : null,
      item.footer && el("div", { class: "subtle" }, str(item.footer)))));
}

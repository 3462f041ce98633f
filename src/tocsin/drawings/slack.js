"use strict";
// Slack
const slackMention = match => el("span", { class: "mention" }, match[1] === "!" ? "@" + entities(match[3] || match[2].split("^")[0]) : match[1] + entities(match[3] || match[2]));
const MRKDWN = { first: /[`<*_~]/, list: [
  [/```\n?([\s\S]{1,5000}?)```/y, match => el("pre", {}, entities(match[1]))],
  [/`([^`\n]{1,1000})`/y, match => el("code", {}, entities(match[1]))],
  [/<([!@#])([^<>|\n]{1,200})(?:\|([^<>\n]{1,200}))?>/y, slackMention],
  [/<((?:https?:\/\/|mailto:)[^<>|\s]{1,3000})(?:\|([^<>\n]{0,1000}))?>/y, match => link(entities(match[1]), entities(match[2] || match[1]))],
  [/(?<![\p{L}\p{N}])\*(?=\S)([^*\n]{1,1000})(?<=\S)\*(?![\p{L}\p{N}])/uy, wrap("b")],
  [/(?<![\p{L}\p{N}])_(?=\S)([^_\n]{1,1000})(?<=\S)_(?![\p{L}\p{N}])/uy, wrap("i")],
  [/(?<![\p{L}\p{N}])~(?=\S)([^~\n]{1,1000})(?<=\S)~(?![\p{L}\p{N}])/uy, wrap("s")],
] };
function mrkdwn(text) {
  if (/```/.test(str(text))) return el("div", { class: "text" }, inline(text, MRKDWN, entities));
  const box = el("div", { class: "text" }); let quote = null;
  str(text).split("\n").forEach((line, number) => {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (quoted) { if (!quote) box.append(quote = el("blockquote", {})); quote.append(el("div", {}, inline(quoted[1], MRKDWN, entities))); }
    else { box.append(number && !quote ? "\n" : "", ...inline(line, MRKDWN, entities)); quote = null; }
  });
  return box;
}
const slackText = object => !object || typeof object !== "object" ? mrkdwn(object)
  : object.type === "plain_text" ? el("div", { class: "text" }, str(object.text)) : mrkdwn(object.text);
function slackElement(element) {
  if (element.type === "button" || element.type === "workflow_button") return button(element.url, str(element.text && element.text.text), element.style);
  if (element.type === "image") return picture(str(element.alt_text), element.image_url);
  return element.text !== undefined ? slackText(element) : el("span", { class: "picture" }, str(element.type));
}
// A date element: in the zone and the words of whoever reads it
const SLACK_DATES = { date_num: { year: "numeric", month: "2-digit", day: "2-digit" }, date: { dateStyle: "long" }, date_short: { dateStyle: "medium" }, date_long: { dateStyle: "full" }, time: { hour: "numeric", minute: "2-digit" }, time_secs: { timeStyle: "medium" } };
function slackDate(element) {
  const at = new Date(element.timestamp * 1000);
  if (!Number.isFinite(element.timestamp) || isNaN(at)) return str(element.fallback);
  const ago = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 864e5), near = { 0: "today", 1: "yesterday", "-1": "tomorrow" }[ago];
  const text = str(element.format).replace(/\{([a-z_]+?)(_pretty)?\}/g, (token, name, pretty) => pretty && near || (SLACK_DATES[name] ? at.toLocaleString([], SLACK_DATES[name]) : token));
  return element.url ? link(element.url, text) : text;
}
function richLeaf(element) {
  if (element.type === "date") return slackDate(element);
  if (element.type === "link") return link(element.url, str(element.text) || str(element.url));
  if (element.type === "emoji") return element.unicode ? str(element.unicode).split("-").map(code => parseInt(code, 16)).filter(code => code > 0 && code < 0x110000).map(code => String.fromCodePoint(code)).join("") : `:${str(element.name)}:`;
  if (["user", "channel", "usergroup", "broadcast"].includes(element.type)) return el("span", { class: "mention" }, "@" + str(element.user_id || element.channel_id || element.usergroup_id || element.range));
  return str(element.text);
}
function rich(element) {
  let node = richLeaf(element);
  const style = element.style && typeof element.style === "object" ? element.style : {};
  for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"]]) if (style[name]) node = el(tag, {}, node);
  return node;
}
function richPart(part) {
  if (part.type === "rich_text_list") return el(part.style === "ordered" ? "ol" : "ul", { class: part.style === "ordered" ? "num" : "" }, dicts(part.elements).map(item => el("li", {}, dicts(item.elements).map(rich))));
  const tag = { rich_text_quote: "blockquote", rich_text_preformatted: "pre" }[part.type] || "div";
  return el(tag, { class: "text" }, dicts(part.elements).map(rich));
}
function slackBlock(block) {
  switch (block.type) {
    case "header": return el("div", { class: "header" }, str(block.text && block.text.text));
    case "divider": return el("hr");
    case "context": return el("div", { class: "context" }, dicts(block.elements).map(slackElement));
    case "actions": return el("div", { class: "row" }, dicts(block.elements).map(slackElement));
    case "image": return picture(str(block.alt_text), block.image_url);
    case "rich_text": return el("div", { class: "box" }, dicts(block.elements).map(richPart));
    case "markdown": return el("div", {}, discordText(block.text));
    case "section": {
      const body = el("div", { class: "blocks" }, block.text && slackText(block.text), dicts(block.fields).length ? el("div", { class: "fields" }, dicts(block.fields).map(slackText)) : null);
      return block.accessory ? el("div", { class: "split" }, body, slackElement(block.accessory)) : body;
    }
    default: return el("span", { class: "picture" }, str(block.type) || "block");
  }
}
function slackAttachment(attachment) {
  const tone = colour(attachment.color), blocks = dicts(attachment.blocks);
  const classic = () => [
    attachment.pretext && mrkdwn(attachment.pretext), attachment.title && el("b", {}, link(attachment.title_link, str(attachment.title))), attachment.text && mrkdwn(attachment.text),
    dicts(attachment.fields).length ? el("div", { class: "fields" }, dicts(attachment.fields).map(field => el("div", {}, el("b", {}, str(field.title)), mrkdwn(field.value)))) : null,
    attachment.footer && el("div", { class: "subtle" }, str(attachment.footer)),
  ];
  return el("div", { class: "bar", style: tone ? { "--tone": tone } : {} }, blocks.length ? blocks.map(slackBlock) : classic());
}
function slack(arrival) {
  const payload = arrival.payload, blocks = dicts(payload.blocks);
  const node = sender(arrival, str(payload.username) || "tocsin", "APP", false,
    blocks.length ? el("div", { class: "blocks" }, blocks.map(slackBlock)) : payload.text && mrkdwn(payload.text), dicts(payload.attachments).map(slackAttachment));
  node.classList.add("sl");
  return node;
}

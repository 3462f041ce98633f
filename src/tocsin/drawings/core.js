"use strict";
// What every drawing is made of. What arrives is untrusted: it becomes text nodes and attributes set one by one, never markup.

const KINDS = {
  slack: ["Slack", "M9 4 7.5 20M16.5 4 15 20M4.5 9h16M3.5 15h16", "Block Kit, as an incoming webhook takes it"],
  teams: ["Teams", "M4 6h16v11h-8l-4 3.5V17H4zM9 9.5h6M12 9.5v5", "An Adaptive Card, as a Workflows webhook takes it"],
  discord: ["Discord", "M4.5 17.5C4 12 5 8 6.5 6.5c1.5-.8 3-1 3-1l.8 1.5h3.4l.8-1.5s1.5.2 3 1C19 8 20 12 19.5 17.5c-1.5 1-3 1.5-3.8 1.5l-1-2c-1.8.4-3.6.4-5.4 0l-1 2c-.8 0-2.3-.5-3.8-1.5zM9.2 12v.6M14.8 12v.6", "Embeds, as a webhook takes them"],
  ringcentral: ["RingCentral", "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z", "An Adaptive Card, as a v2 webhook takes it"],
  google_chat: ["Google Chat", "M4.5 4.5h15v11h-9L6 20v-4.5H4.5zM8.5 8.5h7M8.5 11.5h5", "A card, as an incoming webhook takes it"],
  pagerduty: ["PagerDuty", "M7 20.5V3.5h6.5a4.75 4.75 0 0 1 0 9.5H7", "The api_url of the Events API, with any key of 32 characters"],
  mattermost: ["Mattermost", "M12 4a8 8 0 1 0 7.5 5.2M12 8.5a4 4 0 1 0 4 3.5M15.5 3.5 12 12", "A text and attachments, as an incoming webhook takes them"],
  telegram: ["Telegram", "M3.5 11.5 20.5 4.5 17.5 19.5 11.5 15.5 9 18.5 8.5 13.5 17 7.5", "The api_url of a bot, whatever its token"],
  ntfy: ["ntfy", "M6 3.5h12v17H6zM9 7.5h6M9 10.5h4M11.2 17.8h1.6", "JSON, as a server takes it at its root"],
  webhook: ["Webhook", "M9 4.5C6.5 4.5 7 7 7 8.5S6.5 12 4.5 12C6.5 12 7 14 7 15.5S6.5 19.5 9 19.5M15 4.5c2.5 0 2 2.5 2 4s.5 3.5 2.5 3.5c-2 0-2.5 2-2.5 3.5s.5 4-2 4", "Any body, by POST, PUT or PATCH"],
  smtp: ["SMTP", "M3.5 6h17v12.5h-17zM4 6.5l8 6.5 8-6.5", "Security none, without user and password"],
  ses: ["Amazon SES", "M3.5 9.5h12v10h-12zM4 10l5.5 4.5 5.5-4.5M8 6h12.5v9.5M8 6v1M20.5 15.5h-2", "The endpoint_url of an AWS client"],
};
// A kind without a look of its own sends to services that are none of these; its payload is drawn as a webhook's.
const kindLook = kind => KINDS[kind] || [kind.charAt(0).toUpperCase() + kind.slice(1), KINDS.webhook[1], "JSON, by POST"];
const BELL = "M12 3.2a5.7 5.7 0 0 1 5.7 5.7v3.9l1.7 3a.9.9 0 0 1-.8 1.3H5.4a.9.9 0 0 1-.8-1.3l1.7-3V8.9A5.7 5.7 0 0 1 12 3.2zM9.6 18.4h4.8a2.4 2.4 0 0 1-4.8 0z";
const MAX_INLINE = 20000, MAX_DEPTH = 24;

function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "style") for (const [key, css] of Object.entries(value)) node.style.setProperty(key, css);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== undefined && child !== null && child !== false && child !== ""));
  return node;
}
function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24"); svg.setAttribute("class", "icon"); svg.setAttribute("aria-hidden", "true");
  shape.setAttribute("d", path); svg.append(shape);
  return svg;
}
const list = value => Array.isArray(value) ? value : [];
const dicts = value => list(value).filter(item => item && typeof item === "object" && !Array.isArray(item));
const str = value => typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
const badge = kind => el("span", { class: "badge", style: { "--kind": `var(--${kind}, var(--webhook))` } }, icon(kindLook(kind)[1]));
const clock = at => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const short = at => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = at => new Date(at).toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
const size = bytes => bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
const colour = value => typeof value === "string" && /^#?[0-9a-f]{6}$/i.test(value) ? "#" + value.replace("#", "")
  : Number.isInteger(value) && value >= 0 && value <= 0xffffff ? "#" + value.toString(16).padStart(6, "0")
  : { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" }[value];
function link(url, ...children) {
  if (!/^(https?:\/\/|mailto:)[^\s]+$/i.test(str(url))) return el("span", {}, children);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, children);
}
const button = (url, label, style) => {
  const node = link(url, label);
  node.className = `btn ${style || ""}`;
  return node;
};
const picture = (alt, url) => el("span", { class: "picture", title: str(url) }, "Picture", alt ? `: ${alt}` : "");

function sender(arrival, name, tag, round, ...body) {
  return el("div", { class: "card msg" }, el("div", { class: "from" },
    el("span", { class: round ? "avatar round" : "avatar" }, icon(BELL)),
    el("div", {}, el("div", { class: "who" }, el("b", {}, name), tag && el("span", {}, tag), el("time", { datetime: arrival.at }, short(arrival.at))), ...body)));
}

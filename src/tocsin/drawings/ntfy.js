"use strict";
// ntfy: a notification of plain text, or of Markdown, with its tags and buttons
function ntfy(arrival) {
  const { payload } = arrival;
  return sender(arrival, str(payload.topic) || "ntfy", payload.priority > 3 ? "HIGH" : "", false,
    payload.title && el("b", {}, link(payload.click, str(payload.title))), payload.markdown ? mattermostText(payload.message) : el("div", { class: "text" }, str(payload.message)),
    el("div", { class: "subtle" }, list(payload.tags).map(str).filter(Boolean).join(" · ")),
    el("div", { class: "row" }, dicts(payload.actions).map(action => button(action.url, str(action.label)))));
}

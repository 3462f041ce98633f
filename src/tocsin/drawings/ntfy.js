"use strict";
// ntfy: a notification of plain text, or of Markdown, with its tags and buttons
function ntfy(arrival) {
  const { payload } = arrival, tags = list(payload.tags).map(str).filter(Boolean).join(", ");
  return sender(arrival, str(payload.topic) || "ntfy", payload.priority > 3 ? "HIGH" : "", false,
    payload.title && el("b", { class: "quiet" }, link(payload.click, str(payload.title))), payload.markdown ? mattermostText(payload.message) : el("div", { class: "text" }, str(payload.message)),
    tags && el("div", { class: "subtle" }, `Tags: ${tags}`),
    dicts(payload.actions).length ? el("div", { class: "row below" }, dicts(payload.actions).map(action => button(action.url, str(action.label)))) : null);
}

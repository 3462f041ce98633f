"use strict";
// PagerDuty: an alert that opens or closes, and a change
const SEVERITIES = { critical: "#c9302c", error: "#d9822b", warning: "#c8a415", info: "#3a7bd5" };
function pagerdutyEvent(event) {
  const details = event.payload && typeof event.payload === "object" ? event.payload : {}, custom = details.custom_details && typeof details.custom_details === "object" ? details.custom_details : {};
  const rows = Object.entries(custom).filter(([name, value]) => name !== "message" && str(value));
  const state = { trigger: "TRIGGERED", acknowledge: "ACKNOWLEDGED", resolve: "RESOLVED" }[event.event_action] || "CHANGE";
  const tone = event.event_action === "resolve" ? "#1f9d55" : SEVERITIES[details.severity];
  return el("div", { class: "bar", style: tone ? { "--tone": tone } : {} },
    el("div", { class: "subtle" }, [state, event.event_action === "trigger" && str(details.severity), str(details.source)].filter(Boolean).join(" · ")),
    el("b", { class: "quiet" }, link(event.client_url, str(details.summary))), el("div", { class: "text" }, str(custom.message)),
    rows.length ? el("details", {}, el("summary", { class: "subtle" }, `${rows.length} more details`), el("table", { class: "grid close" }, el("tbody", {}, rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, str(value))))))) : null,
    el("div", { class: "row" }, dicts(event.links).map(item => button(item.href, str(item.text)))));
}
const pagerduty = arrival => sender(arrival, "PagerDuty", "", false, dicts(Array.isArray(arrival.payload) ? arrival.payload : [arrival.payload]).map(pagerdutyEvent));

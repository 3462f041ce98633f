"use strict";
const DRAWINGS = { slack, teams, discord, ringcentral, google_chat, pagerduty, mattermost, telegram, ntfy, webhook, smtp: mail, ses: mail };
// The message as its service would show it; an arrival is { kind, at, payload } and, in the inbox, { number }.
function drawing(arrival) {
  const box = content => el("div", { class: "drawing" }, content);
  try { return box((DRAWINGS[arrival.kind] || webhook)(arrival)); }
  catch { return box([el("p", { class: "note" }, "This payload is too odd for a preview; here it is as it came."), webhook(arrival)]); }
}

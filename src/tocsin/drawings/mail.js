"use strict";
// Mail: its HTML is framed apart, from its text where the payload has it, else from the address where the inbox serves it
function mail(arrival) {
  const { payload } = arrival;
  const head = el("table", { class: "grid mailhead" }, el("tbody", {},
    [["From", payload.from], ["To", list(payload.to).join(", ")], ["Subject", payload.subject]].map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, str(value))))));
  const body = payload.html
    ? el("iframe", { class: "mailframe", sandbox: "allow-popups allow-popups-to-escape-sandbox", ...(typeof payload.html === "string" ? { srcdoc: payload.html } : { src: `mail/${arrival.number}` }), title: "The mail's HTML", referrerpolicy: "no-referrer" })
    : el("pre", {}, payload.text || "This mail has no text.");
  return el("div", { class: "card" }, head, body);
}

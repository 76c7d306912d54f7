"use strict";

// Reads /v1/participants once a second. Names come from callers, so they only ever become text, never markup.
const PERIOD = 1000;
const DECISIONS = {
  VERIFIED: ["Verified", "good"],
  IMPOSTOR_SUSPECTED: ["Impostor suspected", "bad"],
  UNCERTAIN: ["Uncertain", "unsure"],
  COLLECTING: ["Collecting", ""],
  STALE: ["Stale", "unsure"],
  NOT_ENROLLED: ["Not enrolled", ""],
  OPTED_OUT: ["Opted out", ""],
  CONSISTENT: ["Same driver", "good"],
  DRIVER_CHANGED: ["Driver changed", "bad"],
};
const REASONS = {
  TOO_FEW_FRAMES: "too few frames yet",
  TOO_MUCH_FILLER: "too many frames lost",
  FROZEN: "picture is frozen",
  NO_MOTION: "hardly any motion",
  GAP: "no frames arrive",
  DECODER_FAULT: "broken pictures",
  NOT_ENROLLED: "no template",
  OPTED_OUT: "opted out",
  CAPACITY: "no capacity",
  NEEDS_REENROLMENT: "enrolled for another model: enrol again",
  NO_FACE: "no face found",
  MULTIPLE_FACES: "several faces",
  LOW_FRAME_RATE: "frame rate too low",
  OPENING: "taking in the opening",
  STILL_PICTURE: "a still picture",
  LOOPED: "a loop: this call has shown it before",
  REPLAYED: "a recording, played again",
  SCREEN: "a shared screen",
};
const SHOWN_EVIDENCE = 10; // natural-log units at either end of the bar
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function cell(...parts) {
  const made = document.createElement("td");
  made.append(...parts);
  return made;
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// A bar from the middle: to the right for the claimed person, to the left for somebody else.
function evidenceBar(evidence) {
  const bar = shape("svg", { width: 96, height: 10, "aria-hidden": "true" });
  const length = (Math.min(Math.abs(evidence), SHOWN_EVIDENCE) / SHOWN_EVIDENCE) * 48;
  bar.append(
    shape("rect", { x: 0, y: 3, width: 96, height: 4, rx: 2, fill: "#e9ecf1" }),
    shape("rect", { x: evidence < 0 ? 48 - length : 48, y: 3, width: length, height: 4, fill: evidence < 0 ? "#a31621" : "#17693c" }),
    shape("rect", { x: 47.5, y: 0, width: 1, height: 10, fill: "#8a94a3" }),
  );
  return bar;
}

function signed(value) {
  return (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(1);
}

function decisionOf(participant) {
  return participant.verdict ? participant.verdict.decision : "COLLECTING";
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function measured({ verdict, link }) {
  if (link === "RECONNECTING") return "connection lost";
  if (!verdict) return "no frames yet";
  return verdict.reason ? REASONS[verdict.reason] ?? verdict.reason : `${(verdict.horizon / 25).toFixed(2)} s window`;
}

function row(participant) {
  const { verdict } = participant;
  const [label, tone] = DECISIONS[decisionOf(participant)];
  const evidence = cell();
  evidence.className = "evidence";
  if (verdict) evidence.append(evidenceBar(verdict.evidence), signed(verdict.evidence));
  const score = cell(verdict && verdict.score !== null ? verdict.score.toFixed(3) : "\u2013");
  const time = cell(verdict ? clock(verdict.time) : "\u2013");
  score.className = time.className = "number";
  const cuts = verdict && verdict.cuts ? element("small", verdict.cuts === 1 ? "1 cut" : `${verdict.cuts} cuts`) : "";
  // A service that only observes accuses nobody, and says here what it would have said.
  const withheld = verdict && verdict.withheld ? element("small", `withheld: ${DECISIONS[verdict.withheld][0]}`) : "";
  const made = document.createElement("tr");
  made.append(
    cell(participant.participant, element("small", `${participant.call} \u00b7 ${participant.transport}`)),
    cell(participant.claim || "nobody"),
    cell(element("span", label, `decision ${tone}`), withheld),
    score,
    evidence,
    cell(measured(participant), cuts),
    time,
  );
  return made;
}

function total(count, label, tone) {
  const made = element("div", "", `total ${count ? tone : ""}`);
  made.append(element("b", String(count)), element("span", label));
  return made;
}

function show({ model_id, participants }) {
  const count = (decision) => participants.filter((participant) => decisionOf(participant) === decision).length;
  byId("totals").replaceChildren(
    total(participants.length, "participants", ""),
    total(count("VERIFIED"), "verified", "good"),
    total(count("IMPOSTOR_SUSPECTED"), "impostor suspected", "bad"),
    total(count("DRIVER_CHANGED"), "driver changed", "bad"),
  );
  byId("participants").replaceChildren(...participants.map(row));
  byId("empty").hidden = participants.length > 0;
  document.querySelector("table").hidden = participants.length === 0;
  byId("model").textContent = `Model ${model_id}`;
}

// The token goes with this tab: never into an address, which ends up in histories and logs.
const TOKEN = "token";

function headers() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

function stateOf(status) {
  if (status === 401) return sessionStorage.getItem(TOKEN) ? "The token does not hold; paste another one" : "Waiting for a token";
  if (status === 403) return "The token's roles do not include viewer";
  return "The service does not answer; what is shown is out of date";
}

async function refresh() {
  const state = byId("state");
  let status = 0;
  try {
    const response = await fetch("/v1/participants", { headers: headers() });
    status = response.status;
    if (!response.ok) throw new Error(String(status));
    show(await response.json());
    state.textContent = "Live";
    state.className = "";
  } catch {
    state.textContent = stateOf(status);
    state.className = "lost";
  }
  byId("ask").hidden = status !== 401 && status !== 403;
  setTimeout(refresh, PERIOD);
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, byId("token").value.trim());
  byId("token").value = "";
});

refresh();

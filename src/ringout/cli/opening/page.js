// Shows what the program behind this page says, and tells it what was pressed. The program decides; the page never does.
const POLL_MS = 250;
const byId = (id) => document.getElementById(id);
const secret = document.documentElement.dataset.secret;
const headers = { "X-Ringout-Page": secret };
const shown = { question: ["call", "dismiss"], counting: ["undo"], live: ["hang-up"] };
let countsUntil = 0;

function titleOf(state) {
  if (state.phase === "question") return `Call ${state.number}?`;
  if (state.phase === "counting") {
    countsUntil ||= performance.now() + state.seconds * 1000;
    return `Calling ${state.number} in ${Math.max(1, Math.ceil((countsUntil - performance.now()) / 1000))} s`;
  }
  return state.number ?? "RingOut";
}

function write(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

function show(state) {
  write("title", titleOf(state));
  write("place", state.place ?? "");
  write("sentence", state.sentence ?? "");
  write("server", state.server ? `By ${state.server}` : "");
  const remarks = state.remarks ?? [];
  if (byId("remarks").childElementCount !== remarks.length) {
    byId("remarks").replaceChildren(...remarks.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  }
  byId("lanes").hidden = !state.you;
  for (const who of ["you", "them"]) {
    const lane = state[who];
    if (lane) write(who, [lane.number, lane.state, lane.sentence].filter(Boolean).join("\n"));
  }
  for (const button of document.querySelectorAll("button")) {
    const wanted = (shown[state.phase] ?? []).includes(button.id);
    if (button.hidden === wanted) {
      button.hidden = !wanted;
      button.disabled = false;
      if (wanted && (button.id === "undo" || button.id === "hang-up")) button.focus();
    }
  }
  document.documentElement.dataset.phase = state.phase;
}

async function follow() {
  try {
    for (;;) {
      const answer = await fetch("/state", { headers });
      if (!answer.ok) break;
      const state = await answer.json();
      show(state);
      if (state.phase === "ended") return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } catch {
    // The program is gone; what it would have said is said below.
  }
  show({ phase: "gone", sentence: "RingOut is not running any more. Nothing more happens here." });
}

byId("buttons").addEventListener("click", (event) => {
  const word = event.target.dataset?.word;
  if (!word) return;
  event.target.disabled = true;
  fetch("/answer", { method: "POST", headers, body: word }).catch(() => {});
});
follow();

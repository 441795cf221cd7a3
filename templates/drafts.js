"use strict";
// What a reader decides, on one thing or on several: kept in this browser until it is exported and recorded.
const VERDICTS = { keep: "Keep it", revoke: "Revoke it", exception: "Exception until", until: "Keep it until",
  explained: "Explained", "do-by": "Do it by" };
const DATED = { exception: "Last day of the exception", until: "Last day", "do-by": "Day to do it by" };

const make = (tag, text, attributes = {}) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

const today = () => {
  const now = new Date();
  return new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
};

// What a decision still lacks, in a sentence; nothing where it is whole.
const missing = ({ decision, until, who, reason }) => {
  if (Object.hasOwn(DATED, decision) && !(until > today())) return `${decision === "exception" ? "An exception needs a last day" : "It needs a day"} that is still to come.`;
  if (decision === "do-by" && !who.trim()) return "It needs somebody who does it.";
  return reason.trim() ? "" : "A reason is needed.";
};

// Only the fields that go with the decision, as the file has them.
const written = ({ decision, reason, until, who }) => ({ decision, reason: reason.trim(),
  until: Object.hasOwn(DATED, decision) ? until : null, ...(decision === "do-by" ? { who: who.trim() } : {}) });

// The drafts by id, as this browser keeps them under one key for every page and tab that shows them. Those of things
// that this page does not show stay for the page that does.
function makeDrafts(key, shown) {
  let all = new Map();
  let kept = true;
  // Another tab may have decided since: without this, the last to write would take the others' decisions away.
  const load = () => {
    if (!kept) return;
    try {
      const text = (draft, name) => String(draft[name] ?? "");
      all = new Map(Object.entries(JSON.parse(localStorage.getItem(key) ?? "{}"))
        .filter(([, draft]) => Object.hasOwn(VERDICTS, draft?.decision))
        .map(([id, draft]) => [id, { decision: draft.decision, reason: text(draft, "reason"), until: text(draft, "until"), who: text(draft, "who"), said_at: text(draft, "said_at") }]));
    } catch {
      kept = false;
    }
  };
  const here = () => [...all].filter(([id]) => shown(id));
  load();
  return {
    load,
    get: (id) => all.get(id),
    get size() { return here().length; },
    get kept() { return kept; },
    ids: () => here().map(([id]) => id),
    done: () => here().filter(([, draft]) => !missing(draft)),
    set(ids, draft) {
      if (!ids.length) return;
      load();
      const said_at = new Date().toISOString();
      for (const id of ids) draft ? all.set(id, { ...draft, said_at }) : all.delete(id);
      try {
        localStorage.setItem(key, JSON.stringify(Object.fromEntries(all)));
      } catch {
        kept = false;
      }
    },
  };
}

// The choices, with day, who and reason; `said` hears of each change with what is chosen so far.
function makeChoice({ name, legend, verdicts, draft, said }) {
  const box = make("fieldset", "", { class: "choice" });
  const reason = make("input", "", { type: "text", maxlength: "2000", "aria-label": "Reason", placeholder: "reason" });
  const until = make("input", "", { type: "date" });
  const who = make("input", "", { type: "text", maxlength: "200", "aria-label": "Who does it", placeholder: "who does it" });
  const hint = make("p", "", { role: "status" });
  const choices = verdicts.map((value) => {
    const input = make("input", "", { type: "radio", name, value });
    const label = make("label", "");
    input.checked = draft?.decision === value;
    label.append(input, VERDICTS[value]);
    return [input, label];
  });
  [reason.value, until.value, who.value] = [draft?.reason ?? "", draft?.until ?? "", draft?.who ?? ""];
  const read = () => {
    const decision = choices.find(([input]) => input.checked)?.[0].value;
    return decision && { decision, reason: reason.value, until: until.value, who: who.value };
  };
  const show = () => {
    const decision = read()?.decision ?? "";
    until.hidden = !Object.hasOwn(DATED, decision);
    until.setAttribute("aria-label", DATED[decision] ?? "");
    who.hidden = decision !== "do-by";
  };
  box.addEventListener("input", () => { show(); if (read()) said(read()); });
  box.append(make("legend", legend, { class: "sr" }), ...choices.map(([, label]) => label), until, who, reason, hint);
  show();
  return { box, read, hint, clear: () => { choices.forEach(([input]) => { input.checked = false; }); show(); choices[0][0].focus(); } };
}

function download(name, value) {
  const blob = new Blob([`${JSON.stringify(value, null, 1)}\n`], { type: "application/json" });
  const link = make("a", "", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

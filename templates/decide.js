"use strict";
// What the reader decides. It is kept in this browser, under the run's name, until it is exported and recorded.
const makeDecisions = ({ run, format, rows, make, changed }) => {
  const KEY = `auditor-decisions:${run}`;
  const VERDICTS = { keep: "Keep it", revoke: "Revoke it", exception: "Exception until" };
  const at = (id) => document.getElementById(id);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const drafts = new Map();
  let kept = true;

  const today = () => {
    const now = new Date();
    return new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
  };
  const missing = (draft) => {
    if (draft.decision === "exception" && !(draft.until > today())) return "An exception needs a last day that is still to come.";
    return draft.reason.trim() ? "" : "A reason is needed.";
  };
  const done = () => [...drafts].filter(([, draft]) => !missing(draft));

  function recall() {
    let stored = [];
    try {
      stored = Object.entries(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
    } catch {
      kept = false;
    }
    for (const [id, draft] of stored) {
      if (byId.has(id) && Object.hasOwn(VERDICTS, draft?.decision)) {
        drafts.set(id, { decision: draft.decision, reason: String(draft.reason ?? ""), until: String(draft.until ?? "") });
      }
    }
  }

  function keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(drafts)));
    } catch {
      kept = false;
    }
  }

  function mark(row) {
    const draft = drafts.get(row.id);
    row.verdict = draft ? `${draft.decision}${missing(draft) ? " (incomplete)" : ""}` : row.recorded;
  }

  function tell() {
    const [all, complete] = [drafts.size, done().length];
    at("decisions").hidden = all === 0;
    const parts = [`${complete} decided here, not yet recorded`];
    if (all > complete) parts.push(`${all - complete} incomplete and left out`);
    if (!kept) parts.push("this browser keeps nothing: export before you leave");
    at("decided").textContent = `${parts.join("; ")}.`;
    at("export").disabled = complete === 0;
  }

  function change(row, draft) {
    if (draft) drafts.set(row.id, draft);
    else drafts.delete(row.id);
    keep();
    mark(row);
    tell();
    changed(row);
  }

  function save() {
    const decisions = done().map(([finding, { decision, reason, until }]) => (
      { finding, decision, reason: reason.trim(), until: decision === "exception" ? until : null }));
    const text = `${JSON.stringify({ format, run, decisions }, null, 1)}\n`;
    const link = make("a", "", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "decisions.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  // The three choices of one finding, with reason and last day.
  function form(row) {
    const draft = drafts.get(row.id);
    const box = make("fieldset", "", { class: "choice" });
    const reason = make("input", "", { type: "text", maxlength: "2000", "aria-label": "Reason", placeholder: "reason" });
    const until = make("input", "", { type: "date", "aria-label": "Last day of the exception" });
    const hint = make("p", "", { role: "status" });
    const back = make("button", "Take back", { type: "button" });
    const choices = Object.entries(VERDICTS).map(([value, text]) => {
      const input = make("input", "", { type: "radio", name: `choice-${row.id}`, value });
      const label = make("label", "");
      input.checked = draft?.decision === value;
      label.append(input, text);
      return [input, label];
    });
    const chosen = () => choices.find(([input]) => input.checked)?.[0].value;
    [reason.value, until.value] = [draft?.reason ?? "", draft?.until ?? ""];
    const show = () => {
      const now = drafts.get(row.id);
      until.hidden = chosen() !== "exception";
      back.hidden = !now;
      hint.textContent = now ? missing(now) || "Export it with the others when you are done." : "";
    };
    const read = () => {
      const decision = chosen();
      if (decision) change(row, { decision, reason: reason.value, until: until.value });
      show();
    };
    back.addEventListener("click", () => {
      choices.forEach(([input]) => { input.checked = false; });
      change(row, null);
      show();
      choices[0][0].focus();
    });
    box.append(make("legend", `Decision on ${row.id}`, { class: "sr" }), ...choices.map(([, label]) => label), until, reason, back, hint);
    box.addEventListener("input", read);
    show();
    return box;
  }

  for (const row of rows) row.recorded = row.verdict;
  recall();
  for (const id of drafts.keys()) mark(byId.get(id));
  at("export").addEventListener("click", save);
  tell();
  return { form };
};

// Decisions on findings: one by one where a finding is opened, or several at once.
const makeDecisions = ({ organisation, run, format, rows, changed, chosen, choose }) => {
  const at = (id) => document.getElementById(id);
  const byId = new Map(rows.map((row) => [row.id, row]));
  // A draft outlives its night: the next page shows it until it is recorded.
  const drafts = makeDrafts(`auditor-decisions:${organisation}`, (id) => byId.has(id));
  const verdictsOf = (row) => (row.act ? ["explained", "do-by", "exception"] : ["keep", "revoke", "exception", "do-by"]);
  let bulk = null;

  function mark(row) {
    const draft = drafts.get(row.id);
    row.verdict = draft ? `${draft.decision}${missing(draft) ? " (incomplete)" : ""}` : row.recorded;
  }

  function tell() {
    const [all, complete] = [drafts.size, drafts.done().length];
    at("decisions").hidden = all === 0;
    const parts = [`${complete} decided here, not yet recorded`];
    if (all > complete) parts.push(`${all - complete} incomplete and left out`);
    if (!drafts.kept) parts.push("this browser keeps nothing: export before you leave");
    at("decided").textContent = `${parts.join("; ")}.`;
    at("export").disabled = complete === 0;
  }

  function change(some, draft) {
    drafts.set(some.map((row) => row.id), draft);
    some.forEach(mark);
    tell();
    changed(some);
  }

  function save() {
    const decisions = drafts.done().map(([finding, draft]) => ({ finding, ...written(draft) }));
    download("decisions.json", { format, run, decisions });
  }

  // The three choices of one finding, with reason, day and who.
  function form(row) {
    const back = make("button", "Take back", { type: "button" });
    const show = () => {
      const now = drafts.get(row.id);
      back.hidden = !now;
      choice.hint.textContent = now ? missing(now) || "Export it with the others when you are done." : "";
    };
    const choice = makeChoice({ name: `choice-${row.id}`, legend: `Decision on: ${row.summary}`, verdicts: verdictsOf(row), draft: drafts.get(row.id),
      said: (draft) => { change([row], draft); show(); } });
    back.addEventListener("click", () => { change([row], null); choice.clear(); show(); });
    choice.box.append(back);
    show();
    return choice.box;
  }

  // One decision for all that are chosen: what may be decided on each of them.
  function several() {
    const some = chosen();
    at("bulk").hidden = some.length === 0;
    if (!some.length) return;
    at("chosen").textContent = `${some.length} chosen`;
    const verdicts = ["keep", "revoke", "explained", "do-by", "exception"].filter((one) => some.every((row) => verdictsOf(row).includes(one)));
    if (bulk?.verdicts.join() !== verdicts.join()) {
      const draft = bulk?.choice.read();
      bulk = { verdicts, choice: makeChoice({ name: "choice-bulk", legend: "Decision on all chosen", verdicts, draft, said: () => { bulk.choice.hint.textContent = ""; } }) };
      at("bulk-choice").replaceChildren(bulk.choice.box);
    }
    at("bulk-do").textContent = `Decide on ${some.length}`;
  }

  at("bulk-do").addEventListener("click", () => {
    const draft = bulk.choice.read();
    const lacks = draft ? missing(draft) : "Choose a decision.";
    bulk.choice.hint.textContent = lacks;
    if (lacks) return;
    change(chosen(), draft);
    choose([]);
  });
  at("bulk-none").addEventListener("click", () => choose([]));

  for (const row of rows) row.recorded = row.verdict;
  // What was recorded as it was drafted needs no draft any more.
  const recorded = (row) => { const draft = drafts.get(row.id); return draft && draft.decision === row.recorded && row.words_of_decision === draft.reason.trim(); };
  drafts.set(rows.filter(recorded).map((row) => row.id), null);
  for (const id of drafts.ids()) mark(byId.get(id));
  at("export").addEventListener("click", save);
  addEventListener("storage", () => { drafts.load(); rows.forEach(mark); tell(); changed(rows); });
  tell();
  return { form, several };
};

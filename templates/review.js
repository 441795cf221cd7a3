// Decisions on a campaign's lines: those of one reviewer, exported as one file.
(() => {
  const { campaign, population, format, people } = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const KEY = `auditor-review:${population}`;
  const verdicts = ["keep", "revoke", "until", "explained", "do-by"];
  // What the search looks at: whose it is, what it can, by which path. Others are named too in what decides, and a search
  // for a name is not to choose what is theirs.
  const whose = (tr) => [...tr.cells].slice(0, 3).map((cell) => cell.textContent).join(" ").toLowerCase();
  const rows = [...document.querySelectorAll("tr[data-line]")].map((tr) => ({
    tr, id: tr.dataset.line, reviewer: tr.dataset.reviewer, may: tr.dataset.may.split(" "), decided: "decided" in tr.dataset,
    words: whose(tr), said: tr.querySelector(".said"), chosen: false }));
  const byId = new Map(rows.map((row) => [row.id, row]));
  let me = "";
  let drafts = null;
  let choice = null;
  let shown = [];

  const mayDecide = (row) => me !== "" && row.may.includes(me);

  function tell() {
    const [all, complete] = [drafts.size, drafts.done().length];
    at("decisions").hidden = all === 0;
    at("export").disabled = complete === 0;
    at("export").textContent = `Export ${campaign}-${me}.json`;
    at("decided").textContent = `${people[me]}: ${complete} decided here, not yet recorded${drafts.kept ? "" : "; this browser keeps nothing: export before you leave"}.`;
  }

  function mark(row) {
    row.said.querySelector(".draft")?.remove();
    const draft = drafts.get(row.id);
    if (!draft) return;
    const { decision, until, who, reason } = written(draft);
    const line = make("p", `${VERDICTS[decision]}${until ? ` ${until}` : ""}${who ? `, ${who}` : ""}: ${reason} `, { class: "draft" });
    const back = make("button", "Take back", { type: "button", class: "pick", "aria-label": `Take back the decision on ${row.named}` });
    back.addEventListener("click", () => change([row], null));
    line.append(back);
    row.said.append(line);
  }

  function change(some, draft) {
    drafts.set(some.map((row) => row.id), draft);
    some.forEach(mark);
    tell();
  }

  function several() {
    const some = rows.filter((row) => row.chosen);
    at("bulk").hidden = some.length === 0;
    at("chosen").textContent = `${some.length} chosen`;
    at("bulk-do").textContent = `Decide on ${some.length}`;
    if (some.length && !choice) {
      choice = makeChoice({ name: "choice-bulk", legend: "Decision on all chosen", verdicts, said: () => { choice.hint.textContent = ""; } });
      at("bulk-choice").replaceChildren(choice.box);
    }
    return some;
  }

  function choose(some) {
    const wanted = new Set(some);
    for (const row of rows) {
      row.chosen = wanted.has(row);
      row.box.checked = row.chosen;
      row.tr.classList.toggle("is-chosen", row.chosen);
    }
    several();
  }

  function decide() {
    const draft = choice.read();
    const lacks = draft ? missing(draft) : "Choose a decision.";
    choice.hint.textContent = lacks;
    if (lacks) return;
    change(several(), draft);
    choice = null;
    choose([]);
    filter();
  }

  // Who decides is a person of their own: their drafts, and the lines that they may decide on. Nobody is taken for
  // somebody: until they say who they are, all lines are there to be read.
  function become(name) {
    me = name;
    drafts = makeDrafts(`${KEY}:${me}`, (id) => byId.has(id));
    for (const row of rows) {
      row.box.disabled = !mayDecide(row);
      mark(row);
    }
    choose([]);
    tell();
    history.replaceState(null, "", `#${me}`);
  }

  function filter() {
    const [which, state, terms] = [at("which").value, at("state").value, at("q").value.toLowerCase().split(/\s+/).filter(Boolean)];
    const fits = {
      mine: (row) => !me || row.reviewer === me,
      may: (row) => !me || mayDecide(row),
      all: () => true,
    }[which];
    const isDone = (row) => row.decided || Boolean(drafts.get(row.id));
    shown = rows.filter((row) => fits(row) && (!state || isDone(row) === (state === "decided")) && terms.every((term) => row.words.includes(term)));
    const seen = new Set(shown);
    for (const row of rows) row.tr.hidden = !seen.has(row);
    for (const section of document.querySelectorAll("main section")) section.hidden = !section.querySelector("tr[data-line]:not([hidden])");
    const next = me ? "tick those to decide on" : "to decide, choose first who you are";
    at("tally").textContent = `${shown.length} of ${rows.length} lines, ${shown.filter(isDone).length} decided; ${next}`;
    at("choose-all").hidden = !me;
  }

  function save() {
    const lines = drafts.done().map(([line, draft]) => ({ line, ...written(draft), said_at: draft.said_at }));
    download(`${campaign}-${me}.json`, { format, campaign, population, by: me, lines });
  }

  for (const row of rows) {
    row.named = ["th", "[data-label=Can]"].map((cell) => row.tr.querySelector(cell).textContent.trim().replace(/\s+/g, " ")).join(": ");
    row.box = make("input", "", { type: "checkbox", class: "choose", "aria-label": `Choose ${row.named}` });
    row.box.addEventListener("change", () => { row.chosen = row.box.checked; row.tr.classList.toggle("is-chosen", row.chosen); several(); });
    row.tr.firstElementChild.prepend(row.box);
  }
  at("me").replaceChildren(make("option", "choose", { value: "" }), ...Object.entries(people).map(([id, name]) => make("option", name, { value: id })));
  at("me").addEventListener("change", () => { become(at("me").value); filter(); });
  for (const name of ["which", "state"]) at(name).addEventListener("change", filter);
  at("q").addEventListener("input", filter);
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("filters").addEventListener("reset", () => setTimeout(() => { at("me").value = me; filter(); }));
  at("choose-all").addEventListener("click", () => choose(shown.filter(mayDecide)));
  at("bulk-do").addEventListener("click", decide);
  at("bulk-none").addEventListener("click", () => choose([]));
  at("export").addEventListener("click", save);
  addEventListener("storage", () => { if (!drafts) return; drafts.load(); rows.forEach(mark); tell(); filter(); });
  if (Object.keys(people).length) {
    const wanted = decodeURIComponent(location.hash.slice(1));
    at("me").value = Object.hasOwn(people, wanted) ? wanted : "";
    at("filters").hidden = at("tools").hidden = false;
    become(at("me").value);
    filter();
  }
})();

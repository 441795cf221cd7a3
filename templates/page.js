(() => {
  const { organisation, run, format, rules, rows, severities, marks } = JSON.parse(document.getElementById("data").textContent);
  const STEP = 25;
  const FIELDS = ["severity", "family", "rule", "person", "system", "status", "verdict"];
  const at = (id) => document.getElementById(id);
  const body = at("list").tBodies[0];
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  let sort = { by: "rank", down: true };
  let limit = STEP;
  let hits = rows;

  // What is empty is not in the data.
  const EMPTY = { person: "", holder: "", account: "", systems: [], ticket: "", resource: "", credential: "",
    when: "", time: "", first: "", exception: "", decided: "", act: false, words_of_decision: "", next: "", facts: [], evidence: [] };
  for (const [n, row] of rows.entries()) {
    Object.assign(row, { ...EMPTY, ...row }, { n, mark: marks[row.severity] }, { rule: rules[row.r].rule, family: rules[row.r].family, heading: rules[row.r].heading });
    row.rank = severities.indexOf(row.severity);
    row.system = row.systems.join(", ");
  }
  // Built on the first search: most readers never need it.
  const words = (row) => (row.words ??= [row.id, row.rule, row.heading, row.summary, row.person, row.account, row.system,
    row.ticket, row.resource, row.credential, row.severity, row.status, row.next, ...row.facts.flat()].join("\n").toLowerCase());

  // A finding may be of several systems.
  const told = (row, field) => (field === "system" ? row.systems : row[field] ? [row[field]] : []);

  function fillFilters(fields = FIELDS) {
    for (const field of fields) {
      const wanted = at(field).value;
      const counts = new Map();
      for (const value of rows.flatMap((row) => told(row, field))) counts.set(value, (counts.get(value) ?? 0) + 1);
      const order = field === "severity" ? [...severities].reverse().filter((s) => counts.has(s)) : [...counts.keys()].sort(collator.compare);
      at(field).replaceChildren(make("option", "any", { value: "" }),
        ...order.map((value) => make("option", `${value} (${counts.get(value)})`, { value })));
      at(field).disabled = counts.size === 0;
      at(field).value = counts.has(wanted) ? wanted : "";
    }
  }

  function compare(a, b) {
    const [x, y] = [a[sort.by], b[sort.by]];
    const order = typeof x === "number" ? x - y : x && y ? collator.compare(x, y) : (sort.down ? 1 : -1) * (Boolean(y) - Boolean(x));
    return (sort.down ? -order : order) || a.n - b.n;
  }

  function choose() {
    const terms = at("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = FIELDS.map((field) => [field, at(field).value]).filter(([, value]) => value);
    hits = rows.filter((row) => wanted.every(([field, value]) => told(row, field).includes(value)) && terms.every((term) => words(row).includes(term)));
    hits.sort(compare);
    limit = STEP;
    remember(wanted);
    draw();
  }

  // The filters stand in the address, so that a view can be shared and survives a reload.
  function remember(wanted) {
    const parameters = new URLSearchParams(wanted);
    if (at("q").value) parameters.set("q", at("q").value);
    const text = parameters.toString();
    if (text || location.hash.includes("=")) history.replaceState(null, "", text ? `#${text}` : "#findings");
  }

  function recall() {
    if (!location.hash.includes("=")) return;
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      if (name === "q" || FIELDS.includes(name)) at(name).value = value;
    }
  }

  const count = (n) => n.toLocaleString("en");

  function tell() {
    const some = hits.length === rows.length ? `${count(rows.length)} findings` : `${count(hits.length)} of ${count(rows.length)} findings`;
    at("tally").textContent = `${some}, ${count(hits.filter((row) => row.verdict === "undecided").length)} undecided`;
  }

  function draw() {
    const some = hits.slice(0, limit);
    body.replaceChildren(...some.map(line));
    at("list").hidden = hits.length === 0;
    at("none").hidden = hits.length > 0;
    at("none").textContent = rows.length ? "No finding fits these filters." : "There are no findings.";
    tell();
    at("more").hidden = hits.length <= limit;
    at("more").textContent = `Show ${count(Math.min(2 * limit, hits.length - limit))} more of ${count(hits.length - limit)}`;
    for (const head of document.querySelectorAll("#list th")) {
      const own = head.firstElementChild.dataset.sort === sort.by;
      head.setAttribute("aria-sort", own ? (sort.down ? "descending" : "ascending") : "none");
    }
  }

  function line(row) {
    const tr = make("tr", "", { class: "hit" });
    tr.row = row;
    const severity = make("td", "");
    const box = make("input", "", { type: "checkbox", "aria-label": `Choose: ${row.summary}`, class: "choose" });
    box.checked = Boolean(row.chosen);
    box.addEventListener("change", () => { row.chosen = box.checked; decisions.several(); });
    severity.append(box, make("span", row.mark, { class: `mark sev-${row.severity}`, "aria-hidden": "true" }), row.severity);
    const button = make("button", row.summary, { type: "button", class: "open", "aria-expanded": "false" });
    button.append(make("small", row.heading));
    const summary = make("td", "", { class: "found" });
    summary.append(button);
    tr.append(severity, summary, make("td", row.person || row.holder), make("td", row.system), make("td", row.when), make("td", row.status), make("td", row.verdict, { class: "verdict" }));
    return tr;
  }

  function story(row) {
    const list = make("dl", "");
    const add = (name, value) => value && list.append(make("dt", name), make("dd", value));
    add("Next step", row.next);
    list.append(make("dt", "Decision"), make("dd", ""));
    list.lastChild.append(decisions.form(row));
    add("Why it matters", rules[row.r].why);
    add("Ticket", row.ticket);
    add("Account", row.account);
    add("Resource", row.resource);
    add("Credential", row.credential);
    add("Exception", row.exception);
    add("Decided", row.decided);
    for (const [name, value] of row.facts) add(name, value);
    add("First seen", row.first);
    add("Controls", rules[row.r].controls);
    add("Evidence", row.evidence.join("\n"));
    list.append(make("dt", "Original"), make("dd", ""));
    list.lastChild.append(make("code", `auditor explain ${row.id}`));
    const tr = make("tr", "", { class: "story" });
    tr.append(make("td", "", { colspan: "7" }));
    tr.firstChild.append(list);
    return tr;
  }

  function toggle(tr, open = !tr.classList.contains("is-open")) {
    if (open === tr.classList.contains("is-open")) return;
    tr.classList.toggle("is-open", open);
    tr.querySelector(".open").setAttribute("aria-expanded", String(open));
    if (open) tr.after(story(tr.row));
    else tr.nextElementSibling.remove();
  }

  // Decisions were taken or taken back: their rows say so at once, and the filter offers them.
  function decided(some) {
    const taken = new Set(some);
    for (const tr of body.querySelectorAll("tr.hit")) if (taken.has(tr.row)) tr.querySelector(".verdict").textContent = tr.row.verdict;
    tell();
    fillFilters(["verdict"]);
  }

  function chooseRows(some) {
    const wanted = new Set(some);
    for (const row of rows) row.chosen = wanted.has(row);
    for (const tr of body.querySelectorAll("tr.hit")) tr.querySelector(".choose").checked = tr.row.chosen;
    decisions.several();
  }

  function move(by) {
    const buttons = [...body.querySelectorAll(".open")];
    const here = buttons.indexOf(document.activeElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, here + by))]?.focus();
  }

  function onKey(event) {
    const typing = event.target.matches("input, select");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing) at("q").focus();
    else if (event.key === "ArrowDown" && event.target === at("q")) { clearTimeout(pending); choose(); move(1); }
    else if (event.key === "ArrowDown" && event.target.matches(".open")) move(1);
    else if (event.key === "ArrowUp" && event.target.matches(".open")) move(-1);
    else if (event.key === "Escape" && event.target.matches(".open")) toggle(event.target.closest("tr"), false);
    else if (event.key === "Escape" && event.target.closest(".story")) {
      const tr = event.target.closest(".story").previousElementSibling;
      toggle(tr, false);
      tr.querySelector(".open").focus();
    } else if (event.key === "Escape" && event.target === at("q")) { at("q").value = ""; choose(); }
    else return;
    event.preventDefault();
  }

  function onSort(event) {
    const by = event.target.dataset.sort;
    if (!by) return;
    sort = { by, down: sort.by === by ? !sort.down : by === "rank" || by === "time" };
    choose();
  }

  let pending = 0;
  at("q").addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(choose, 80); });
  // Leaving the search field is a change too, and must not draw the list anew under the focus.
  at("filters").addEventListener("change", (event) => { if (event.target !== at("q")) choose(); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("filters").addEventListener("reset", () => setTimeout(choose));
  at("list").tHead.addEventListener("click", onSort);
  at("more").addEventListener("click", () => { const old = limit; limit *= 3; draw(); body.querySelectorAll(".open")[old]?.focus(); });
  body.addEventListener("click", (event) => {
    const tr = event.target.closest("tr.hit");
    if (tr && !event.target.matches(".choose") && !String(getSelection())) toggle(tr);
  });
  document.addEventListener("keydown", onKey);
  // A picture leads to a finding by its id.
  document.addEventListener("click", (event) => {
    const id = event.target.closest("a[href^='#f-']")?.getAttribute("href").slice(3);
    if (!id) return;
    event.preventDefault();
    at("filters").reset();
    at("q").value = id;
    setTimeout(() => {
      choose();
      const tr = body.querySelector("tr.hit");
      if (tr) toggle(tr, true);
      at("findings").scrollIntoView();
      body.querySelector(".open")?.focus({ preventScroll: true });
    });
  });
  document.addEventListener("click", (event) => {
    const pick = event.target.closest(".pick[data-rule]");
    if (!pick) return;
    at("filters").reset();
    at("rule").value = pick.dataset.rule;
    setTimeout(() => { choose(); at("findings").scrollIntoView(); body.querySelector(".open")?.focus({ preventScroll: true }); });
  });
  // What is folded is on paper too, and folds again after it.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details.fold:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });
  // Paper has no button for more: print what was chosen, up to what a printer should be asked for.
  addEventListener("beforeprint", () => {
    limit = 100;
    draw();
    if (hits.length > limit) at("tally").textContent += `; the first ${limit} are printed`;
  });

  const decisions = makeDecisions({ organisation, run, format, rows, changed: decided, chosen: () => rows.filter((row) => row.chosen), choose: chooseRows });
  at("choose-all").addEventListener("click", () => chooseRows(hits));
  fillFilters();
  recall();
  at("filters").hidden = false;
  choose();
})();

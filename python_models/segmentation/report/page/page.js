// The page: filters, figures, one card per chart, all drawn anew when a choice changes.
(function (report) {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const {number, percent, money} = report;
  const SECTIONS = [
    ["overview", "Overview", "How large the segments are, what they bring, how they grow."],
    ["segments", "Who they are", "What makes each segment different from everybody."],
    ["movement", "Movement", "Who moves where, and how long customers stay."],
    ["scores", "Scores", "Who is about to leave, what customers are worth, and how well "
      + "that is known."],
    ["campaigns", "Actions, budget, experiments", "What is done about it, what it may "
      + "cost, and what was seen to work."],
    ["method", "How good the segments are", "Chosen beside what chance gives."],
    ["inputs", "What it rests on", "Drift of the features and quality of the input."],
  ];
  const WIDE = new Set(["snake_plot", "relative_importance", "rfm_distributions",
                        "scorecards", "data_quality", "feature_drift",
                        "actions"]);
  const FILTERS = [["state", "State or country"], ["gender", "Gender"], ["top_category", "Category"],
                   ["segment_id", "Segment"]];
  const PAPER_WIDTH = 620;
  const chosen = {state: null, gender: null, top_category: null, segment: null};
  // the choice as far as it may be shown
  let seen = {...chosen};
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  let theme = null;
  let isPrinting = false;
  const cards = new Map();

  // text is set as text everywhere: a name can be anything
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }
  const byId = id => document.getElementById(id);
  const isDark = () =>
    !isPrinting && (theme === null ? preferred.matches : theme === "dark");

  function buildFilters() {
    for (const [name, label] of FILTERS) {
      const dimension = data.cube.dimensions.find(one => one.name === name);
      // nothing to choose where the shop does not know
      if (dimension.values.length < 2
          || dimension.values.every(value => /^(Unknown|No order|Other)/.test(value))) {
        continue;
      }
      const isSegment = name === "segment_id";
      const ids = isSegment ? data.rows.segments.map(row => row.segment_id)
        : dimension.values;
      const select = make("select", {id: "filter-" + name},
        make("option", {value: ""}, "All"),
        ...ids.map(id => make("option", {value: id},
          isSegment ? report.segmentName(data, id) : id)));
      select.addEventListener("change", () => {
        chosen[isSegment ? "segment" : name] = select.value || null;
        show();
      });
      byId("filters").append(make("label", {}, label, select));
    }
    const reset = make("button", {type: "button", id: "reset"}, "Reset");
    reset.addEventListener("click", () => {
      for (const name of Object.keys(chosen)) chosen[name] = null;
      show();
    });
    byId("filters").append(reset);
  }

  function follow(segment) {
    chosen.segment = chosen.segment === segment ? null : segment;
    show();
  }

  function buildChips() {
    for (const row of data.rows.segments) {
      const dot = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      for (const [name, value] of [["cx", 5], ["cy", 5], ["r", 5]]) {
        circle.setAttribute(name, value);
      }
      dot.setAttribute("viewBox", "0 0 10 10");
      dot.setAttribute("aria-hidden", "true");
      dot.append(circle);
      const chip = make("button", {type: "button", "data-segment": row.segment_id,
                                   "aria-pressed": "false"}, dot, row.segment_name,
        // what changed since the snapshot before
        ...(report.known(row.n_customers_change)
          ? [make("span", {class: "change"},
                  report.signed(number(row.n_customers_change)))] : []));
      chip.addEventListener("click", () => follow(row.segment_id));
      byId("chips").append(chip);
    }
  }

  function buildCards() {
    for (const [id, name, lead] of SECTIONS) {
      const ids = Object.keys(report.charts)
        .filter(chart => report.charts[chart].section === id
                && !report.leftOut(chart, data));
      // a shop without mails, consent or experiments gets no empty places
      if (!ids.length) continue;
      const grid = make("div", {class: "cards"});
      // a card without a neighbour takes the whole row
      const wide = new Set(ids.filter(chart => WIDE.has(chart)));
      ids.forEach((chart, j) => {
        const before = ids.slice(0, j).reverse().findIndex(one => wide.has(one));
        const nBefore = before < 0 ? j : before;
        if (!wide.has(chart) && nBefore % 2 === 0
            && (j + 1 === ids.length || WIDE.has(ids[j + 1]))) wide.add(chart);
      });
      for (const chart of ids) {
        const parts = {
          title: make("h3", {id: "title-" + chart}),
          note: make("p", {class: "note"}),
          chart: make("div", {class: "chart", id: "chart-" + chart}),
          details: make("details", {}, make("summary", {}, "Numbers as a table")),
          drawing: null, height: 0,
        };
        parts.table = make("div", {class: "scroll"});
        parts.details.append(parts.table);
        parts.details.addEventListener("toggle", () => fillTable(chart));
        parts.card = make("article", {"aria-labelledby": "title-" + chart,
          "data-chart": chart, class: wide.has(chart) ? "wide" : "half"},
        parts.title, parts.note, parts.chart, parts.details);
        grid.append(parts.card);
        cards.set(chart, parts);
      }
      byId("sections").append(make("section", {"aria-labelledby": "section-" + id},
        make("h2", {id: "section-" + id}, name), make("p", {class: "lead"}, lead), grid));
    }
  }

  function fillTable(chart) {
    const parts = cards.get(chart);
    if (!parts.details.open || !parts.shown || !parts.shown.table) return;
    const {columns, rows} = parts.shown.table;
    const table = make("table", {},
      make("caption", {hidden: ""}, parts.shown.title),
      make("thead", {}, make("tr", {}, ...columns.map(
        column => make("th", {scope: "col"}, column)))),
      make("tbody", {}, ...rows.map(row => make("tr", {}, ...row.map(
        (value, j) => j ? make("td", {}, String(value))
          : make("th", {scope: "row"}, String(value)))))));
    parts.table.setAttribute("tabindex", "0");
    parts.table.setAttribute("role", "region");
    parts.table.setAttribute("aria-label", "Table: " + report.charts[chart].name);
    parts.table.replaceChildren(table);
  }

  function draw(chart) {
    const parts = cards.get(chart);
    // paper is narrower than most screens, and is not laid out yet when charts are drawn
    const width = isPrinting ? PAPER_WIDTH
      : Math.max(260, Math.floor(parts.chart.clientWidth));
    const view = {...seen, width, dark: isDark(),
                  font: getComputedStyle(document.body).fontFamily};
    const shown = parts.shown = report.draw(chart, data, view);
    parts.title.textContent = shown.title;
    parts.details.hidden = !shown.table;
    fillTable(chart);
    if (shown.empty) {
      if (parts.drawing) parts.drawing.dispose();
      parts.drawing = null;
      parts.note.replaceChildren();
      parts.chart.removeAttribute("role");
      parts.chart.removeAttribute("aria-label");
      parts.chart.style.height = "";
      parts.chart.replaceChildren(make("p", {class: "empty"}, shown.empty));
      return;
    }
    parts.note.replaceChildren(make("span", {class: "tag " + shown.basis}, shown.basis),
      // dates stay on one line
      ...shown.note.split(/(\d{4}-\d\d-\d\d)/).map(
        (part, j) => j % 2 ? make("time", {}, part) : part));
    parts.chart.setAttribute("role", "img");
    parts.chart.setAttribute("aria-label", `${report.charts[chart].name}. ${shown.title}. `
      + `${shown.note} The numbers are in the table below.`);
    parts.chart.style.height = shown.height + "px";
    if (!parts.drawing) {
      parts.chart.replaceChildren();
      parts.drawing = echarts.init(parts.chart, null, {renderer: "svg", width,
                                                       height: shown.height});
      parts.drawing.on("click", event => {
        const segment = event.data && event.data.segment;
        if (data.rows.segments.some(row => row.segment_id === segment)) follow(segment);
      });
    } else {
      parts.drawing.resize({width, height: shown.height, silent: true});
    }
    parts.drawing.setOption(shown.option, {notMerge: true});
  }

  // what may be shown: the choice itself, or the finest coarser one that is not blank
  function coarser() {
    const names = FILTERS.map(([name]) => name === "segment_id" ? "segment" : name)
      .filter(name => chosen[name]);
    const subsets = names.reduce(
      (found, name) => found.concat(found.map(one => [...one, name])), [[]]);
    subsets.sort((one, other) => other.length - one.length);
    for (const kept of subsets) {
      const view = Object.fromEntries(Object.keys(chosen).map(
        name => [name, kept.includes(name) ? chosen[name] : null]));
      if (report.cell(data, {...report.filtered(view), segment_id: view.segment})
          && report.segmentCells(data, view).length) return view;
    }
    return {state: null, gender: null, top_category: null, segment: null};
  }

  const named = view => FILTERS.map(([name]) => name === "segment_id"
    ? view.segment && report.segmentName(data, view.segment) : view[name])
    .filter(Boolean).join(" · ") || "Everybody";

  function showFigures() {
    const where = {...report.filtered(seen), segment_id: seen.segment};
    const cell = report.cell(data, where) || {};
    const whole = report.cell(data, {});
    const day = report.asOf(data);
    const horizon = score => {
      const row = data.rows.calibration.find(one => one.score_name === score);
      return row ? ` over ${row.horizon_days} days` : "";
    };
    const figures = [
      ["Customers", number(cell.n_customers), `measured, ${day}`
        + (cell.n_customers < whole.n_customers
          ? `, ${percent(cell.n_customers / whole.n_customers)} of all` : "")],
      ["Net revenue", money(data, cell.net_amount), `measured, lifetime to ${day}`],
      ["Revenue per customer", money(data, report.known(cell.net_amount)
        ? cell.net_amount / cell.n_customers : null),
       `measured, lifetime to ${day}`],
      ["Chance to leave, of the active", percent(cell.p_churn_active),
       `estimated${horizon("repurchase")} from ${day}, mean`],
      ["Expected revenue", money(data, cell.expected_revenue),
       `estimated${horizon("value")} from ${day}`],
      ["Revenue at risk", money(data, cell.revenue_at_risk),
       `estimated${horizon("value")} from ${day}`],
    ];
    byId("answers").replaceChildren(...data.answers.map(one =>
      make("li", {}, one.text + " ", make("span", {class: "basis"},
           `(${report.whole(seen).toLowerCase().replace(/\. $/, "; ")}${one.basis})`))));
    byId("figures").replaceChildren(...figures.map(([name, value, basis]) =>
      make("div", {}, make("dt", {}, name), make("dd", {class: "value"}, value),
           make("dd", {class: "basis"}, basis))));
    const shown = `${named(seen)}: ${number(cell.n_customers)} customers`;
    byId("status").textContent = named(seen) === named(chosen) ? shown
      : `${named(chosen)}: too few customers to show, or they would reveal such a group. `
        + `Shown instead: ${shown}`;
  }

  function show() {
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    byId("theme").textContent = isDark() ? "Light" : "Dark";
    for (const [name] of FILTERS) {
      const select = byId("filter-" + name);
      if (select) select.value = chosen[name === "segment_id" ? "segment" : name] || "";
    }
    for (const chip of byId("chips").children) {
      const id = chip.dataset.segment;
      chip.setAttribute("aria-pressed", String(chosen.segment === id));
      chip.querySelector("circle").setAttribute("fill",
        report.segmentColour(data, {dark: isDark()}, id));
    }
    seen = coarser();
    showFigures();
    for (const chart of cards.keys()) draw(chart);
    document.documentElement.dataset.shown =
      String(Number(document.documentElement.dataset.shown || 0) + 1);
  }

  const meta = data.rows.meta[0] || {};
  byId("subtitle").textContent = `${number(meta.n_customers)} customers, as of `
    + `${report.asOf(data)}. Amounts are net revenue in ${report.unit(data)}.`;
  byId("footer").textContent = `Groups of fewer than ${data.cube.floor} customers are `
    + "merged or left out, and so are those that could be worked out from others; no "
    + "single customer is in this file. Measured: counted from the shop's data. "
    + "Estimated: said by a model. Assumed: set by somebody."
    + Object.keys(report.charts).filter(chart => report.leftOut(chart, data)).map(chart =>
      ` ${report.charts[chart].name} is left out: ${report.leftOut(chart, data)}`).join("");
  buildFilters();
  buildChips();
  buildCards();
  byId("theme").addEventListener("click", () => {
    theme = isDark() ? "light" : "dark";
    show();
  });
  preferred.addEventListener("change", show);
  addEventListener("beforeprint", () => { isPrinting = true; show(); });
  addEventListener("afterprint", () => { isPrinting = false; show(); });
  let waiting = 0;
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;  // a phone's bars come and go
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });
  show();
  document.documentElement.dataset.readyMs = String(Math.round(performance.now()));
})(segmentationReport);

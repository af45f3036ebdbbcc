// What is done about it: actions, budget, experiments.
(function (report) {
  "use strict";
  const {percent, number, short, tick, money, known, sum, ink, text} = report;

  const MOST_ACTIONS = 12;

  report.define("actions", {
    name: "Recommended actions", section: "campaigns", needs: ["actions", "segments"],
    build(data, view) {
      const rows = data.rows.actions;
      const byAction = new Map();
      for (const row of rows) {
        const id = row.action_id;
        if (!byAction.has(id)) {
          byAction.set(id, {id, name: row.action_name, channel: row.channel, n: 0,
                            margin: 0, evidence: new Set(), parts: []});
        }
        const one = byAction.get(id);
        one.n += row.n_customers;
        one.margin += row.expected_margin_amount || 0;
        one.evidence.add(row.evidence);
        one.parts.push(row);
      }
      const mine = one => sum(one.parts.filter(row => row.segment_id === view.segment)
        .map(row => row.n_customers));
      const actions = [...byAction.values()].sort(
        (a, b) => b.n - a.n || b.margin - a.margin || (a.id < b.id ? -1 : 1));
      const most = actions.reduce((a, b) => (b.margin > a.margin ? b : a));
      const shown = actions.slice(0, MOST_ACTIONS);
      const total = sum(actions.map(one => one.margin));
      const low = sum(rows.map(row => row.expected_margin_low_amount));
      const high = sum(rows.map(row => row.expected_margin_high_amount));
      const followed = view.segment
        && [...actions].sort((a, b) => mine(b) - mine(a)).find(one => mine(one) > 0);
      const ids = data.rows.segments.map(row => row.segment_id)
        .concat("other").filter(id => rows.some(row => row.segment_id === id));
      const isAssumed = rows.some(row => row.evidence !== "measured");
      const basis = one => [...one.evidence].sort().join(", ");
      return {
        title: followed
          ? `${report.segmentName(data, view.segment)}: ${followed.name} is recommended `
            + `most, for ${number(mine(followed))} customers`
          : total > 0
            ? `${most.name} adds most: ${money(data, most.margin)} of `
              + `${money(data, total)} expected margin`
            : `${actions[0].name} is recommended most, for ${number(actions[0].n)} `
              + "customers; nothing that would earn is open to anybody",
        note: report.whole(view) + "Customers whose best action it is, by segment, and "
          + "the margin it is expected to add"
          + (actions.length > shown.length ? `; the first ${shown.length} of `
            + `${actions.length} actions. ` : ". ")
          + `Margin: uplift times order value times margin, less cost, `
          + `${report.unit(data)}; in all ${short(low)} to ${short(high)} at the bounds of `
          + `the uplifts. As of ${rows[0].as_of_date}.`,
        basis: isAssumed ? "assumed" : "estimated",
        height: 96 + shown.length * report.row(view, shown.map(one => one.name), 32,
          report.isNarrow(view) ? 96 : 210),
        option: report.option(view, {
          legend: report.legend(view),
          grid: {left: report.isNarrow(view) ? 104 : 220, right: 92, bottom: 28,
                 top: report.below(view, ids.map(id => report.segmentName(data, id)))},
          xAxis: report.axis(view, {type: "value", min: 0, axisLabel: text(view, {
            formatter: tick, hideOverlap: true})}),
          yAxis: report.names(view, shown.map(one => one.name), {axisLabel: text(view,
            {color: ink(view).text, width: report.isNarrow(view) ? 96 : 210,
             overflow: "break", lineHeight: 14, interval: 0})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${shown[item.dataIndex].name}\n${item.seriesName}: `
              + `${number(item.value)} customers`},
          series: ids.map((id, j) => ({
            name: report.segmentName(data, id), type: "bar", stack: "customers",
            barWidth: 16, color: report.colourNow(data, view, id),
            data: shown.map(one => ({segment: id, value: sum(one.parts
              .filter(row => row.segment_id === id).map(row => row.n_customers)) || null})),
          })).concat([{
            type: "bar", stack: "customers", silent: true, data: shown.map(() => 0),
            label: {show: true, position: "right", ...text(view, {color: ink(view).text}),
                    formatter: item => money(data, shown[item.dataIndex].margin)},
          }]),
        }),
        table: {
          columns: ["Action", "Channel", "Customers", "Uplift is",
                    `Expected margin, ${report.unit(data)}`],
          rows: actions.map(one => [one.name, one.channel || "–", number(one.n), basis(one),
                                    number(one.margin, 0)]),
        },
      };
    },
  });

  const SCENARIOS = {
    expected: "as expected", response_halved: "half the response",
    response_half_more: "response half more", margin_fifth_less: "margin a fifth less",
    margin_fifth_more: "margin a fifth more", cost_fifth_less: "cost a fifth less",
    cost_fifth_more: "cost a fifth more", lower_bound: "lower bound of the uplifts",
    measured_only: "measured uplifts only"};

  report.define("budget_curves", {
    name: "Profit curve of the budget", section: "campaigns", needs: ["budget_curves"],
    build(data, view) {
      const rows = data.rows.budget_curves;
      const scenarios = Object.keys(SCENARIOS).filter(
        name => rows.some(row => row.scenario === name));
      const of = name => rows.filter(row => row.scenario === name);
      const main = of("expected").length ? "expected" : scenarios[0];
      const best = of(main).reduce((a, b) =>
        (b.margin_after_cost_amount > a.margin_after_cost_amount ? b : a));
      const strong = {expected: ink(view).strong, lower_bound: ink(view).warn,
                      measured_only: report.segmentColour(data, view,
                        (data.rows.segments[2] || {}).segment_id)};
      const shown = scenarios.filter(name => strong[name])
        .map(name => ({name: SCENARIOS[name], colour: strong[name], of: name}));
      const points = name => of(name).map(row =>
        [row.contacted_share, row.margin_after_cost_amount]);
      return {
        title: best.n_contacted
          ? `Contacting ${percent(best.contacted_share, 0)} of the reachable pays most: `
            + `${money(data, best.margin_after_cost_amount)} margin for `
            + `${money(data, best.spend_amount)}`
          : "No contact pays for itself",
        note: report.whole(view) + `Expected margin after cost, ${report.unit(data)}, by `
          + "share of reachable customers contacted, the most profitable first; dashed: "
          + "as many drawn by lot; grey: other assumptions. "
          + `As of ${rows[0].as_of_date}.`,
        basis: "assumed",
        option: report.option(view, {
          legend: report.legend(view, {data: [...shown.map(one => one.name), "by lot"]}),
          grid: {left: 56, right: 24, top: report.isNarrow(view) ? 84 : 40, bottom: 44},
          xAxis: report.axis(view, {type: "value", min: 0, max: 1, name: "contacted",
            nameLocation: "middle", nameGap: 26, axisLabel: text(view, {
              formatter: value => percent(value, 0), hideOverlap: true})}),
          yAxis: report.axis(view, {type: "value", axisLine: {show: false},
            axisLabel: text(view, {formatter: tick})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${item.seriesName}\n${percent(item.value[0], 0)} contacted: `
              + money(data, item.value[1])},
          series: [
            ...scenarios.filter(name => !strong[name]).map(name => ({
              name: SCENARIOS[name], type: "line", symbol: "none", data: points(name),
              color: ink(view).faded, lineStyle: {width: 1.2}, z: 2})),
            ...shown.map(one => ({
              name: one.name, type: "line", symbol: "circle", symbolSize: 4, z: 4,
              data: points(one.of), color: one.colour, lineStyle: {width: 2.5}})),
            {name: "by lot", type: "line", symbol: "none", color: ink(view).soft, z: 3,
             lineStyle: {type: "dashed", width: 1.5},
             data: of(main).map(row => [row.contacted_share, row.random_margin_amount])},
            {type: "scatter", symbolSize: 13, z: 5, color: ink(view).strong,
             silent: true, data: [[best.contacted_share, best.margin_after_cost_amount]],
             label: {show: true, position: "top", formatter: "most profitable",
                     ...text(view, {color: ink(view).text, fontWeight: 600})}},
          ],
        }),
        table: {
          columns: ["If things go", "Best share to contact", "Customers",
                    `Spend, ${report.unit(data)}`,
                    `Margin after cost, ${report.unit(data)}`],
          rows: scenarios.map(name => {
            const top = of(name).reduce((a, b) =>
              (b.margin_after_cost_amount > a.margin_after_cost_amount ? b : a));
            return [SCENARIOS[name], percent(top.contacted_share, 0),
                    number(top.n_contacted), number(top.spend_amount, 0),
                    number(top.margin_after_cost_amount, 0)];
          }),
        },
      };
    },
  });

  report.define("budget_allocations", {
    name: "Where each budget goes", section: "campaigns",
    needs: ["budget_allocations", "segments"],
    build(data, view) {
      const rows = data.rows.budget_allocations;
      const budgets = [...new Set(rows.map(row => row.budget))].map(name => {
        const parts = rows.filter(row => row.budget === name);
        return {name, parts, amount: parts[0].budget_amount,
                spend: sum(parts.map(row => row.spend_amount)),
                margin: sum(parts.map(row => row.margin_after_cost_amount)),
                next: Math.max(...parts.map(row => row.marginal_return || 0))};
      });
      const ids = data.rows.segments.map(row => row.segment_id).concat("other")
        .filter(id => rows.some(row => row.segment_id === id));
      const least = budgets[0];
      const spent = (budget, id) => sum(budget.parts
        .filter(row => row.segment_id === id).map(row => row.spend_amount));
      const told = ids.includes(view.segment) ? view.segment
        : ids.reduce((a, b) => (spent(least, b) > spent(least, a) ? b : a));
      return {
        title: `${percent(spent(least, told) / least.spend, 0)} of the smallest budget goes `
          + `to ${report.segmentName(data, told)}; a further ${report.unit(data)} brings `
          + `${number(least.next, 2)}`,
        note: report.whole(view) + `Spend by segment, ${report.unit(data)}, if everything `
          + "goes as expected: every unit goes where it brings most margin. "
          + `As of ${rows[0].as_of_date}.`,
        basis: "assumed",
        height: 96 + 38 * budgets.length,
        option: report.option(view, {
          legend: report.legend(view),
          grid: {left: report.left(view), right: 120, bottom: 28,
                 top: report.below(view, ids.map(id => report.segmentName(data, id)))},
          xAxis: report.axis(view, {type: "value", min: 0, axisLabel: text(view, {
            formatter: tick, hideOverlap: true})}),
          yAxis: report.names(view, budgets.map(budget =>
            isNaN(Number(budget.name)) ? budget.name : short(Number(budget.name)))),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${budgets[item.dataIndex].name}\n${item.seriesName}: `
              + money(data, item.value)},
          series: ids.map(id => ({
            name: report.segmentName(data, id), type: "bar", stack: "spend",
            barWidth: 18, color: report.colourNow(data, view, id),
            data: budgets.map(budget => ({segment: id, value: spent(budget, id) || null})),
          })).concat([{
            type: "bar", stack: "spend", silent: true, data: budgets.map(() => 0),
            label: {show: true, position: "right", ...text(view, {color: ink(view).text}),
                    formatter: item =>
                      `brings ${short(budgets[item.dataIndex].margin)}`},
          }]),
        }),
        table: {
          columns: ["Budget", `Amount, ${report.unit(data)}`, `Spent, ${report.unit(data)}`,
                    `Margin after cost, ${report.unit(data)}`, "The next unit brings"],
          rows: budgets.map(budget => [budget.name, number(budget.amount, 0),
            number(budget.spend, 0), number(budget.margin, 0), number(budget.next, 2)]),
        },
      };
    },
  });

  report.define("experiment_lifts", {
    name: "Lift in experiments", section: "campaigns", needs: ["experiments"],
    build(data, view) {
      const rows = data.rows.experiments.filter(row => known(row.effect));
      const nLeft = data.rows.experiments.length - rows.length;
      if (!rows.length) {
        return {title: this.name, empty: "No experiment can be read yet: "
          + `${nLeft} are running, too small or without a control group.`};
      }
      const better = rows.filter(row => row.effect_verdict === "better");
      const best = rows[0];
      const arms = new Set(rows.map(row => row.arm)).size > 1
        || rows.some(row => row.arm !== "treatment");
      const named = row => report.words(row.experiment_id)
        + (arms ? `, ${report.words(row.arm)}` : "");
      const points = value => report.signed(number(100 * value, 1));
      const colour = row => row.effect_verdict === "better" ? ink(view).strong
        : row.effect_verdict === "worse" ? ink(view).warn : ink(view).soft;
      const days = rows.map(row => row.measured_on).filter(Boolean).sort();
      return {
        title: better.length
          ? `${better.length} of ${rows.length} experiments brought orders; the best, `
            + `${named(best)}, ${points(best.effect)} points`
          : `None of ${rows.length} experiments can be told from no effect`,
        note: report.whole(view) + "Share of customers who ordered, treatment less control, "
          + "percentage points, with 95% intervals; randomised. "
          + (days.length ? `Measured ${days[0]} to ${days[days.length - 1]}. ` : "")
          + (nLeft ? `${nLeft} more cannot be read yet.` : ""),
        basis: "measured",
        height: 60 + rows.length * report.row(view, rows.map(named), 32),
        option: report.option(view, {
          grid: {left: report.left(view) + (report.isNarrow(view) ? 0 : 40), right: 110,
                 top: 10, bottom: 30},
          xAxis: report.axis(view, {type: "value", axisLabel: text(view, {
            formatter: value => points(value), hideOverlap: true})}),
          yAxis: report.names(view, rows.map(named)),
          tooltip: {...report.option(view).tooltip, formatter: item => {
            const row = rows[item.dataIndex];
            return `${named(row)}\n${points(row.effect)} points, 95% ${points(row.ci_low)} `
              + `to ${points(row.ci_high)}\n${number(row.n_treatment)} against `
              + `${number(row.n_control)} customers: ${row.effect_verdict}`;
          }},
          series: [{
            type: "custom", encode: {x: [0, 2, 3], y: 1},
            data: rows.map((row, j) => [row.effect, j, row.ci_low, row.ci_high]),
            renderItem(params, api) {
              const row = rows[params.dataIndex];
              const [middle, low, high] = [row.effect, row.ci_low, row.ci_high].map(
                value => api.coord([known(value) ? value : row.effect, params.dataIndex]));
              return {type: "group", children: [
                {type: "line", style: {stroke: colour(row), lineWidth: 2},
                 shape: {x1: low[0], y1: low[1], x2: high[0], y2: high[1]}},
                {type: "circle", shape: {cx: middle[0], cy: middle[1], r: 5},
                 style: {fill: colour(row)}},
                {type: "text", x: high[0] + 8, y: high[1] - 6,
                 style: {text: `${points(row.effect)}  ${row.effect_verdict}`,
                         fill: ink(view).text, fontSize: 11, fontFamily: view.font}},
              ]};
            },
            markLine: {silent: true, symbol: "none", label: {show: false},
              lineStyle: {color: ink(view).soft, type: "solid", width: 1},
              data: [{xAxis: 0}]},
          }],
        }),
        table: {
          columns: ["Experiment", "Treatment", "Control", "Ordered, treatment",
                    "Ordered, control", "Difference, points", "95% interval", "Verdict"],
          rows: data.rows.experiments.map(row => [
            named(row), number(row.n_treatment), number(row.n_control),
            percent(row.treatment_mean), percent(row.control_mean),
            known(row.effect) ? points(row.effect) : "–",
            known(row.ci_low) ? `${points(row.ci_low)} to ${points(row.ci_high)}` : "–",
            row.effect_verdict]),
        },
      };
    },
  });
})(segmentationReport);

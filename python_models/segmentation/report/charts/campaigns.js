// What is done about it: actions, budget, experiments.
(function (report) {
  "use strict";
  const {percent, number, short, tick, money, known, sum, ink, text} = report;

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
        (a, b) => b.margin - a.margin || b.n - a.n || (a.id < b.id ? -1 : 1));
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
          : `${actions[0].name} adds most: ${money(data, actions[0].margin)} of `
            + `${money(data, total)} expected margin`,
        note: report.whole(view) + "Customers whose best action it is, by segment. "
          + `Margin: uplift times order value times margin, less cost, `
          + `${report.unit(data)}; in all ${short(low)} to ${short(high)} at the bounds of `
          + `the uplifts. As of ${rows[0].as_of_date}.`,
        basis: isAssumed ? "assumed" : "estimated",
        height: 96 + 34 * actions.length,
        option: report.option(view, {
          legend: report.legend(view, {type: "scroll"}),
          grid: {left: report.isNarrow(view) ? 104 : 220, right: 92, top: 40, bottom: 28},
          xAxis: report.axis(view, {type: "value", min: 0, axisLabel: text(view, {
            formatter: tick, hideOverlap: true})}),
          yAxis: report.names(view, actions.map(one => one.name), {axisLabel: text(view,
            {color: ink(view).text, width: report.isNarrow(view) ? 96 : 210,
             overflow: "break", lineHeight: 14, interval: 0})}),
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${actions[item.dataIndex].name}\n${item.seriesName}: `
              + `${number(item.value)} customers`},
          series: ids.map((id, j) => ({
            name: report.segmentName(data, id), type: "bar", stack: "customers",
            barWidth: 16, color: report.colourNow(data, view, id),
            data: actions.map(one => ({segment: id, value: sum(one.parts
              .filter(row => row.segment_id === id).map(row => row.n_customers)) || null})),
          })).concat([{
            type: "bar", stack: "customers", silent: true, data: actions.map(() => 0),
            label: {show: true, position: "right", ...text(view, {color: ink(view).text}),
                    formatter: item => money(data, actions[item.dataIndex].margin)},
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
        height: 60 + 32 * rows.length,
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

// Who moves where.
(function (report) {
  "use strict";
  const {percent, number, short, known, sum, ink, text} = report;

  report.define("migration_flows", {
    name: "Moves between segments", section: "movement", needs: ["migrations", "segments"],
    build(data, view) {
      const {flows, n_left_out: nLeftOut, start_date: start,
             end_date: end} = data.rows.migrations[0];
      if (!flows.length) {
        return {title: this.name, empty:
          `There were fewer than ${data.cube.floor} moves from ${start} to ${end}.`};
      }
      const of = view.segment
        ? flows.filter(flow => flow[0] === view.segment || flow[1] === view.segment) : flows;
      // several segments together are no finding while one pair stands out
      const pairs = (of.length ? of : flows).filter(
        flow => flow[0] !== "other" && flow[1] !== "other");
      const told = (pairs.length ? pairs : of.length ? of : flows).reduce((a, b) => (b[2] > a[2] ? b : a));
      const named = id => report.segmentName(data, id);
      const isMine = flow => !view.segment || flow[0] === view.segment
        || flow[1] === view.segment;
      const from = [...new Set(flows.map(flow => flow[0]))];
      const to = [...new Set(flows.map(flow => flow[1]))];
      const node = (side, id, others) => ({
        name: side + id, segment: id,
        itemStyle: {color: view.segment && view.segment !== id && !flows.some(
          flow => isMine(flow) && flow[others ? 1 : 0] === id)
          ? ink(view).faded : report.segmentColour(data, view, id)},
      });
      const narrow = report.isNarrow(view);
      return {
        title: `${named(told[0])} → ${named(told[1])} is the largest move`
          + `${view.segment && of.length ? " here" : ""}: `
          + `${number(told[2])} of ${number(sum(flows.map(flow => flow[2])) + nLeftOut)} `
          + "moves",
        note: report.whole(view) + `Moves between segments from ${start} to ${end}, `
          + "counted week by week; pairs of fewer than "
          + `${data.cube.floor} are merged`
          + (nLeftOut ? `, ${number(nLeftOut)} moves left out` : "") + ".",
        basis: "measured",
        height: 380,
        option: report.option(view, {
          series: [{
            type: "sankey", left: 4, right: narrow ? 110 : 150, top: 10, bottom: 10,
            nodeWidth: 12, nodeGap: 12, draggable: false, layoutIterations: 64,
            emphasis: {disabled: true},
            label: {...text(view, {color: ink(view).text, fontSize: narrow ? 10 : 12}),
                    formatter: item => named(item.name.slice(2))},
            data: [...from.map(id => node("f ", id, false)),
                   ...to.map(id => node("t ", id, true))],
            links: flows.map(flow => ({
              source: "f " + flow[0], target: "t " + flow[1], value: flow[2],
              lineStyle: {color: isMine(flow)
                ? report.segmentColour(data, view, flow[0]) : ink(view).faded,
                          opacity: isMine(flow) ? 0.45 : 0.3, curveness: 0.5}})),
          }],
          tooltip: {...report.option(view).tooltip,
            formatter: item => item.dataType === "edge"
              ? `${named(item.data.source.slice(2))} → ${named(item.data.target.slice(2))}`
                + `\n${number(item.value)} moves`
              : `${named(item.name.slice(2))}\n${number(item.value)} moves`},
        }),
        table: {
          columns: ["From", "To", "Moves"],
          rows: [...flows].sort((a, b) => b[2] - a[2])
            .map(flow => [named(flow[0]), named(flow[1]), number(flow[2])]),
        },
      };
    },
  });

  report.define("transition_rates", {
    name: "Weekly chances of a move", section: "movement",
    needs: ["trajectories", "segments"],
    build(data, view) {
      const rows = data.rows.trajectories;
      const ids = data.rows.segments.map(row => row.segment_id)
        .filter(id => rows.some(row => row.from_segment_id === id));
      const cells = rows.filter(row => ids.includes(row.from_segment_id)
        && ids.includes(row.to_segment_id));
      const stays = ids.map(id => cells.find(
        row => row.from_segment_id === id && row.to_segment_id === id)).filter(Boolean);
      const mine = stays.find(row => row.from_segment_id === view.segment);
      const told = mine || stays.reduce(
        (a, b) => (b.p_transition < a.p_transition ? b : a));
      const named = id => report.segmentName(data, id);
      const narrow = report.isNarrow(view);
      // shades by the chance of leaving: staying is near one and would drown the rest
      const most = Math.max(...cells.filter(row => row.from_segment_id
        !== row.to_segment_id).map(row => row.p_transition || 0), 1e-9);
      return {
        title: `${mine ? "" : "Least settled: "}${percent(told.p_transition)} of `
          + `${named(told.from_segment_id)} are still there a week later`,
        note: report.whole(view) + "Chance, in percent, of being in the column's segment "
          + "one week after the row's; first-order Markov chain over all weeks up to "
          + `${report.asOf(data)}. Pairs of fewer than ${data.cube.floor} moves are blank.`,
        basis: "estimated",
        height: (narrow ? 150 : 110) + 38 * ids.length,
        option: report.option(view, {
          grid: {left: report.left(view), right: 8, top: 6, bottom: narrow ? 110 : 84},
          xAxis: report.axis(view, {type: "category", data: ids.map(named),
            splitLine: {show: false},
            axisLabel: text(view, {interval: 0, rotate: narrow ? 60 : 30})}),
          yAxis: report.names(view, ids.map(named)),
          visualMap: {show: false, dimension: 2, min: 0, max: most, inRange: {
            color: [ink(view).low, ink(view).high]}},
          tooltip: {...report.option(view).tooltip,
            formatter: item => `${named(ids[item.value[1]])} → ${named(ids[item.value[0]])}`
              + `\n${known(item.value[3]) ? percent(item.value[3], 2) : "too few"} a week`},
          series: [{
            type: "heatmap",
            itemStyle: {borderColor: ink(view).page, borderWidth: 2},
            data: cells.map(row => {
              const stay = row.from_segment_id === row.to_segment_id;
              const faded = view.segment && row.from_segment_id !== view.segment
                && row.to_segment_id !== view.segment;
              return {
                value: [ids.indexOf(row.to_segment_id), ids.indexOf(row.from_segment_id),
                        stay ? 0 : row.p_transition || 0, row.p_transition],
                segment: row.from_segment_id,
                itemStyle: {opacity: faded ? 0.35 : 1,
                  ...(stay ? {color: ink(view).page, borderColor: ink(view).line,
                              borderWidth: 1} : {})},
                label: {show: known(row.p_transition), fontFamily: view.font,
                  fontSize: narrow ? 10 : 11, fontWeight: stay ? 600 : 400,
                  formatter: percent(row.p_transition),
                  color: faded ? ink(view).soft
                    : stay ? ink(view).text : report.onHeat(view, row.p_transition / most)},
              };
            }),
          }],
        }),
        table: {
          columns: ["From", ...ids.map(id => "to " + named(id)), "Weeks in a row of data"],
          rows: ids.map(id => [named(id), ...ids.map(other => {
            const row = cells.find(one => one.from_segment_id === id
              && one.to_segment_id === other);
            return row && known(row.p_transition) ? percent(row.p_transition, 2) : "–";
          }), number((cells.find(row => row.from_segment_id === id) || {})
            .n_customer_weeks)]),
        },
      };
    },
  });
})(segmentationReport);

// Results of Prometheus as Grafana's data frames, with the field settings of the panel.
import { createTheme, FieldType, getDisplayProcessor, toDataFrame } from '@grafana/data';

export const theme = createTheme({ colors: { mode: 'dark' } });

export function seriesName(target, labels) {
  if (target.legend === '__auto' || !target.legend) {
    return Object.values(labels).join(' ') || target.panel;
  }
  return target.legend.replace(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? '').trim() || 'value';
}

function assign(config, id, value) {
  const path = id.split('.');
  const last = path.pop();
  const owner = path.reduce((object, key) => (object[key] ??= {}), config);
  owner[last] = value;
}

export function configure(field, panel, name, index) {
  const config = structuredClone(panel.fieldConfig.defaults);
  config.displayName = name;
  config.color ??= { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  for (const override of panel.fieldConfig.overrides) {
    if (override.matcher.options === name) {
      override.properties.forEach(({ id, value }) => assign(config, id, value));
    }
  }
  field.config = config;
  field.state = { displayName: name, seriesIndex: index };
  field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' });
  return field;
}

// One frame per series on a common grid of times; a missing sample is a gap.
export function rangeFrames(panel, results, span) {
  const times = [];
  for (let at = span.start; at <= span.end; at += span.step) {
    times.push(Math.round(at * 1000));
  }
  const frames = [];
  for (const result of results) {
    for (const series of result.series) {
      const samples = new Map(series.values.map(([at, text]) => [Math.round(at * 1000), Number(text)]));
      const values = times.map((at) => (Number.isFinite(samples.get(at)) ? samples.get(at) : null));
      const frame = toDataFrame({
        refId: result.ref,
        fields: [
          { name: 'Time', type: FieldType.time, values: times, config: {} },
          { name: 'Value', type: FieldType.number, values, labels: series.metric, config: {} },
        ],
      });
      configure(frame.fields[1], panel, seriesName(result, series.metric), frames.length);
      frames.push(frame);
    }
  }
  return frames;
}

export function lastValue(series) {
  const samples = series.values ?? [series.value];
  const numbers = samples.map(([, text]) => Number(text)).filter(Number.isFinite);
  return numbers.at(-1);
}

// Instant queries of a table merged by their labels, as the transformations of the panel do it.
export function tableFrame(panel, results) {
  const { renameByName, indexByName } = panel.transformations.at(-1).options;
  const keys = Object.keys(indexByName)
    .filter((name) => !name.startsWith('Value #'))
    .sort((a, b) => indexByName[a] - indexByName[b]);
  const names = results.map((result) => renameByName[`Value #${result.ref}`]);
  const rows = new Map();
  results.forEach((result, index) => {
    for (const series of result.series) {
      const id = JSON.stringify(keys.map((key) => series.metric[key] ?? ''));
      const row = rows.get(id) ?? { cells: names.map(() => null) };
      const value = lastValue(series);
      row.cells[index] = value ?? null;
      rows.set(id, row);
    }
  });
  const ids = [...rows.keys()].sort();
  const fields = [
    ...keys.map((key, index) => ({
      name: key,
      type: FieldType.string,
      values: ids.map((id) => JSON.parse(id)[index]),
      config: {},
    })),
    ...names.map((name, index) => ({
      name,
      type: FieldType.number,
      values: ids.map((id) => rows.get(id).cells[index]),
      config: {},
    })),
  ];
  const frame = toDataFrame({ fields });
  frame.fields.forEach((field, index) => configure(field, panel, field.name, index));
  return frame;
}

// One Grafana component per type of panel.
import { dateTime } from '@grafana/data';
import { BarGauge, BigValue, Table, TimeSeries, TooltipDisplayMode } from '@grafana/ui';
import React from 'react';
import { configure, lastValue, rangeFrames, seriesName, tableFrame, theme } from './frames.js';
import { HeatMap } from './heatmap.jsx';

function Empty({ panel }) {
  return <div className="empty">{panel.fieldConfig.defaults.noValue}</div>;
}

function Graph({ panel, results, span, width, height }) {
  const frames = rangeFrames(panel, results, span);
  if (!frames.length) {
    return <Empty panel={panel} />;
  }
  const timeRange = { from: dateTime(span.start * 1000), to: dateTime(span.end * 1000) };
  timeRange.raw = { from: timeRange.from, to: timeRange.to };
  const legend = { ...panel.options.legend, calcs: panel.options.legend.calcs };
  return (
      <TimeSeries
        frames={frames}
        width={width}
        height={height}
        timeRange={timeRange}
        timeZone="utc"
        legend={legend}
        options={{ tooltip: { mode: TooltipDisplayMode.None } }}
      />
  );
}

function Statistic({ panel, results, width, height }) {
  const value = results[0].series.length ? lastValue(results[0].series[0]) : undefined;
  const field = configure({ name: 'Value', type: 'number', config: {} }, panel, panel.title, 0);
  const display = value === undefined ? { text: panel.fieldConfig.defaults.noValue, numeric: NaN } : field.display(value);
  return (
    <BigValue
      value={{ ...display, title: '' }}
      width={width}
      height={height}
      theme={theme}
      colorMode="value"
      graphMode="none"
      textMode="value"
      justifyMode="auto"
    />
  );
}

function Bars({ panel, results, width, height }) {
  const series = results[0].series;
  if (!series.length) {
    return <Empty panel={panel} />;
  }
  const each = Math.min(40, Math.floor(height / series.length) - 4);
  return series.map((one, index) => {
    const name = seriesName(results[0], one.metric);
    const field = configure({ name, type: 'number', config: {} }, panel, name, index);
    const value = lastValue(one);
    return (
      <BarGauge
        key={name}
        field={field.config}
        display={field.display}
        value={{ ...field.display(value), title: name }}
        width={width}
        height={each}
        orientation="horizontal"
        displayMode="basic"
        theme={theme}
        itemSpacing={4}
        lcdCellWidth={8}
        showUnfilled
      />
    );
  });
}

function Rows({ panel, results, width, height }) {
  const frame = tableFrame(panel, results);
  if (!frame.length) {
    return <Empty panel={panel} />;
  }
  return <Table data={frame} width={width} height={height} noHeader={false} enableSharedCrosshair={false} />;
}

const COMPONENTS = { timeseries: Graph, stat: Statistic, bargauge: Bars, table: Rows, heatmap: HeatMap };

export function Visualization(props) {
  const Component = COMPONENTS[props.panel.type];
  return <Component {...props} />;
}

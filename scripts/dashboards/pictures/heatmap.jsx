// Grafana keeps its heat map panel out of the component package: this draws the same cells on a canvas.
import { getValueFormat } from '@grafana/data';
import { interpolateOranges } from 'd3-scale-chromatic';
import React, { useEffect, useRef } from 'react';

const LEFT = 56;
const BOTTOM = 22;

export function HeatMap({ panel, results, span, width, height }) {
  const canvas = useRef(null);
  useEffect(() => draw(canvas.current, panel, results[0], span, width, height));
  if (!results[0].series.length) {
    return <div className="empty">{panel.fieldConfig.defaults.noValue}</div>;
  }
  return <canvas ref={canvas} width={width} height={height} />;
}

function draw(canvas, panel, result, span, width, height) {
  if (!canvas) {
    return;
  }
  const context = canvas.getContext('2d');
  const rows = result.series
    .map((series) => ({ le: Number(series.metric.le.replace('+Inf', 'Infinity')), values: new Map(series.values.map(([at, v]) => [Math.round(at), Number(v)])) }))
    .sort((a, b) => a.le - b.le);
  const columns = [];
  for (let at = span.start; at <= span.end; at += span.step * 2) {
    columns.push(Math.round(at));
  }
  const cells = rows.map((row, index) =>
    columns.map((at) => Math.max(0, (row.values.get(at) ?? 0) - (index ? (rows[index - 1].values.get(at) ?? 0) : 0)))
  );
  const used = cells.map((row) => row.some((count) => count > 1e-9));
  const last = Math.min(used.lastIndexOf(true) + 1, rows.length - 1);
  const first = Math.max(used.indexOf(true) - 1, 0);
  const maximum = Math.max(...cells.flat());
  const cellWidth = (width - LEFT) / columns.length;
  const cellHeight = (height - BOTTOM) / (last - first + 1);
  const format = getValueFormat(panel.options.yAxis.unit);
  context.font = '11px Inter, sans-serif';
  for (let row = first; row <= last; row++) {
    const y = height - BOTTOM - (row - first + 1) * cellHeight;
    cells[row].forEach((count, column) => {
      if (count > 1e-9) {
        context.fillStyle = interpolateOranges(0.95 - 0.65 * Math.sqrt(count / maximum));
        context.fillRect(LEFT + column * cellWidth, y, cellWidth - 1, cellHeight - 1);
      }
    });
    if ((row - first) % Math.ceil((last - first + 1) / 9) === 0) {
      const { text, suffix } = Number.isFinite(rows[row].le) ? format(rows[row].le) : { text: '+Inf', suffix: '' };
      context.fillStyle = 'rgba(204, 204, 220, 0.65)';
      context.textAlign = 'right';
      context.fillText(`${text}${suffix ?? ''}`, LEFT - 6, y + 4);
    }
  }
  context.textAlign = 'center';
  context.fillStyle = 'rgba(204, 204, 220, 0.65)';
  for (let mark = 1; mark < 6; mark++) {
    const at = new Date((span.start + ((span.end - span.start) * mark) / 6) * 1000);
    context.fillText(at.toISOString().slice(11, span.end - span.start < 300 ? 19 : 16), LEFT + ((width - LEFT) * mark) / 6, height - 6);
  }
}

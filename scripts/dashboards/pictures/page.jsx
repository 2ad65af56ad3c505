// A whole dashboard: its variables, links, headings and panels at their places.
import { ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome } from '@grafana/ui';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { theme } from './frames.js';
import { Visualization } from './panels.jsx';

const WIDTH = 1600;
const UNIT = 38;
const TOP = 92;
const { dashboard, titles, results, span } = window.PICTURE;

function Controls() {
  const variables = dashboard.templating.list.filter((variable) => variable.hide !== 2);
  return (
    <div className="controls">
      <h1>{dashboard.title}</h1>
      <div className="line">
        {variables.map((variable) => (
          <span key={variable.name} className="variable">
            <b>{variable.label}</b>
            {variable.type === 'datasource' ? 'Prometheus' : 'All'}
          </span>
        ))}
        <span className="links">{titles.map((title) => title.replace('Parley / ', '')).join('   ·   ')}</span>
      </div>
    </div>
  );
}

function Place({ panel }) {
  const { x, y, w, h } = panel.gridPos;
  const column = WIDTH / 24;
  const style = { left: x * column + 4, top: TOP + y * UNIT + 4, width: w * column - 8, height: h * UNIT - 8 };
  if (panel.type === 'row') {
    return <h2 style={{ ...style, position: 'absolute' }}>{panel.title}</h2>;
  }
  const own = results.filter((result) => result.panel === panel.title && result.kind === panel.type);
  return (
    <div style={{ ...style, position: 'absolute' }}>
      <PanelChrome width={style.width} height={style.height} title={panel.title} description={panel.description}>
        {(width, height) => <Visualization panel={panel} results={own} span={span} width={width} height={height} />}
      </PanelChrome>
    </div>
  );
}

function Page() {
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Controls />
      {dashboard.panels.map((panel) => (
        <Place key={panel.id} panel={panel} />
      ))}
    </ThemeContext.Provider>
  );
}

createRoot(document.getElementById('root')).render(<Page />);

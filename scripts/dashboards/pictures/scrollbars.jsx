// Pictures do not scroll. The package itself cannot be imported by the bundler as Grafana's modules do it.
import React from 'react';

export default class Scrollbars extends React.Component {
  render() {
    return <div style={{ height: '100%', width: '100%', overflow: 'hidden' }}>{this.props.children}</div>;
  }
}

"""Generator of the Grafana dashboards in deploy/dashboards."""

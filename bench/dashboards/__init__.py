"""Real data for every panel of the dashboards."""

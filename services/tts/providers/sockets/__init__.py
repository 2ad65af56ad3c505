"""WebSockets to providers: one warm connection per call, whose failures are ProviderErrors only."""

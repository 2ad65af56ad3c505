"""The five services; they communicate only through NATS."""

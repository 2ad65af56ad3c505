"""The five services; they communicate only over NATS."""

"""The five services; they meet only on the bus."""

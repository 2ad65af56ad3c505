"""The agent's telephone tools at the edge: transfers, text messages, DTMF."""

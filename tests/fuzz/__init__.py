"""Coverage-guided fuzzing of the readers of providers' answers, and a short replay as a test."""

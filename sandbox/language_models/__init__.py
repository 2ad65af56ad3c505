"""The emulators of OpenAI, Anthropic and Gemini in one process, with one scenario, fault menu and journal."""

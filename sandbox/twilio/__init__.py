"""An emulator of Twilio on loopback: REST, signed webhooks, TwiML, Media Streams, and simulated callers.

Run it with `python -m sandbox.twilio`. Services reach it through Twilio's SDK with another base URL. It
requests TwiML from the voice webhook, executes it, opens the media stream (`wss://` to loopback is dialled
without TLS but signed as written) and connects the simulated caller to it, 20 ms at a time.

Besides Twilio's paths (`/2010-04-01/Accounts/{sid}/Calls|Recordings|Messages`) there is a control API:

- `POST /sandbox/calls` `{"from", "to", "script"?, "voice_url"?, "status_callback_url"?, "faults"?}` starts an
  inbound call; 201 `{"call_sid"}`. The caller of the default script greets, listens, and says goodbye.
- `GET /sandbox/calls` lists the stored calls. `DELETE /sandbox/calls/{sid}` hangs up as the caller.
- `GET /sandbox/calls/{sid}/events`: one JSON object per line, each with `kind`, `at_us` (UTC) and `at_ms`
  (the line's time), until `{"kind": "ended", "status", "outcome", "duration_ms"}`.
- `GET /sandbox/calls/{sid}`: the caller's report (`sandbox.caller.report`); `?decode=tone` adds the agent's
  words if its audio is encoded as tones. `…/agent.wav` and `…/caller.wav` are the audio of both sides.
- `PUT /sandbox/callees/{number}` `{"script"?, "answer"?: person|machine|busy|no-answer, "ring_s"?,
  "faults"?}` sets who answers a number.
- `GET /sandbox/log?since=n`, `GET|PATCH /sandbox/settings`, `GET /sandbox/health`.
"""

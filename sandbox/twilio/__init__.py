"""A stand-in for Twilio on loopback: REST, signed webhooks, TwiML and Media Streams, with people who call.

Run it with `python -m sandbox.twilio`. Services reach it by the vendor's own SDK with another base address.
It asks the voice webhook, follows the TwiML, dials the media stream (`wss://` to loopback goes without TLS
but is signed as written) and lets the person on the line hear and speak, 20 ms at a time.

Beside Twilio's paths (`/2010-04-01/Accounts/{sid}/Calls|Recordings|Messages`) there are those of the desk:

- `POST /sandbox/calls` `{"from", "to", "script"?, "voice_url"?, "status_callback_url"?, "faults"?}`: somebody
  calls; 201 `{"call_sid"}`. Without a script the person says hello, listens, says goodbye.
- `GET /sandbox/calls`: all that are known. `DELETE /sandbox/calls/{sid}`: the person puts the phone down.
- `GET /sandbox/calls/{sid}/events`: one JSON object a line, each with `kind`, `at_us` (UTC) and `at_ms` (of
  the line's own time), until `{"kind": "ended", "status", "outcome", "duration_ms"}`.
- `GET /sandbox/calls/{sid}`: what the person tells of it (`sandbox.caller.report`); `?decode=tone` reads the
  words back where the voice was a tone. `…/agent.wav` and `…/caller.wav` are its sound.
- `PUT /sandbox/callees/{number}` `{"script"?, "answer"?: person|machine|busy|no-answer, "ring_s"?,
  "faults"?}`: who is called there.
- `GET /sandbox/log?since=n`, `GET|PATCH /sandbox/settings`, `GET /sandbox/health`.
"""

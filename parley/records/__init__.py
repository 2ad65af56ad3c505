"""Records of the agents' tools: appointments, customers, leads and messages.

`interfaces` has the interfaces that a backend implements, `types` their values, `plugin` how a backend is
installed. The built-in backend, `postgres`, uses the tables of `parley/database`.
"""

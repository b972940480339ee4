"""The edge: every request of every app asks here first, and pays microseconds for it.

`main` composes one process from the environment and serves `app`: the proxy's question goes through
`routes` (which app, whose rules), the near-cache of `gateway.sessions` (who is this, still?) and
`check` (may she), and is answered with `headers` (who she is, for the app) or one of `pages`.
`entry` brings a session to an app's host and takes it away again. No Django, no database: the edge
answers while both are away, and when it cannot know it says so and lets nobody in.
"""

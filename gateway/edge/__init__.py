"""Forward authentication: what every request of every app asks, answered without a database.

`routes` are who may go where, `demand` is how she must have signed in, `certificate` what her
client showed; `check` decides, `headers` says who it is, `entry` brings a session to an app's host,
`app` puts them in order for one request, `main` is the process. No Django here: the edge keeps
answering while the database is away.
"""

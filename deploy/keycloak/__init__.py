"""A real Keycloak for the demo, the tests and the compose file: fetched once, started in seconds.

`distribution` fetches the server into a cache folder, checks and builds it there; `java` finds what
runs it; `realm` fills the one realm template for one gateway; `server` says with which command a
server starts and when it is ready. `python -m deploy.keycloak` starts one by hand (README.md).
"""

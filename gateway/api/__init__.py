"""The API for programs, under /api/v1/. Each endpoint reads, calls one flow, and answers in JSON.

Every failure has the one shape of `gateway.web.problems`.
"""

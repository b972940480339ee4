"""Break-glass accounts: for the day on which no provider can be reached.

A table of accounts that have a password and a second factor here, a table of their uses, and the
factors themselves. Of django-allauth its tables and its arithmetic are used (`factors`), none of
its pages: whoever signs in enters by `gateway.flows.break_glass`.
"""

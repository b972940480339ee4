"""The record of what happened: append-only, sealed into a chain, provable without us.

    in the flow's transaction   right after it                whenever somebody asks
    record() -> AuditEvent  ->  seal() -> AuditSeal       ->  verify, here or from an exported file
                                (its event's hash over        with its signed head
                                the hash before it)

`events` is the closed catalogue and decides what may stand in a row; `record` writes one, and only
flows call it; `chain` says what a hash covers; `seal` chains what is not yet chained; `verify`
finds the first broken place; `links` reads the chain out of the database; `export` writes the file
that `exported` checks anywhere, knowing no Django. A sign-in
waits for nothing but its own insert: the chain is made afterwards, by one sealer at a time.

What it proves, from a head that was kept elsewhere: nothing sealed before it was edited, taken out
or put in. It does not prove that whoever runs the gateway recorded everything.
"""

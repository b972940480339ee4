"""What each sign-in went through, kept a week, so that its failure explains itself.

`models` has the rows, `contents` says what may stand in one, `causes` turns the name of a failed
check into a class of cause, words for the person and a remedy for the admin. Rows are written by
`gateway.flows.traces`. Unlike the record they may go: they prove nothing and are purged.
"""

"""The verbs: the only place where things happen together.

One file a verb. Its steps stand in the order in which they happen; a step returns, it does not call
the next one. Flows know no HTTP: surfaces parse, call one flow and render what it returns.
"""

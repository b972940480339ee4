"""Rules: claims in, role grants with their reasons out.

`evidence` sorts what a claim says, `conditions` say what must hold of it, `parsing` reads them from
plain JSON or YAML, `rules` join a condition to a role, `ruleset` is all of them in force together
at one version. These are pure: same input, same output, no clock, no database. `models` keeps the
published versions.

`population` turns the kept identities over (of each value, who has it), `answers` says of whom a
rule holds, and `preview` what a change of the rules does to everybody.

This package does not know accounts; who holds which role is provisioning's.
"""

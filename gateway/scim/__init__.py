"""SCIM 2.0 (RFC 7643, 7644, 9865) below `/scim/v2/CONNECTION/`.

`endpoint` is what every request passes, `resources` the people and groups, `paging` their lists,
`shown` how a row is served, `acting` a write, alone or in `bulk`.
"""

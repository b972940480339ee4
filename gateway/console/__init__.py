"""The console: Django's admin in unfold's dress, for staff, under /admin/.

`site` is the table of what stands in it; `frame` is the site itself: who may enter, its policy, its
look. `rows` holds how every model behaves here: read-only, until a form of its own says otherwise,
and such a form (`asking`) saves by calling a flow and nothing else. One module for each subject:
`people`, `connections` (providers and apps), `rules`, `roles`, `record`.
"""

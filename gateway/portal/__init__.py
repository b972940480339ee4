"""The person's own page: who I am, which roles and why, where I am signed in; and ending that.

`views` reads rows and the session store and builds the page; ending is a flow's. `branding` serves
the company's colour to every page.
"""

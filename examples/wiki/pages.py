"""The pages of the wiki: plain HTML from plain strings, everything from outside escaped."""

from html import escape

from examples.wiki.assertion import Person

ARTICLES = {
    "/pages/welcome": (
        "Welcome",
        (
            "New here? Your laptop, your badge and your accounts are on one page with the name of"
            " your manager. Everything else can wait until the second week."
        ),
    ),
    "/pages/incidents": (
        "When something breaks",
        (
            "Say so in the open, name one person who leads, write down what you see before you"
            " change it. Afterwards nobody asks whose fault it was."
        ),
    ),
    "/pages/deploying": (
        "Deploying",
        (
            "Merge, watch the four graphs for ten minutes, say that you are done. Whoever holds the"
            " role deployer finds the button on this page."
        ),
    ),
}


def home(person: Person) -> str:
    links = "".join(
        f'<li><a href="{path}">{escape(title)}</a></li>' for path, (title, _) in ARTICLES.items()
    )
    return _page(
        f"Good to see you, {person.name}",
        f"{_roles(person)}<h2>Pages</h2><ul class='pages'>{links}</ul>",
        person,
    )


def article(path: str, person: Person) -> str:
    title, text = ARTICLES[path]
    button = ""
    if path == "/pages/deploying" and "deployer" in person.roles:
        button = "<p><button type='button'>Deploy to production</button></p>"
    return _page(title, f"<p>{escape(text)}</p>{button}<p><a href='/'>All pages</a></p>", person)


def not_found(person: Person) -> str:
    return _page(
        "There is no such page", "<p><a href='/'>All pages</a> are on the front page.</p>", person
    )


def not_vouched_for() -> str:
    return _page(
        "This wiki is reached through Gatehouse",
        (
            "<p>Nobody has said who you are. Open the wiki at its own address, where Gatehouse"
            " stands in front of it.</p>"
        ),
        None,
    )


def _roles(person: Person) -> str:
    if not person.roles:
        return "<p>You hold no role here. You may read everything.</p>"
    chips = "".join(f"<li>{escape(role)}</li>" for role in person.roles)
    return f"<p>Your roles:</p><ul class='chips'>{chips}</ul>"


def _page(title: str, body: str, person: Person | None) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Corp wiki</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a class="brand" href="/">Corp wiki</a>{_who(person)}</header>
<main><h1>{escape(title)}</h1>{body}</main>
</body>
</html>
"""


def _who(person: Person | None) -> str:
    if person is None:
        return ""
    return (
        f"<p>{escape(person.name)} <small>by {escape(person.provider)}</small></p>"
        "<form method='post' action='/.gatehouse/sign-out'><button>Sign out</button></form>"
    )

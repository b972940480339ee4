"""One account of two, one of two again, and an identity that gets an account of its own.

Each is looked at first, as it would be done and then rolled back; what was looked at is what is
done, or it is refused because something changed meanwhile. Both accounts' rows are locked after the
rules in force, and sessions end last.
"""

from gateway.flows.merging.merging import look, merge
from gateway.flows.merging.plans import MergePlan, SplitPlan, UndoPlan
from gateway.flows.merging.splitting import look_at_split, split
from gateway.flows.merging.undoing import expire, look_at_undo, undo
from provisioning.moving import Moved, Side

__all__ = [
    "MergePlan",
    "Moved",
    "Side",
    "SplitPlan",
    "UndoPlan",
    "expire",
    "look",
    "look_at_split",
    "look_at_undo",
    "merge",
    "split",
    "undo",
]

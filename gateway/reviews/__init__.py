"""Access reviews: who was asked whether somebody still needs what she may do, and what was said."""

"""Is it alive, and can it sign people in? For load balancers and supervisors."""

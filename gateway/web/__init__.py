"""What all pages share: who is asking, which session, and what becomes of an error."""

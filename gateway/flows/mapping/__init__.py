"""The rules' way into force: drafted, agreed to, published, taken back."""

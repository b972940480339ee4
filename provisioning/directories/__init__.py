"""What companies' directories say of their people: who there is, in which groups, who is gone.

A directory belongs to one provider: its people are those who sign in there. Readers only read;
what is made of it is decided in `gateway.flows.directories`.
"""

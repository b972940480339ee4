"""A whole company on one machine: `make demo`.

`addresses` says where everything listens, `world` keeps what one demo has come to know, `parts`
says with which command each program starts, `supervisor` starts them in order, watches them and
stops them together, `words` is what a person reads meanwhile. `python -m deploy.demo` starts it.
"""

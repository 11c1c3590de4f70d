"""Real servers for the tests, each started on its first use and ended with the session.

Every pytest process (a worker of ``-n 2`` too) starts its own: no lock, no shared state, no test
that sees another worker's rows. Each server is found in a fixed order: an address or a program
named in the environment, then what the machine has, then what a package registry delivers into
``.tools/``. The fixtures over them stand in ``tests/conftest.py``.
"""

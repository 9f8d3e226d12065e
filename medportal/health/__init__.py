"""How the site itself is doing: one small check a finding, for the command `flask doctor` and the desk.

`report` knows all checks; each answers in lazy texts, so that one examination can be read in every language.
"""

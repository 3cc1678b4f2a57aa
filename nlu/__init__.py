"""Understands Indonesian text: language, intent, danger, groups, answers. Imports nothing from `bot`.

`understanding` is plain data and loads no model; `interpreter` loads the rules and reads a message; `answers` reads one typed answer.
"""

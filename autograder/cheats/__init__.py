"""Can anybody cheat?  Dishonest notebooks, honest but awkward ones, and what each of them earns.

The notebooks are the entries of the ``*.toml`` files beside this one, a file a family; ``honest.toml`` holds
the honest ones. They answer ``exam.py``, or a chapter of the course. ``entries`` reads them, ``papers`` makes
the files that are handed in, ``matrix`` grades all of them and says what was gained, lost, stopped or leaked.
``naive`` is a grader that believes what it sees, to show that the notebooks are worth being afraid of.
"""

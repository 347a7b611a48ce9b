"""The autograder: how is an exercise made, judged, and its judgement proved?"""

"""What nbgrader and formgrader read of our verdicts: the gradebook, graded notebooks, late penalties."""

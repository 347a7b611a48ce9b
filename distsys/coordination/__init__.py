"""Part II of the course: processes that agree."""

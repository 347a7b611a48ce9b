"""The laboratory of the course: build distributed systems, break them, and see what happened."""

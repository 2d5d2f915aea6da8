"""Documents: what they state (`model`), how they are built from questions, and the evidence behind each figure."""

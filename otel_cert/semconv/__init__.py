"""How GenAI instrumentations say one thing in many ways: canonical fields, and one file per dialect."""

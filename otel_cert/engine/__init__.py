"""Which traces are due, and running the processors over them."""

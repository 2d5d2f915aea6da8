"""Pure libraries that measure texts, without a store: what the processors and the commands call."""

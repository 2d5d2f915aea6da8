"""Models: found, loaded once and lazily, asked in batches, unloaded."""

"""Durable storage: ack log, sealing, Delta tables, snapshots, reading."""

"""Destinations and document formats, one file each; they show answers and compute nothing."""

"""Intervals, resampling, curves and agreement; numpy only."""

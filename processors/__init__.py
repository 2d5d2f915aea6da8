"""The built-in analysis processors: one thin file, with its SQL, per measure."""

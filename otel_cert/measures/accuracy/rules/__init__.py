"""What an answer says otherwise than its context, by rules: numbers, dates, names, negation, direction."""

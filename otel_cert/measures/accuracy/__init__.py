"""Which answers are supported by their context, sentence by sentence, and why not."""

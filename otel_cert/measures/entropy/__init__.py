"""How sure a model was: of its tokens, and of the meaning of its answers."""

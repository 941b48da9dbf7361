"""From bytes or a name to texts with labels."""

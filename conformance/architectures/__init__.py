"""Real architectures of public libraries, with random weights: listed, exported, measured, told in a table."""

"""-c: the program is in command.args."""

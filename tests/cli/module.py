"""-m: json.tool reads standard input."""

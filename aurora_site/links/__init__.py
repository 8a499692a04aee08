"""What apps that don't know each other have to do with each other."""

"""What a command says at length: tables of 80 columns, and sentences on what they are of."""

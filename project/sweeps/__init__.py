"""What a sweep was asked for, and what it found."""

"""Real photos for training 2D networks: read, checked against a teacher, put right and packed."""

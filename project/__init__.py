"""Train PyTorch models from configs that are checked before anything runs."""

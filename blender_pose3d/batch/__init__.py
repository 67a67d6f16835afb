"""Many clips: which there are, what is asked of each, what is done already, what became of them."""

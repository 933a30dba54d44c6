"""What is refused, completed and remarked on when people are added or changed."""

"""What Pro Santé Connect is and does, without HTTP, HTML or SQL."""

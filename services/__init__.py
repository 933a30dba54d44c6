"""What all national services stand on, and the services without a folder of their own."""

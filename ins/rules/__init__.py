"""Requirements on what is sent to INSi."""

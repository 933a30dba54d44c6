"""What INSi does, without any framework."""

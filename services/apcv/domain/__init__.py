"""What the carte Vitale and the appli carte Vitale are and do, without any framework."""

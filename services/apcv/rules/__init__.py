"""What the reader of cartes Vitale and the apCV ask of callers."""

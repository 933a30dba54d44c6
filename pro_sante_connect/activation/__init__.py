"""Activation of an e-CPS (dossier §9.3): a QR code on the portal, good for ninety seconds."""

"""Windows on rows and documents: what is saved, what of it had changed, who else writes it."""

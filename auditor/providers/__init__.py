"""What each provider's evidence means, one room each."""

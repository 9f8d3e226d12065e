"""Programs that print figures. Nothing here is a test."""

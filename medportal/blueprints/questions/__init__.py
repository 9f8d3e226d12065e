"""Questions of readers to consultants."""

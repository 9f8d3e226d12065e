"""The sample site: texts of our own in both languages, and made-up ones for benches."""

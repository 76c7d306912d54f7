"""Tables and plots of verification: which trials a row counts, what each system scores, and how it is written down."""

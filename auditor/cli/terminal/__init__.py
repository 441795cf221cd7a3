"""What only the command line needs: its options, its tables and progress bars, its log, its exit statuses."""
